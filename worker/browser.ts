// The browser behind a request, as the library may know it.
import type { Env } from "../durable-objects/env.ts"
import { addressOf } from "./address.ts"

/** Where the library looks for the address; nothing that a caller sends under this name gets there. */
export const ADDRESS_HEADER = "x-homeport-address"

/** Longer ones are not made by browsers. */
const AGENT_CHARS = 256

/** Its cookies, what it calls itself, and its address where somebody vouches for it: all that signing in is told. */
export function asBrowser(request: Request, env: Env): Headers {
	const headers = new Headers()
	const cookie = request.headers.get("cookie")
	if (cookie !== null) headers.set("cookie", cookie)
	headers.set("user-agent", request.headers.get("user-agent")?.slice(0, AGENT_CHARS) ?? "")
	const address = addressOf(request, env)
	if (address !== null) headers.set(ADDRESS_HEADER, address)
	return headers
}

/** The same browser, once it has been told these lines of Set-Cookie. */
export function withCookies(browser: Headers, lines: string[]): Headers {
	const headers = new Headers(browser)
	headers.set("cookie", lines.map((line) => line.split(";", 1)[0]).join("; "))
	return headers
}
