// What waits, as the inbox shows it: what has just left the list keeps its place for a while, so that nothing moves under a finger.
import type { InboxItem, RequestState } from "../protocol/attention.ts"
import type { MachineId, SessionId } from "../protocol/ids.ts"
import type { Waiting } from "./state.ts"

/** Long enough to read who has answered. */
const STAYS_MS = 10_000
/** A program that does not react to what was typed is no longer told of as if it were about to. */
const UNCONFIRMED_STAYS_MS = 60_000

/** The list as it is now, with what has left it still in its place behind its neighbour. */
export function merged(before: readonly Waiting[], listed: readonly InboxItem[]): Waiting[] {
	const ids = new Set(listed.map(({ id }) => id))
	// Over is over: a list that was asked for before does not open it again.
	const over = new Map(before.filter(({ overAt }) => overAt !== null).map((row) => [row.item.id, row]))
	const rows: Waiting[] = listed.map((item) => over.get(item.id) ?? { item, overAt: null })
	before.forEach((row, i) => {
		if (ids.has(row.item.id)) return
		const neighbour = before[i - 1]?.item.id
		const at = rows.findIndex(({ item }) => item.id === neighbour)
		rows.splice(at + 1, 0, row)
	})
	return rows
}

/** One of them is known better; it keeps its place. */
export function known(rows: readonly Waiting[], item: InboxItem, now: number): Waiting[] {
	return rows.map((row) => {
		if (row.item.id !== item.id) return row
		const isDone = item.state.is === "answered" || item.state.is === "gone"
		const since =
			row.item.state.is === item.state.is && isOver(row.item.state) === isOver(item.state) ? row.overAt : null
		return { item, overAt: isDone ? (since ?? now) : null }
	})
}

/** Without what has been over for long enough. */
export function fresh(rows: readonly Waiting[], now: number): Waiting[] {
	return rows.filter((row) => now < leavesAt(row))
}

/** When the next of them leaves; null when none is about to. */
export function nextToLeave(rows: readonly Waiting[]): number | null {
	const at = Math.min(...rows.map(leavesAt))
	return at === Number.POSITIVE_INFINITY ? null : at
}

function leavesAt({ item, overAt }: Waiting): number {
	if (overAt === null) return Number.POSITIVE_INFINITY
	return overAt + (isOver(item.state) ? STAYS_MS : UNCONFIRMED_STAYS_MS)
}

/** Nothing more is going to happen to it. */
export function isOver(state: RequestState): boolean {
	return state.is === "gone" || (state.is === "answered" && state.isConfirmed)
}

/** Whether somebody has to do something now. An agent that is done is good news, and nobody is in its way. */
export function needsSomebody({ kind, state }: Pick<InboxItem, "kind" | "state">): boolean {
	return state.is === "open" && kind !== "idle"
}

/** The most urgent of a session's. */
export function ofSession(rows: readonly Waiting[], machine: MachineId, session: SessionId): InboxItem | undefined {
	return rows.find(({ item }) => item.machine === machine && item.session === session && !isOver(item.state))?.item
}

/** Harm that cannot be undone by saying no the next time: a key alone does not choose it. */
export function isGrave(item: Pick<InboxItem, "risk">, means: string): boolean {
	return means === "always" || (means === "yes" && item.risk === "high")
}

/** When something last became of it. */
export function overAt({ at, state }: InboxItem): number {
	return state.is === "open" ? at : state.at
}

/** Two pages of a history as one. */
export function joined(newer: readonly InboxItem[], older: readonly InboxItem[]): InboxItem[] {
	const ids = new Set(newer.map(({ id }) => id))
	return [...newer, ...older.filter(({ id }) => !ids.has(id))]
}
