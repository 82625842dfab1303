// What the inbox has done, on its way to the audit trail and to the history: kept until each has it, in order.
import type { InboxItem } from "../../protocol/attention.ts"
import type { Said } from "../trail.ts"

export type Done = { is: "said"; said: Said } | { is: "over"; item: InboxItem; at: number }

/** Whatever can carry it. Every call is synchronous and durable. */
export interface RecordStore {
	keep(done: Done): void
	/** The oldest, in order. */
	kept(most: number): { sequence: number; done: Done }[]
	forget(sequence: number): void
}

interface Host {
	store: RecordStore
	/** Resolves when the trail cannot lose it. */
	record: (said: Said) => Promise<void>
	/** Writes to the registry; the same again changes nothing. */
	write: (over: { item: InboxItem; at: number }[]) => Promise<void>
	now: () => number
	wakeAt: (time: number) => void
}

export class Records {
	readonly #host: Host
	#flushing: Promise<void> | null = null

	constructor(host: Host) {
		this.#host = host
	}

	keep(done: Done): void {
		this.#host.store.keep(done)
		this.#host.wakeAt(this.#host.now() + GATHER_MS)
	}

	/** Resolves when trail and registry have everything that was kept before. */
	flush(): Promise<void> {
		this.#flushing ??= this.#drain().finally(() => {
			this.#flushing = null
		})
		return this.#flushing
	}

	async #drain(): Promise<void> {
		const { store, record, write } = this.#host
		for (let kept = store.kept(AT_ONCE); kept.length > 0; kept = store.kept(AT_ONCE)) {
			// Of one that was over and has changed since, the last word alone: a row is written once in a statement.
			const over = new Map<string, { item: InboxItem; at: number }>()
			for (const { done } of kept) if (done.is === "over") over.set(done.item.id, done)
			if (over.size > 0) await write([...over.values()])
			for (const { sequence, done } of kept) {
				if (done.is === "said") await record(done.said)
				store.forget(sequence)
			}
		}
	}
}

/** A burst of answers makes one write; whoever reads the history flushes it first. */
const GATHER_MS = 1_000
/** Six values each: a query of D1 takes at most 100. */
const AT_ONCE = 16
