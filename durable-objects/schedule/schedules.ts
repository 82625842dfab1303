// The core of schedules: what people make of them, and what the clock does. Every time of each is dealt with once.

import { newScheduleId } from "../../protocol/ids.ts"
import {
	type Author,
	type Occurrence,
	SCHEDULES_PER_WORKSPACE,
	type Schedule,
	type ScheduleDraft,
	type When,
} from "../../protocol/schedule.ts"
import type { Outcome } from "../asks.ts"
import { dueAt, owed } from "./due.ts"
import { anchored, faultIn, preview, timesOf } from "./next.ts"
import { Occurrences, type ScheduleLedger, type TaskEnd } from "./occurrences.ts"
import type { As, KeptOccurrence, KeptSchedule, ScheduleStore } from "./schedule-store.ts"

export interface SchedulesHost {
	store: ScheduleStore
	ledger: ScheduleLedger
	now: () => number
	/** Asks to be woken by `alarm` at that time. */
	wakeAt: (time: number) => void
	/** Consoles are told to ask again. */
	changed: () => void
	/** Something let go of that somebody should know of. */
	failed: (what: string, error: unknown) => void
}

export class Schedules {
	readonly #host: SchedulesHost
	readonly #occurrences: Occurrences

	constructor(host: SchedulesHost) {
		this.#host = host
		this.#occurrences = new Occurrences(host)
	}

	// What people do.

	create(draft: ScheduleDraft, by: Author, as: As): Outcome<Schedule> {
		const { store, now } = this.#host
		const at = now()
		const refused = this.#refusalTo(draft, null, at)
		if (refused !== null) return refused
		if (store.count() >= SCHEDULES_PER_WORKSPACE) return { ok: false, code: "too_many" }
		const when = anchored(draft.when, at)
		const id = newScheduleId()
		const created = this.#armed({ ...draft, when, id, createdAt: at, by, as, reckonedTo: at, next: null, nextAt: null })
		this.#wake()
		return created
	}

	/**
	 * What is not said stays. Other times count from now on; what is owed by the old ones is dealt with first. Paused, it has
	 * no times, and what waits is let go; after that, the times between are told of and not made up for.
	 */
	edit(id: string, change: Partial<ScheduleDraft> & { as?: As }): Outcome<Schedule> {
		const { store, now } = this.#host
		const before = store.get(id)
		if (before === undefined) return { ok: false, code: "not_found" }
		const at = now()
		const isNewWhen = change.when !== undefined && JSON.stringify(change.when) !== JSON.stringify(before.when)
		const when = isNewWhen ? anchored(change.when ?? before.when, at) : before.when
		// A time that was to come when it was written stays as good.
		const refused = this.#refusalTo({ ...before, ...change, when }, before, isNewWhen ? at : 0)
		if (refused !== null) return refused
		if (before.nextAt !== null && before.nextAt <= at) this.#reckon(before)
		const current = store.get(id) ?? before
		const edited = { ...current, ...change, when }
		if (edited.isPaused && !current.isPaused) this.#occurrences.forgetUndecided(edited.id)
		const isResumed = current.isPaused && !edited.isPaused
		if (isResumed && !isNewWhen) this.#passedPaused(edited, at)
		const reckonedTo = isResumed || isNewWhen ? later(current.reckonedTo, at) : current.reckonedTo
		const armed = this.#armed({ ...edited, reckonedTo })
		this.#wake()
		return armed
	}

	/** Nothing more comes of it, also not what waits. Tasks that it has submitted, or is just submitting, go on. */
	remove(id: string): Outcome<null> {
		const { store, changed } = this.#host
		if (store.get(id) === undefined) return { ok: false, code: "not_found" }
		store.drop(id)
		changed()
		return { ok: true, value: null }
	}

	/** Submits it now, paused or not, and whatever else of it runs. The same `nonce` again is the same run. */
	async runNow(id: string, by: Author, nonce: string): Promise<Outcome<Occurrence>> {
		const { store } = this.#host
		const kept = store.get(id)
		if (kept === undefined) return { ok: false, code: "not_found" }
		const key = this.#occurrences.wanted(kept.id, by, nonce)
		// Whatever happens to this call: it is kept, and will be submitted.
		this.#wake()
		await this.#occurrences.settle(kept.id)
		this.#wake()
		const occurrence = store.occurrence(key)
		return occurrence === undefined ? { ok: false, code: "not_found" } : { ok: true, value: told(occurrence) }
	}

	get(id: string): Schedule | undefined {
		const kept = this.#host.store.get(id)
		return kept === undefined ? undefined : this.#told(kept)
	}

	named(name: string): Schedule | undefined {
		const kept = this.#host.store.named(name)
		return kept === undefined ? undefined : this.#told(kept)
	}

	/** By name, after this one. */
	list(after: string, most: number): Schedule[] {
		return this.#host.store.page(after, most).map((kept) => this.#told(kept))
	}

	/** What came of its times, the newest first: before the one of this key, or from the newest. */
	history(id: string, before: string | null, most: number): Occurrence[] {
		return this.#host.store.history(id, before, most).map(told)
	}

	/** The next times of one that is being written; or what is wrong with it. */
	preview(when: When, most: number): Outcome<number[]> {
		const at = this.#host.now()
		const fault = faultIn(when, at)
		if (fault !== null) return { ok: false, code: "invalid_request", detail: fault }
		return { ok: true, value: preview(when, at, most) }
	}

	// What the ledger tells.

	/** The task that was submitted under that key is over. Told again, it changes nothing. */
	over(key: string, end: TaskEnd): void {
		this.#occurrences.over(key, end)
		this.#wake()
	}

	// What the clock does.

	/** Does what is due. Called early, late, or twice, it does nothing twice. */
	async alarm(): Promise<void> {
		const { store, now } = this.#host
		// Where it is cut short it is called again: nobody asks for another wake-up before the end of this one.
		for (const schedule of store.due(now(), AT_ONCE)) this.#reckon(schedule)
		const due = store.dueOccurrences(now(), AT_ONCE)
		await Promise.all(due.map((schedule) => this.#occurrences.settle(schedule)))
		this.#wake()
	}

	/** Takes what is owed by now into the history, and goes on to the next time. Both, or neither. */
	#reckon(schedule: KeptSchedule): void {
		const { store, now, failed } = this.#host
		try {
			const what = schedule.next === null ? null : owed(schedule, schedule.next, now())
			if (what === null) {
				this.#armed(schedule)
				return
			}
			if (what.missed !== null) this.#occurrences.passed(schedule.id, what.missed, "missed")
			if (what.run !== null) this.#occurrences.came(schedule.id, what.run)
			this.#armed({ ...schedule, reckonedTo: what.through })
		} catch (error) {
			// Such as a zone that this version of the runtime does not know any more.
			failed("schedule", error)
			store.put({ ...schedule, nextAt: now() + RECKON_AGAIN_MS })
		}
	}

	#passedPaused(schedule: KeptSchedule, at: number): void {
		const times = timesOf(schedule.when)
		const from = times.after(schedule.reckonedTo)
		const through = times.upTo(at)
		if (from === null || through === null || from > through) return
		this.#occurrences.passed(schedule.id, { from, through, count: times.count(from, through) }, "paused")
	}

	/** Keeps it with its next time, unless it is paused. */
	#armed(schedule: KeptSchedule): Outcome<Schedule> {
		const { store, changed } = this.#host
		const next = schedule.isPaused ? null : timesOf(schedule.when).after(schedule.reckonedTo)
		const armed = { ...schedule, next, nextAt: next === null ? null : dueAt(schedule, next) }
		store.put(armed)
		changed()
		return { ok: true, value: this.#told(armed) }
	}

	#refusalTo(draft: ScheduleDraft, before: KeptSchedule | null, at: number): Outcome<never> | null {
		const fault = faultIn(draft.when, at)
		if (fault !== null) return { ok: false, code: "invalid_request", detail: fault }
		const named = this.#host.store.named(draft.name)
		if (named !== undefined && named.id !== before?.id) return { ok: false, code: "name_taken" }
		const bytes = new TextEncoder().encode(JSON.stringify(draft.manifest)).length
		return bytes > MANIFEST_BYTES ? { ok: false, code: "too_large", detail: "Upload its inputs before." } : null
	}

	/** One alarm for all of them, at the first time of all. What is due already comes after what is being done now. */
	#wake(): void {
		const { store, now, wakeAt } = this.#host
		const due = store.nextDue()
		if (due !== null) wakeAt(Math.max(due, now() + 1))
	}

	#told({ reckonedTo: _, as: __, ...schedule }: KeptSchedule): Schedule {
		const last = this.#host.store.history(schedule.id, null, 1).map(told)[0] ?? null
		return { ...schedule, last }
	}
}

function told({ tries: _, due: __, ...occurrence }: KeptOccurrence): Occurrence {
	return occurrence
}

/** No time comes twice where the clock was put back; but a clock that was wrong by days is not waited for. */
function later(reckonedTo: number, now: number): number {
	return reckonedTo > now + WRONG_CLOCK_MS ? now : Math.max(reckonedTo, now)
}

/** Of what is due; the rest comes right after. */
const AT_ONCE = 50
const RECKON_AGAIN_MS = 60 * 60_000
const WRONG_CLOCK_MS = 24 * 60 * 60_000
/** A row of the object's storage holds 2 MB. */
const MANIFEST_BYTES = 1_500_000
