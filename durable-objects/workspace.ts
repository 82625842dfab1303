// A workspace's core: tells every console that listens what has changed.
import type { FromFeed } from "../protocol/messages.ts"

export type Change = FromFeed["what"]

/** One console that listens. `send` never throws. */
export interface Listener {
	send(text: string): void
}

/** What a change does: every listener is told to ask again. Nothing is kept, since the registry has the truth. */
export function tell(listeners: Iterable<Listener>, what: Change): void {
	const text = JSON.stringify({ type: "changed", what } satisfies FromFeed)
	for (const listener of listeners) listener.send(text)
}
