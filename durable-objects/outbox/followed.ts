// Messages that show how a session goes on: each is looked after at its own pace until the session ends.
import { logFault } from "../fault-log.ts"
import type { Following, Outside } from "../outside.ts"

export interface FollowedRow {
	number: number
	workspaceId: string
	following: Following
	nextAt: number
	/** Failures in a row. */
	tries: number
}

/** Whatever can carry the core. Every call is synchronous and durable. */
export interface FollowedStore {
	add(row: Omit<FollowedRow, "number">): void
	all(): FollowedRow[]
	put(row: FollowedRow): void
	drop(number: number): void
}

interface Host {
	store: FollowedStore
	outside: Pick<Outside, "follow">
	now: () => number
	/** Asks to be woken by `alarm` at that time. */
	wakeAt: (time: number) => void
}

export class Followed {
	readonly #host: Host
	readonly #busy = new Map<number, Promise<void>>()

	constructor(host: Host) {
		this.#host = host
	}

	follow(workspaceId: string, following: Following): void {
		const { store, now } = this.#host
		// One message shows one session: a later one takes its place.
		for (const row of store.all())
			if (row.following.session === following.session && row.following.address === following.address)
				store.drop(row.number)
		store.add({ workspaceId, following, nextAt: now() + FIRST_MS, tries: 0 })
		this.#go()
	}

	/** Begins what is due. */
	alarm(): void {
		this.#go()
	}

	/** Resolves when nothing is on its way any more. */
	async settled(): Promise<void> {
		while (this.#busy.size > 0) await Promise.all(this.#busy.values())
	}

	#go(): void {
		const { store, now, wakeAt } = this.#host
		const at = now()
		let next = Number.POSITIVE_INFINITY
		for (const row of store.all()) {
			if (this.#busy.has(row.number)) continue
			if (row.nextAt > at) next = Math.min(next, row.nextAt)
			else this.#begin(row)
		}
		if (this.#busy.size > 0) next = Math.min(next, at + LOST_MS)
		if (next < Number.POSITIVE_INFINITY) wakeAt(Math.max(next, at + 1))
	}

	#begin(row: FollowedRow): void {
		const working = this.#look(row)
			.catch((error: unknown) => logFault("follow", { error: String(error) }))
			.finally(() => {
				this.#busy.delete(row.number)
				this.#go()
			})
		this.#busy.set(row.number, working)
	}

	async #look(row: FollowedRow): Promise<void> {
		const { store, outside, now } = this.#host
		const { number, workspaceId, following } = row
		try {
			const looked = await outside.follow(workspaceId, following)
			if (looked.is === "over") return store.drop(number)
			const { memo, afterMs } = looked
			store.put({ ...row, following: { ...following, memo }, nextAt: now() + afterMs, tries: 0 })
		} catch (error) {
			logFault("follow", { error: String(error) })
			const tries = row.tries + 1
			// A message that shows no more is a smaller harm than one that is tried for ever.
			if (tries > TRIES) return store.drop(number)
			store.put({ ...row, tries, nextAt: now() + RETRY_MS * tries })
		}
	}
}

/** A program shows something after about so long. */
const FIRST_MS = 1_000
const RETRY_MS = 5_000
const TRIES = 5
const LOST_MS = 60_000
