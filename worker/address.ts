// The address that a caller comes from, as far as somebody vouches for it.
import type { Env } from "../durable-objects/env.ts"

/** Null in a home of one's own: no edge stands before it, and anybody could send the header. */
export function addressOf(request: Request, env: Env): string | null {
	return env.SELF_MIGRATE === undefined ? request.headers.get("cf-connecting-ip") : null
}

/** What counts as one caller. Whoever has an IPv6 address has the 2^64 around it, too. */
export function networkOf(address: string): string {
	if (!address.includes(":")) return address
	const [head = "", tail = ""] = address.split("::", 2)
	const groups = (part: string) => part.split(":").filter((group) => group !== "")
	const zeros = Array<string>(Math.max(0, 8 - groups(head).length - groups(tail).length)).fill("0")
	return [...groups(head), ...zeros, ...groups(tail)].slice(0, 4).join(":")
}
