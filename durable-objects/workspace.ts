// A workspace's core: tells every console that listens what has changed, and lets go of those that may listen no more.
import { Refusal } from "../protocol/errors.ts"
import type { FromFeed } from "../protocol/messages.ts"
import type { Listening } from "./peer.ts"

export type Change = FromFeed["what"]

/** One console that listens. `send` never throws. */
export interface Listener extends Listening {
	send(text: string): void
	close(code: number, reason: string): void
}

/**
 * What a change does: every listener is told to ask again, but those whose token has ended by now. Nothing is kept, since
 * the registry has the truth.
 */
export function tell(listeners: Iterable<Listener>, what: Change, now: number): void {
	const text = JSON.stringify({ type: "changed", what } satisfies FromFeed)
	for (const listener of listeners) {
		if (listener.expiresAt !== null && listener.expiresAt <= now) letGo(listener)
		else listener.send(text)
	}
}

export function dismiss(listeners: Iterable<Listener>, id: string): void {
	for (const listener of listeners) if (listener.through.includes(id)) letGo(listener)
}

function letGo(listener: Listener): void {
	const { closeCode, code } = new Refusal("access_changed")
	listener.close(closeCode, code)
}
