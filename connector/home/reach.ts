// From where a home that runs on this computer can be reached.
import { networkInterfaces } from "node:os"
import { isLoopback } from "../../protocol/local-address.ts"

/** The addresses at which other computers of its networks reach what listens on `host`; none where they cannot. */
export function reachedAt(url: string, host: string): string[] {
	if (isLoopback(host)) return []
	if (host !== "0.0.0.0" && host !== "::") return [url]
	const { port } = new URL(url)
	const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
	const addresses = own.filter(({ family, internal }) => family === "IPv4" && !internal)
	return addresses.map(({ address }) => `http://${address}:${port}`)
}
