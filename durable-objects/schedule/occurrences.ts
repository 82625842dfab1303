// What comes of a schedule's times: each is submitted to the ledger once, or it is said why not. What is about to be done is
// kept before it is done; nothing is held across an await but a key.

import { never, REFUSALS, type RefusalCode } from "../../protocol/errors.ts"
import type { ScheduleId, TaskId } from "../../protocol/ids.ts"
import type { Author, SKIPPED_BECAUSE } from "../../protocol/schedule.ts"
import type { ENDS, Manifest } from "../../protocol/task.ts"
import type { Outcome } from "../asks.ts"
import type { Span } from "./due.ts"
import {
	type As,
	isOpen,
	isUndecided,
	type KeptOccurrence,
	type KeptSchedule,
	type ScheduleStore,
} from "./schedule-store.ts"

/** How a task ended. */
export interface TaskEnd {
	task: TaskId
	state: (typeof ENDS)[number]
	reason: string
	at: number
}

/**
 * The ledger of tasks, as far as schedules need it. Each settles in a while; what rejects is tried again, and so is what is
 * refused with a code that may be.
 */
export interface ScheduleLedger {
	/** Takes a task. The same key again, whenever it comes, answers the task that there is, and makes no other. */
	submit(of: {
		key: string
		manifest: Manifest
		from: { is: "schedule"; id: ScheduleId; name: string }
		as: As
	}): Promise<Outcome<TaskId>>
	/** How it ended; `running` while it has not; `unknown` where the ledger has forgotten it. */
	ended(task: TaskId): Promise<TaskEnd | "running" | "unknown">
	/** Asks for its end; asked again, it changes nothing. What comes of it, `over` and `ended` tell. */
	cancel(task: TaskId, reason: string): Promise<unknown>
}

interface Host {
	store: ScheduleStore
	ledger: ScheduleLedger
	now: () => number
	changed: () => void
	failed: (what: string, error: unknown) => void
}

type SkippedBecause = (typeof SKIPPED_BECAUSE)[number]

export class Occurrences {
	readonly #host: Host
	/** What is being done for each schedule, in this memory: one thing after the other. */
	readonly #busy = new Map<ScheduleId, Promise<void>>()

	constructor(host: Host) {
		this.#host = host
	}

	/** One of its times has come. */
	came(schedule: ScheduleId, time: number): void {
		const state = { is: "due" } as const
		this.#add({ key: keyOf(schedule, time), schedule, time, by: null, state, tries: 0, due: this.#host.now() })
	}

	/** Somebody wants it now; whatever else of it runs does not matter. Answers its key: the same for the same nonce. */
	wanted(schedule: ScheduleId, by: Author, nonce: string): string {
		const time = this.#host.now()
		const key = `${schedule}@now-${nonce}`
		this.#add({ key, schedule, time, by, state: { is: "submitting" }, tries: 0, due: time })
		return key
	}

	/** Nothing comes of these times. */
	passed(schedule: ScheduleId, { from, through, count }: Span, because: SkippedBecause): void {
		const state = { is: "skipped", because, through, count, at: this.#host.now() } as const
		this.#add({ key: keyOf(schedule, from), schedule, time: from, by: null, state, tries: 0, due: null })
	}

	/** What is not decided yet is not done any more. */
	forgetUndecided(schedule: ScheduleId): void {
		for (const one of this.#host.store.open(schedule)) if (isUndecided(one)) this.#skip(one, "paused")
	}

	/** A task that was submitted under that key is over. What waited for it is due; told again, it changes nothing. */
	over(key: string, { task, state, reason, at }: TaskEnd): void {
		const occurrence = this.#host.store.occurrence(key)
		if (occurrence === undefined || !isOpen(occurrence)) return
		const over = { is: "over", task, state, reason: reason.slice(0, REASON_CHARS), at } as const
		this.#put({ ...occurrence, state: over, due: null })
		this.#look(occurrence.schedule)
	}

	/** Does what is due for a schedule, one after the other: what becomes of one depends on those before it. */
	settle(id: ScheduleId): Promise<void> {
		const before = this.#busy.get(id) ?? Promise.resolve()
		const settled = before
			// Whoever called before is told of it.
			.catch(() => {})
			.then(() => this.#settle(id))
			.finally(() => {
				if (this.#busy.get(id) === settled) this.#busy.delete(id)
			})
		this.#busy.set(id, settled)
		return settled
	}

	async #settle(id: ScheduleId): Promise<void> {
		const { store, now, failed } = this.#host
		for (const { key } of store.open(id)) {
			const due = store.occurrence(key)?.due ?? null
			if (due === null || due > now()) continue
			try {
				await this.#advance(key)
			} catch (error) {
				failed("schedule", error)
				// What was sent and not answered has its next time already.
				if ((store.occurrence(key)?.due ?? 0) <= now()) this.#later(key)
			}
		}
	}

	async #advance(key: string): Promise<void> {
		const task = this.#taskOf(key)
		if (task !== null) {
			// The ledger tells of the end; asked now and then, it cannot be forgotten.
			this.#later(key, ASK_MS, ASK_AT_MOST_MS)
			return this.#askAfter(key, task)
		}
		if (this.#host.store.occurrence(key)?.state.is !== "submitting") {
			await this.#clear(key)
			this.#decide(key)
		}
		await this.#submit(key)
	}

	/** Finds out which tasks before it are over; the others are cancelled, where it takes their place. */
	async #clear(key: string): Promise<void> {
		const { store, ledger } = this.#host
		for (const { key: other, schedule } of this.#before(key)) {
			const task = this.#taskOf(other)
			if (task === null) continue
			await this.#askAfter(other, task)
			if (store.get(schedule)?.overlap !== "replace" || this.#taskOf(other) === null) continue
			await ledger.cancel(task, "The next time of its schedule takes its place.")
			await this.#askAfter(other, task)
		}
	}

	async #askAfter(key: string, task: TaskId): Promise<void> {
		const { ledger, now } = this.#host
		const end = await ledger.ended(task)
		if (end === "running") return
		const forgotten = { task, state: "lost", reason: "The ledger does not know it any more.", at: now() } as const
		this.over(key, end === "unknown" ? forgotten : end)
	}

	/** Submits it, lets it wait, or skips it: by what of its schedule is not over now. */
	#decide(key: string): void {
		const { store, now } = this.#host
		const occurrence = store.occurrence(key)
		const schedule = store.get(occurrence?.schedule ?? "")
		if (occurrence === undefined || schedule === undefined || !isUndecided(occurrence)) return
		if (schedule.overlap === "replace")
			for (const older of this.#before(key)) if (isUndecided(older)) this.#skip(older, "replaced")
		const before = this.#before(key)
		// Before it is sent: whoever wakes after this knows that the ledger may have it.
		if (before.length === 0) this.#put({ ...occurrence, state: { is: "submitting" }, due: now(), tries: 0 })
		else this.#overlaps(occurrence, schedule, before.filter(isUndecided).length)
	}

	#overlaps(occurrence: KeptOccurrence, { overlap }: KeptSchedule, waiting: number): void {
		const { now } = this.#host
		switch (overlap) {
			case "skip":
				return this.#skip(occurrence, "overlap")
			case "queue":
				if (waiting >= QUEUED) return this.#skip(occurrence, "queue-full")
				break
			case "replace":
				break
			default:
				never(overlap)
		}
		const state = occurrence.state.is === "waiting" ? occurrence.state : ({ is: "waiting", since: now() } as const)
		// The first that waits asks after what it waits for, in case that the ledger does not tell.
		this.#put({ ...occurrence, state, tries: 0, due: waiting === 0 ? now() + ASK_MS : null })
	}

	async #submit(key: string): Promise<void> {
		const { store, ledger, now } = this.#host
		const occurrence = store.occurrence(key)
		const schedule = store.get(occurrence?.schedule ?? "")
		if (occurrence?.state.is !== "submitting" || schedule === undefined) return
		this.#later(key)
		const { id, name, manifest, overlap, as } = schedule
		const outcome = await ledger.submit({ key, manifest, from: { is: "schedule", id, name }, as })
		const current = store.occurrence(key)
		// It is over already, or its schedule was removed.
		if (current?.state.is !== "submitting") return
		if (outcome.ok) {
			const state = { is: "submitted", task: outcome.value, at: now() } as const
			this.#put({ ...current, state, tries: 0, due: now() + ASK_MS })
			// Now there is something to cancel.
			if (overlap === "replace") this.#look(id)
		} else if (!REFUSALS[outcome.code].mayRetry) this.#refused(current, outcome.code, outcome.detail ?? "")
	}

	#refused(occurrence: KeptOccurrence, code: RefusalCode, detail: string): void {
		const state = { is: "refused", code, detail: detail.slice(0, REASON_CHARS), at: this.#host.now() } as const
		this.#put({ ...occurrence, state, due: null })
		this.#look(occurrence.schedule)
	}

	/** What has to be over, or out of the way, before it: all that the ledger has or may have, and what has waited longer. */
	#before(key: string): KeptOccurrence[] {
		const { store } = this.#host
		const open = store.open(store.occurrence(key)?.schedule ?? "")
		const place = open.findIndex((one) => one.key === key)
		return open.filter((one, index) => one.key !== key && (!isUndecided(one) || index < place))
	}

	/** Something before it is over, or out of the way: the first that waits is looked at again. */
	#look(schedule: ScheduleId): void {
		const { store, now } = this.#host
		const first = store.open(schedule).find(({ state }) => state.is === "waiting")
		if (first !== undefined) this.#put({ ...first, due: now() })
	}

	/** It is tried again, later each time. */
	#later(key: string, first = AGAIN_MS, most = AGAIN_AT_MOST_MS): void {
		const { store, now } = this.#host
		const occurrence = store.occurrence(key)
		if (occurrence === undefined || occurrence.due === null) return
		const again = Math.min(first * 2 ** Math.min(occurrence.tries, 20), most)
		this.#put({ ...occurrence, tries: occurrence.tries + 1, due: now() + again })
	}

	#skip(occurrence: KeptOccurrence, because: SkippedBecause): void {
		const state = { is: "skipped", because, through: occurrence.time, count: 1, at: this.#host.now() } as const
		this.#put({ ...occurrence, state, due: null })
		this.#look(occurrence.schedule)
	}

	#taskOf(key: string): TaskId | null {
		const state = this.#host.store.occurrence(key)?.state
		return state?.is === "submitted" ? state.task : null
	}

	#add(occurrence: KeptOccurrence): void {
		const { store, changed } = this.#host
		if (!store.add(occurrence)) return
		store.prune(occurrence.schedule, KEPT)
		changed()
	}

	#put(occurrence: KeptOccurrence): void {
		this.#host.store.putOccurrence(occurrence)
		this.#host.changed()
	}
}

/** What one time of a schedule is submitted under, by whoever and however often. */
function keyOf(schedule: ScheduleId, time: number): string {
	return `${schedule}@${new Date(time).toISOString()}`
}

/** The ledger, where it failed. */
const AGAIN_MS = 5_000
const AGAIN_AT_MOST_MS = 5 * 60_000
/** After the end of a task, if nobody tells. */
const ASK_MS = 10 * 60_000
const ASK_AT_MOST_MS = 24 * 60 * 60_000
/** Of one schedule that wait for its last task. More would only ever grow. */
const QUEUED = 100
/** Of one schedule that are over. */
const KEPT = 100
const REASON_CHARS = 1_000
