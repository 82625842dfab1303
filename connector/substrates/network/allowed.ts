// What an allow-list lets through: hosts by pattern and port, and the addresses that a name may lead to.
import { isIP } from "node:net"
import { isPublic } from "./addresses.ts"

export class Allowed {
	readonly #patterns: { host: string; isBelow: boolean; ports: readonly number[] }[]

	/** Each a HostPattern. */
	constructor(patterns: readonly string[]) {
		this.#patterns = patterns.map((pattern) => {
			const [name = "", port] = pattern.split(":")
			const isBelow = name.startsWith("*.")
			return { host: isBelow ? name.slice(1) : name, isBelow, ports: port === undefined ? WEB_PORTS : [Number(port)] }
		})
	}

	/** Of a name in lower case; an address only where the list has that very address. */
	allows(host: string, port: number): boolean {
		return this.#patterns.some(
			(pattern) =>
				pattern.ports.includes(port) &&
				(pattern.isBelow ? isName(host) && host.endsWith(pattern.host) : host === pattern.host),
		)
	}

	/** Whether a name that is allowed may lead there: anywhere outside, and nearby only what is listed by its address. */
	leadsTo(address: string, port: number): boolean {
		return isPublic(address) || this.allows(address, port)
	}
}

function isName(host: string): boolean {
	return isIP(host) === 0 && /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host)
}

const WEB_PORTS = [80, 443]
