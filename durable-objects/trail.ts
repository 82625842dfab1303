// The core of a workspace's audit trail: its one writer. Numbers and chains entries, keeps each until the registry has it.

import { type AuditEntry, type AuditHead, auditHash } from "../protocol/audit.ts"
import { logFault } from "./fault-log.ts"

/** What the edge says of a call; its place in the chain is given here. */
export type Said = Omit<AuditEntry, "sequence" | "previous" | "hash">

/** An entry on its way to the registry. */
export interface Kept {
	workspaceId: string
	entry: AuditEntry
}

/** Whatever can carry the core. Every call is synchronous and durable. */
export interface TrailStore {
	head(): AuditHead
	/** Keeps the entry and makes it the head: both, or neither. */
	append(kept: Kept): void
	/** The oldest that the registry may not have, in order. */
	pending(most: number): Kept[]
	/** Forgets what the registry has, up to this sequence. The head stays. */
	drop(sequence: number): void
}

interface Host {
	store: TrailStore
	/** Writes to the registry; the same entries again change nothing. Rejects where it cannot. */
	write: (kept: Kept[]) => Promise<void>
	now: () => number
	/** Asks to be woken by `alarm` at that time. */
	wakeAt: (time: number) => void
}

export class Trail {
	readonly #host: Host
	/** Settles when everything said so far has its place: hashing takes time, and nothing may come in between. */
	#said: Promise<void> = Promise.resolve()
	#flushing: Promise<void> | null = null
	/** When the alarm that was asked for in this wake is due. */
	#alarmAt = 0

	constructor(host: Host) {
		this.#host = host
	}

	/** Resolves when the entry cannot be lost. The registry has it a moment later. */
	record(workspaceId: string, said: Said): Promise<void> {
		const recorded = this.#said.then(() => this.#append(workspaceId, said))
		// Whoever said it is told of a failure; what comes after it is not concerned.
		this.#said = recorded.catch(() => {})
		return recorded
	}

	/** Resolves when the registry has everything that was recorded before. */
	flush(): Promise<void> {
		this.#flushing ??= this.#drain()
		return this.#flushing
	}

	/** Everything kept goes to the registry now; if that fails, a while later. */
	async alarm(): Promise<void> {
		this.#alarmAt = 0
		try {
			await this.flush()
		} catch (error) {
			logFault("trail", { error: String(error) })
			this.#wakeIn(RETRY_MS)
		}
	}

	async #append(workspaceId: string, said: Said): Promise<void> {
		const { store } = this.#host
		const { sequence, hash: previous } = store.head()
		const entry = { ...said, sequence: sequence + 1, previous }
		store.append({ workspaceId, entry: { ...entry, hash: await auditHash(entry) } })
		this.#wakeIn(GATHER_MS)
	}

	async #drain(): Promise<void> {
		const { store, write } = this.#host
		try {
			await this.#said
			for (let kept = store.pending(WRITTEN_AT_ONCE); ; kept = store.pending(WRITTEN_AT_ONCE)) {
				const newest = kept.at(-1)
				if (newest === undefined) return
				await write(kept)
				store.drop(newest.entry.sequence)
			}
		} finally {
			this.#flushing = null
		}
	}

	#wakeIn(ms: number): void {
		const { now, wakeAt } = this.#host
		if (this.#alarmAt > now()) return
		this.#alarmAt = now() + ms
		wakeAt(this.#alarmAt)
	}
}

/** A burst of calls makes one write; whoever reads the trail flushes it first. */
const GATHER_MS = 1_000
/** A registry that is away is asked again at this pace. */
const RETRY_MS = 30_000
/** Six values each: a query of D1 takes at most 100. */
const WRITTEN_AT_ONCE = 16
