// The core of what triggers bring: a delivery is kept before its sender is thanked, counts once, and is decided later.
import type { TaskId, TriggerId } from "../../protocol/ids.ts"
import type { Manifest } from "../../protocol/task.ts"
import type { Delivery, Happening, Outcome } from "../../protocol/trigger.ts"
import type { Reach, ReplyTo } from "../ledger/held.ts"

export interface KeptDelivery {
	number: number
	trigger: TriggerId
	delivery: Delivery
	/** How often a person had it done again: each is a submission of its own. */
	again: number
	/** How often it was begun to be decided. */
	tries: number
	/** Null once it is decided. */
	nextAt: number | null
	/** What became of it, in words; a task's manifest stays with the task. */
	outcome: { is: Outcome["is"]; reason: string; at: number } | null
	task: TaskId | null
}

/** What the Worker makes of a delivery: it has the trigger. */
export interface Decided {
	outcome: Outcome
	tasksPerHour: number
	/** The trigger's. */
	name: string
	/** Of the member as whom its tasks run; null where they may submit none any more. */
	reach: Reach | null
	/** It is told at the git hosting how the task goes. */
	isReplied: boolean
}

/** What the ledger is given of a delivery. */
export interface FromTrigger {
	/** The same is the same task. */
	key: string
	trigger: TriggerId
	name: string
	reach: Reach
	manifest: Manifest
	replyTo: ReplyTo | null
}

/** Whatever can carry the core. Every call is synchronous and durable. */
export interface DeliveryStore {
	/** Keeps it and remembers its keys: all, or nothing where one of them is remembered already. */
	add(trigger: TriggerId, delivery: Delivery, now: number): boolean
	get(number: number): KeptDelivery | undefined
	put(kept: KeptDelivery): void
	/** The oldest without an outcome whose time has come. */
	due(now: number): KeptDelivery | undefined
	/** When the next one's time comes; null where all have an outcome. */
	nextAt(): number | null
	countUndecided(trigger: TriggerId): number
	/** The newest first. */
	last(trigger: TriggerId, most: number): KeptDelivery[]
	tasksSince(trigger: TriggerId, since: number): number
	/** Drops bodies beyond the newest of a trigger that are decided, and keys and outcomes that are older. */
	trim(trigger: TriggerId, most: number, before: number): void
	/** All of a trigger that is no more. */
	drop(trigger: TriggerId): void
}

interface Host {
	store: DeliveryStore
	/** Asks the Worker, which has the trigger; null where the trigger is no more. */
	decide: (trigger: TriggerId, delivery: Delivery) => Promise<Decided | null>
	submit: (of: FromTrigger) => { ok: true; task: TaskId } | { ok: false; reason: string }
	/** Consoles are told to ask again. */
	changed: () => void
	now: () => number
	/** Asks to be woken by `alarm` at that time. */
	wakeAt: (time: number) => void
	/** Something let go of that somebody should know of. */
	failed: (what: string, error: unknown) => void
}

export class Deliveries {
	readonly #host: Host
	#going: Promise<void> | null = null

	constructor(host: Host) {
		this.#host = host
	}

	/** It is kept when it returns `new`; `again` is what has come before, and `full` is not kept: its sender comes back. */
	take(trigger: TriggerId, delivery: Delivery): "new" | "again" | "full" {
		const { store, now } = this.#host
		if (store.countUndecided(trigger) >= MOST_WAITING) return "full"
		if (!store.add(trigger, delivery, now())) return "again"
		this.#go()
		return "new"
	}

	/** Does it once more as it came, on a person's word. False where it is not kept any more, or not decided yet. */
	repeat(number: number): boolean {
		const { store, now } = this.#host
		const kept = store.get(number)
		if (kept === undefined || kept.nextAt !== null) return false
		store.put({ ...kept, again: kept.again + 1, tries: 0, nextAt: now(), outcome: null, task: null })
		this.#go()
		return true
	}

	/** Of a trigger, the newest first: for its history and for trying it. */
	last(trigger: TriggerId): KeptDelivery[] {
		return this.#host.store.last(trigger, KEPT)
	}

	forget(trigger: TriggerId): void {
		this.#host.store.drop(trigger)
	}

	alarm(): void {
		this.#go()
	}

	/** Resolves when nothing is being decided. */
	async settled(): Promise<void> {
		while (this.#going !== null) await this.#going
	}

	#go(): void {
		// An object that leaves memory on the way comes back to what is not decided.
		this.#host.wakeAt(this.#host.now() + LOST_MS)
		this.#going ??= this.#decideAll()
			.catch((error: unknown) => this.#host.failed("deliveries", error))
			.finally(() => {
				this.#going = null
				this.#wake()
			})
	}

	/** One after the other, so that a trigger's tasks are in the order of its deliveries. */
	async #decideAll(): Promise<void> {
		const { store, now } = this.#host
		for (let due = store.due(now()); due !== undefined; due = store.due(now())) {
			const tries = due.tries + 1
			try {
				const decided = await this.#host.decide(due.trigger, due.delivery)
				this.#settle({ ...due, tries }, decided)
			} catch (error) {
				this.#host.failed("delivery", error)
				const isLast = tries >= TRIES
				const outcome = { is: "failed" as const, reason: "It could not be decided here.", at: now() }
				if (store.get(due.number) !== undefined)
					store.put({
						...due,
						tries,
						...(isLast ? { nextAt: null, outcome } : { nextAt: now() + RETRY_MS * 4 ** tries }),
					})
			}
		}
	}

	/** In one go, without an await: the task and the outcome are there together, and a repetition finds the task by its key. */
	#settle(kept: KeptDelivery, decided: Decided | null): void {
		const { store, submit, now, changed } = this.#host
		const at = now()
		// The trigger was removed meanwhile, and its deliveries with it.
		if (store.get(kept.number) === undefined) return
		if (decided === null) return store.drop(kept.trigger)
		const { outcome, tasksPerHour, name, reach } = decided
		const end = (is: Outcome["is"], reason: string, task: TaskId | null = null) => {
			store.put({ ...kept, nextAt: null, outcome: { is, reason, at }, task })
			store.trim(kept.trigger, KEPT, at - REMEMBERED_MS)
			changed()
		}
		if (outcome.is !== "task") return end(outcome.is, outcome.reason)
		if (store.tasksSince(kept.trigger, at - HOUR_MS) >= tasksPerHour)
			return end("failed", `The trigger has made ${tasksPerHour} tasks within an hour. Do it again later.`)
		if (reach === null) return end("failed", "Whoever made the trigger may not submit tasks any more.")
		const { manifest, happening } = outcome
		const { trigger } = kept
		const replyTo = decided.isReplied ? { trigger, about: aboutOf(happening) } : null
		const submitted = submit({ key: keyOf(kept), trigger, name, reach, manifest, replyTo })
		if (submitted.ok) end("task", "", submitted.task)
		else end("failed", submitted.reason)
	}

	#wake(): void {
		const { store, now, wakeAt } = this.#host
		const next = store.nextAt()
		if (next !== null) wakeAt(Math.max(next, now() + 1))
	}
}

function aboutOf({ repository, number, commit, what }: Happening): ReplyTo["about"] {
	return { repository, number, commit, what }
}

function keyOf({ trigger, delivery, again }: KeptDelivery): string {
	return `trigger:${trigger}:${delivery.id}${again === 0 ? "" : `:${again}`}`
}

/** Bodies of a trigger that are kept to be tried and done again. */
const KEPT = 20
/** GitHub lets a delivery be sent again for three days, GitLab for seven. */
const REMEMBERED_MS = 8 * 24 * 60 * 60_000
/** Of one trigger; they are decided within seconds where nothing is broken. */
const MOST_WAITING = 1_000
/** 4 s, 16 s, a minute, 4 minutes. */
const TRIES = 5
const RETRY_MS = 1_000
const LOST_MS = 60_000
const HOUR_MS = 60 * 60_000
