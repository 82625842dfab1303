// Input that was typed and not known to be written, kept over reloads of the page and over visits to other screens.
import * as z from "zod"
import type { SessionId } from "../protocol/ids.ts"
import type { Pending } from "../protocol/viewing.ts"
import { fromBase64, toBase64 } from "./base64.ts"

const Kept = z.array(z.object({ sequence: z.int(), at: z.int(), base64: z.string() }))

export function keepUnsent(session: SessionId, pending: readonly Pending[]): void {
	if (pending.length === 0) return sessionStorage.removeItem(key(session))
	const kept = pending.map(({ sequence, at, bytes }) => ({ sequence, at, base64: toBase64(bytes) }))
	try {
		sessionStorage.setItem(key(session), JSON.stringify(kept satisfies z.infer<typeof Kept>))
	} catch {
		// More than the browser stores for a tab: the prompt before leaving has said that it would be lost.
		sessionStorage.removeItem(key(session))
	}
}

/** What was kept, once. */
export function takeUnsent(session: SessionId): Pending[] | undefined {
	const text = sessionStorage.getItem(key(session))
	if (text === null) return undefined
	sessionStorage.removeItem(key(session))
	return Kept.parse(JSON.parse(text)).map(({ sequence, at, base64 }) => ({
		sequence,
		at,
		bytes: fromBase64(base64),
	}))
}

export function forgetUnsent(): void {
	for (const name of Object.keys(sessionStorage)) if (name.startsWith(PREFIX)) sessionStorage.removeItem(name)
}

const PREFIX = "unsent "
const key = (session: SessionId) => `${PREFIX}${session}`
