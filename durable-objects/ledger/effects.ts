// What is done outside because a task is over: kept with the end, and tried until it is taken, under one id.
import type { TaskId } from "../../protocol/ids.ts"
import type { Effect, LedgerStore } from "./held.ts"

export type Further = Pick<Effect, "id" | "follow">

interface Host {
	store: Pick<LedgerStore, "effects" | "putEffect" | "dropEffect">
	now: () => number
	wakeAt: (time: number) => void
	/** Answers what is to be done because of it, each tried by itself. Rejects where it must be tried again. */
	perform: (effect: Effect) => Promise<Further[]>
	failed: (what: string, error: unknown) => void
}

export class Effects {
	readonly #host: Host
	/** Those that are being performed, in this memory: after a wake they are tried again. */
	readonly #performing = new Set<string>()

	constructor(host: Host) {
		this.#host = host
	}

	/** Kept when it returns. */
	add(id: string, task: TaskId, follow: Effect["follow"]): void {
		const { store, now, wakeAt } = this.#host
		store.putEffect({ id, task, follow, since: now(), tries: 0, nextAt: now() })
		wakeAt(now())
	}

	/** Begins what is due. */
	alarm(): void {
		const { store, now } = this.#host
		for (const effect of store.effects()) {
			if (effect.nextAt > now()) continue
			if (this.#performing.has(effect.id)) {
				store.putEffect({ ...effect, nextAt: now() + PATIENCE_MS })
				continue
			}
			const tries = effect.tries + 1
			const begun = { ...effect, tries, nextAt: now() + Math.min(AGAIN_MS * 2 ** tries, AGAIN_AT_MOST_MS) }
			store.putEffect(begun)
			this.#performing.add(effect.id)
			void this.#perform(begun).finally(() => this.#performing.delete(effect.id))
		}
	}

	/** When something is due; never: infinity. */
	next(): number {
		return Math.min(...this.#host.store.effects().map(({ nextAt }) => nextAt))
	}

	async #perform(effect: Effect): Promise<void> {
		const { store, now, perform, failed, wakeAt } = this.#host
		try {
			const further = await perform(effect)
			for (const { id, follow } of further) this.add(id, effect.task, follow)
			store.dropEffect(effect.id)
		} catch (error) {
			failed(effect.id, error)
			if (now() - effect.since > GIVE_UP_MS) store.dropEffect(effect.id)
			else wakeAt(effect.nextAt)
		}
	}
}

const AGAIN_MS = 5_000
const AGAIN_AT_MOST_MS = 60 * 60_000
/** One that is being performed for longer is looked at again after as long. */
const PATIENCE_MS = 60_000
const GIVE_UP_MS = 24 * 60 * 60_000
