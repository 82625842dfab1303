// What is done outside because a task is over: kept with the end, and tried until it is taken, under one id.
import type { TaskId } from "../../protocol/ids.ts"
import type { Performed } from "../outside.ts"
import type { Effect, LedgerStore } from "./held.ts"

export type Further = Pick<Effect, "id" | "follow">

interface Host {
	store: Pick<LedgerStore, "effects" | "putEffect" | "dropEffect">
	now: () => number
	wakeAt: (time: number) => void
	perform: (effect: Effect) => Promise<Performed>
	/** Something outside does not take it: told when it was tried for the first time, and when it is given up. */
	untold: (effect: Effect, reason: string) => void
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
		const { store, now, perform, untold, wakeAt } = this.#host
		const performed = await perform(effect).catch((error: unknown): Performed => this.#broke(effect, error))
		if (performed.is === "done") {
			for (const { id, follow } of performed.further) this.add(id, effect.task, follow)
			store.dropEffect(effect.id)
			return
		}
		const isGivenUp = now() - effect.since > GIVE_UP_MS
		const what = WHAT[effect.follow.is]
		if (isGivenUp) untold(effect, `${what} was given up: ${performed.reason}`)
		else if (effect.tries === 1) untold(effect, `${what} is tried again for a day: ${performed.reason}`)
		if (isGivenUp) store.dropEffect(effect.id)
		else wakeAt(effect.nextAt)
	}

	#broke(effect: Effect, error: unknown): Performed {
		this.#host.failed(effect.id, error)
		return { is: "again", reason: "an error of the control plane, which is in its log" }
	}
}

const WHAT: Record<Effect["follow"]["is"], string> = {
	notify: "telling people of it",
	tell: "a message of it",
	webhook: "its webhook",
	reply: "the reply to its git hosting",
}
const AGAIN_MS = 5_000
const AGAIN_AT_MOST_MS = 60 * 60_000
/** One that is being performed for longer is looked at again after as long. */
const PATIENCE_MS = 60_000
const GIVE_UP_MS = 24 * 60 * 60_000
