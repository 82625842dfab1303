// Schedules with a clock that the test turns, the platform's one alarm, and a ledger that can be away or cut short.
import { type AlarmStore, Alarms } from "../../durable-objects/alarms.ts"
import type { Outcome } from "../../durable-objects/asks.ts"
import type { ScheduleLedger, TaskEnd } from "../../durable-objects/schedule/occurrences.ts"
import type { ScheduleStore } from "../../durable-objects/schedule/schedule-store.ts"
import { Schedules } from "../../durable-objects/schedule/schedules.ts"
import type { RefusalCode } from "../../protocol/errors.ts"
import { newTaskId, type ScheduleId, type TaskId } from "../../protocol/ids.ts"
import { type Author, type Schedule, ScheduleDraft } from "../../protocol/schedule.ts"

export const ANNA: Author = { is: "person", id: "anna", name: "Anna" }

export interface KnownTask {
	id: TaskId
	key: string
	schedule: ScheduleId
	submittedAt: number
	end: TaskEnd | null
	isCancelAsked: boolean
}

/** What happens to a call: it dies with the object before or after it is heard, or fails before or after. */
export type Fate = "fine" | "dies-before" | "dies-after" | "fails-before" | "fails-after"

/** One task for one key. */
export class MemoryLedger {
	readonly tasks = new Map<string, KnownTask>()
	/** In place of taking what is new. */
	refuses: RefusalCode | null = null
	calls = 0

	submit(key: string, schedule: ScheduleId, at: number): Outcome<TaskId> {
		this.calls++
		const known = this.tasks.get(key)
		if (known !== undefined) return { ok: true, value: known.id }
		if (this.refuses !== null) return { ok: false, code: this.refuses, detail: "Not now." }
		const task = { id: newTaskId(), key, schedule, submittedAt: at, end: null, isCancelAsked: false }
		this.tasks.set(key, task)
		return { ok: true, value: task.id }
	}

	of(id: TaskId): KnownTask {
		const task = [...this.tasks.values()].find((one) => one.id === id)
		if (task === undefined) throw new Error("invariant: nobody asks after a task that there is not")
		return task
	}

	end(task: KnownTask, state: TaskEnd["state"], at: number): TaskEnd {
		task.end ??= { task: task.id, state, reason: `It ${state}.`, at }
		return task.end
	}
}

export class World {
	now = Date.parse("2026-07-01T08:00:00Z")
	alarmAt: number | null = null
	rings = 0
	readonly ledger = new MemoryLedger()
	readonly failed: unknown[] = []
	readonly store: ScheduleStore
	/** Asked before each call of the ledger. */
	fate: () => Fate = () => "fine"
	/** Waits so many turns in each call. */
	turns: () => number = () => 0
	#alarms!: Alarms
	schedules!: Schedules
	/** What an object that is not there any more has asked for is never answered. */
	#life = 0
	#died = () => {}
	readonly #alarmStore = new MemoryAlarmStore()

	constructor(store: ScheduleStore) {
		this.store = store
		this.evict()
	}

	/** Everything that is only in memory is gone, in the middle of whatever it did. */
	evict(): void {
		const life = ++this.#life
		this.#died()
		this.#alarms = new Alarms({
			store: this.#alarmStore,
			now: () => this.now,
			setAlarm: (time) => {
				if (life === this.#life) this.alarmAt = time
			},
			failed: (_, error) => void this.failed.push(error),
		})
		const ledger: ScheduleLedger = {
			submit: ({ key, from }) => this.#call(life, () => this.ledger.submit(key, from.id, this.now)),
			ended: (task) => this.#call(life, () => this.ledger.of(task).end ?? "running"),
			cancel: (task) => this.#call(life, () => this.#cancel(task)),
		}
		const wakeAt = this.#alarms.add("schedules", () => this.schedules.alarm())
		this.schedules = new Schedules({
			store: this.store,
			ledger,
			now: () => this.now,
			wakeAt: (time) => {
				if (life === this.#life) wakeAt(time)
			},
			changed: () => {},
			failed: (_, error) => void this.failed.push(error),
		})
	}

	/** A cancelled task ends at once, unless the test has it go on. */
	endsOnCancel = true

	#cancel(id: TaskId): void {
		const task = this.ledger.of(id)
		task.isCancelAsked = true
		if (this.endsOnCancel) this.ledger.end(task, "cancelled", this.now)
	}

	async #call<T>(life: number, effect: () => T): Promise<T> {
		if (life !== this.#life) return FOR_EVER
		for (let turn = this.turns(); turn > 0; turn--) await null
		const fate = this.fate()
		if (life !== this.#life) return FOR_EVER
		if (fate === "dies-before") return this.#die()
		if (fate === "fails-before") throw new Error("the ledger is away")
		const answer = effect()
		if (fate === "dies-after") return this.#die()
		if (fate === "fails-after") throw new Error("the ledger's answer was lost")
		for (let turn = this.turns(); turn > 0; turn--) await null
		return life === this.#life ? answer : FOR_EVER
	}

	#die(): Promise<never> {
		this.evict()
		return FOR_EVER
	}

	/** The alarm rings, whether or not it is time; whoever dies in it rings again, as the platform does. */
	ring(): Promise<void> {
		const asked = this.alarmAt
		this.alarmAt = null
		this.rings++
		const rung = this.#alarms.alarm().then(() => "done" as const)
		const died = new Promise<"dead">((resolve) => {
			this.#died = () => resolve("dead")
		})
		return Promise.race([rung, died]).then((how) => {
			if (how === "dead") this.alarmAt = Math.min(this.alarmAt ?? Number.MAX_SAFE_INTEGER, asked ?? this.now)
		})
	}

	/** Lets time pass as the platform does: woken at each alarm on the way. */
	async pass(ms: number): Promise<void> {
		const end = this.now + ms
		for (let rings = 0; this.alarmAt !== null && this.alarmAt <= end; rings++) {
			if (rings > 20_000) throw new Error("the alarm never rests")
			this.now = Math.max(this.now, this.alarmAt)
			await this.ring()
		}
		this.now = Math.max(this.now, end)
	}

	passTo(time: string): Promise<void> {
		return this.pass(Date.parse(time) - this.now)
	}

	create(draft: Record<string, unknown>): Schedule {
		const full = { name: "nightly", manifest: { prompt: "Look at the build." }, ...draft }
		return value(this.schedules.create(ScheduleDraft.parse(full), ANNA, { userId: ANNA.id, tags: null }))
	}

	/** The ledger's task of that key, which is over now; told as the ledger tells. */
	finish(key: string, state: TaskEnd["state"] = "succeeded"): void {
		const task = this.ledger.tasks.get(key)
		if (task === undefined) throw new Error(`there is no task ${key}`)
		this.schedules.over(key, this.ledger.end(task, state, this.now))
	}

	/** What came of its times, the oldest first: the time, and in a word what. */
	course(id: string): string[] {
		return this.schedules
			.history(id, null, 1_000)
			.reverse()
			.map(({ time, state, by }) => {
				const what =
					state.is === "skipped"
						? `${state.because} ${state.count ?? "many"}`
						: state.is === "over"
							? state.state
							: state.is
				return `${by === null ? new Date(time).toISOString().slice(5, 16) : `now by ${by.name}`} ${what}`
			})
	}
}

export function value<T>(outcome: Outcome<T>): T {
	if (!outcome.ok) throw new Error(`refused: ${outcome.code} ${outcome.detail ?? ""}`)
	return outcome.value
}

class MemoryAlarmStore implements AlarmStore {
	readonly #at = new Map<string, number>()
	wanted = () => new Map(this.#at)
	want = (who: string, at: number) => void this.#at.set(who, at)

	unwant(who: string, at: number): void {
		if (this.#at.get(who) === at) this.#at.delete(who)
	}
}

const FOR_EVER = new Promise<never>(() => {})
