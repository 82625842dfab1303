// From where a home that runs on this computer can be reached.
import { networkInterfaces } from "node:os"

/** Whether only this computer itself reaches an address. */
export function isLocal(url: string): boolean {
	return isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ""))
}

/** The addresses at which other computers of its networks reach what listens on `host`; none where they cannot. */
export function reachedAt(url: string, host: string): string[] {
	if (isLoopback(host)) return []
	const { port } = new URL(url)
	if (host !== "0.0.0.0" && host !== "::") return [url]
	const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
	const addresses = own.filter(({ family, internal }) => family === "IPv4" && !internal)
	return addresses.map(({ address }) => `http://${address}:${port}`)
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host)
}
