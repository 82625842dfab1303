// Addresses that an allowed name may lead to: those of the wide internet, and no others.
import { BlockList, isIPv4, isIPv6 } from "node:net"
import { networkInterfaces } from "node:os"

/** False for this machine, what is near it, and what only looks like an address of somebody else. */
export function isPublic(address: string): boolean {
	if (isIPv4(address)) return !NEAR.check(address, "ipv4") && !isOwn(address)
	if (!isIPv6(address) || address.includes("%")) return false
	if (NEAR.check(address, "ipv6") || isOwn(address)) return false
	const inner = carriedAddress(address)
	return inner === null || isPublic(inner)
}

/** The IPv4 address that an IPv6 address stands for, where a translator or a relay takes it to that. */
function carriedAddress(address: string): string | null {
	const groups = expanded(address)
	const [first, second] = groups
	if (first === 0x64 && second === 0xff9b) return dotted(groups[6] ?? 0, groups[7] ?? 0)
	if (first === 0x2002) return dotted(second ?? 0, groups[2] ?? 0)
	return null
}

function dotted(high: number, low: number): string {
	return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".")
}

/** The eight groups of an address without an IPv4 ending: the parser writes it so. */
function expanded(address: string): number[] {
	const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::")
	const numbers = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)))
	const [before, after] = [numbers(head), numbers(tail ?? "")]
	return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}

/** Asked each time: a laptop's addresses change. */
function isOwn(address: string): boolean {
	const own = new BlockList()
	for (const { address, family } of Object.values(networkInterfaces()).flatMap((all) => all ?? []))
		own.addAddress(address, family === "IPv6" ? "ipv6" : "ipv4")
	return own.check(address, isIPv4(address) ? "ipv4" : "ipv6")
}

/** Of the registries of special addresses: https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 sister. */
const NEAR = new BlockList()
for (const [net, bits] of [
	["0.0.0.0", 8],
	["10.0.0.0", 8],
	["100.64.0.0", 10],
	["127.0.0.0", 8],
	["169.254.0.0", 16],
	["172.16.0.0", 12],
	["192.0.0.0", 24],
	["192.0.2.0", 24],
	["192.88.99.0", 24],
	["192.168.0.0", 16],
	["198.18.0.0", 15],
	["198.51.100.0", 24],
	["203.0.113.0", 24],
	["224.0.0.0", 4],
	["240.0.0.0", 4],
	// Azure's metadata, at an address like any other: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
	["168.63.129.16", 32],
] as const)
	NEAR.addSubnet(net, bits, "ipv4")
for (const [net, bits] of [
	// Unspecified, loopback, and the old way to write IPv4; the mapped ones are checked as IPv4 by the list itself.
	["::", 96],
	["::ffff:0:0:0", 96],
	["64:ff9b:1::", 48],
	["100::", 64],
	["2001::", 23],
	["2001:db8::", 32],
	["3fff::", 20],
	["5f00::", 16],
	["fc00::", 7],
	["fe80::", 10],
	["fec0::", 10],
	["ff00::", 8],
] as const)
	NEAR.addSubnet(net, bits, "ipv6")
