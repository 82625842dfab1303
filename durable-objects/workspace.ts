// A workspace's core: tells every console that listens what has changed, and lets go of those that may listen no more.
import { Refusal } from "../protocol/errors.ts"
import type { FromFeed } from "../protocol/messages.ts"
import type { Principal } from "./peer.ts"

export type Change = FromFeed["what"]

/** One console that listens. `send` never throws. */
export interface Listener {
	through: Principal["through"]
	send(text: string): void
	close(code: number, reason: string): void
}

/** What a change does: every listener is told to ask again. Nothing is kept, since the registry has the truth. */
export function tell(listeners: Iterable<Listener>, what: Change): void {
	const text = JSON.stringify({ type: "changed", what } satisfies FromFeed)
	for (const listener of listeners) listener.send(text)
}

export function dismiss(listeners: Iterable<Listener>, id: string): void {
	const { closeCode, code } = new Refusal("access_changed")
	for (const listener of listeners) if (listener.through.includes(id)) listener.close(closeCode, code)
}
