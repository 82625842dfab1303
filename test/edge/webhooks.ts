// Deliveries for tests: published payloads, signed as their services sign.

import type { Incoming } from "../../worker/hooks/claim.ts"
import { macOf } from "../../worker/hooks/mac.ts"

declare global {
	interface ImportMeta {
		glob(pattern: string, options: { eager: true; import: "default" }): Record<string, unknown>
	}
}

const FILES = import.meta.glob("../fixtures/webhooks/**/*.json", { eager: true, import: "default" })

/** A copy, to be changed. */
// biome-ignore lint/suspicious/noExplicitAny: a test reaches into a payload as its service wrote it.
export function payload(name: string): any {
	const found = FILES[`../fixtures/webhooks/${name}.json`]
	if (found === undefined) throw new Error(`invariant: no fixture ${name} among ${Object.keys(FILES)}`)
	return structuredClone(found)
}

export const bytes = (text: string) => new TextEncoder().encode(text)

export async function hmac(algorithm: "sha1" | "sha256" | "sha512", secret: string, body: string | Uint8Array) {
	return macOf(algorithm, bytes(secret), typeof body === "string" ? bytes(body) : body)
}

export const hex = (mac: Uint8Array) => Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("")

export function incoming(headers: Record<string, string>, body: string | Uint8Array, at = 1_700_000_000_000): Incoming {
	const typed = { "content-type": "application/json", ...headers }
	return { headers: new Headers(typed), body: typeof body === "string" ? bytes(body) : body, at }
}
