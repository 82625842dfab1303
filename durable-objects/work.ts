// All that a workspace's object does of tasks, schedules and triggers: its cores beside each other, and the way between them.
import type { MachineId, TaskId, TriggerId } from "../protocol/ids.ts"
import type { Author, Occurrence, Schedule, ScheduleDraft, When } from "../protocol/schedule.ts"
import type { Manifest, TaskLimits, TaskView } from "../protocol/task.ts"
import type { TaskReport, TaskStanding, Verdict } from "../protocol/task-report.ts"
import type { Delivery } from "../protocol/trigger.ts"
import type { Outcome } from "./asks.ts"
import type { Submission } from "./ledger/begun.ts"
import { type By, isEnd, LEDGER } from "./ledger/course.ts"
import type { Reach } from "./ledger/held.ts"
import { Ledger, type MachineInfo, type Machines } from "./ledger/ledger.ts"
import { SqlLedgerStore } from "./ledger/sql-ledger-store.ts"
import type { TaskOver } from "./ledger/task-rows.ts"
import type { Outside } from "./outside.ts"
import type { TaskEnd } from "./schedule/occurrences.ts"
import type { As } from "./schedule/schedule-store.ts"
import { Schedules } from "./schedule/schedules.ts"
import { SqlScheduleStore } from "./schedule/sql-schedule-store.ts"
import { SqlWorkStore } from "./sql-work-store.ts"
import { Deliveries, type FromTrigger, type KeptDelivery } from "./triggers/deliveries.ts"
import { SqlDeliveryStore } from "./triggers/sql-delivery-store.ts"
import type { Change } from "./workspace.ts"

interface Host {
	sql: SqlStorage
	outside: Outside
	machines: Machines
	now: () => number
	/** Says who is woken under a name, and answers the way to ask for it. */
	wakes: (who: string, woken: () => Promise<void> | void) => (time: number) => void
	/** Tells consoles to ask again. */
	changed: (what: Change) => void
	/** Writes tasks that are over to the registry; the same again changes nothing. */
	write: (workspaceId: string, over: TaskOver[]) => Promise<void>
	failed: (what: string, error: unknown) => void
}

export class Work {
	readonly #host: Host
	readonly #store: SqlWorkStore
	readonly #ledger: Ledger
	readonly #schedules: Schedules
	readonly #deliveries: Deliveries
	readonly #historyAt: (time: number) => void
	/** Whoever waits for something to happen to a task. */
	readonly #waiting = new Map<TaskId, Set<() => void>>()
	/** What consoles are told of in a moment. */
	readonly #toTell = new Set<Change>()
	#flushing: Promise<void> | null = null

	constructor(host: Host) {
		this.#host = host
		const { sql, outside, now, failed, wakes } = host
		this.#store = new SqlWorkStore(sql)
		this.#historyAt = wakes("history", () => this.flush())
		this.#ledger = new Ledger({
			store: new SqlLedgerStore(sql),
			machines: host.machines,
			now,
			wakeAt: wakes("ledger", () => this.#ledger.alarm()),
			limits: () => this.#store.limits,
			perform: ({ id, follow }, task) => outside.perform(this.#store.workspaceId, { id, follow }, task),
			changed: (tasks) => this.#changed(tasks),
			failed,
		})
		this.#schedules = new Schedules({
			store: new SqlScheduleStore(sql),
			ledger: {
				submit: (of) => this.#submitScheduled(of),
				ended: async (task) => this.#endOf(task),
				cancel: async (task, reason) => this.#ledger.cancel(task, LEDGER, reason),
			},
			now,
			wakeAt: wakes("schedules", () => this.#schedules.alarm()),
			changed: () => this.#tell("schedules"),
			failed,
		})
		this.#deliveries = new Deliveries({
			store: new SqlDeliveryStore(sql),
			decide: (trigger, delivery) => outside.decide(this.#store.workspaceId, trigger, delivery),
			submit: (task) => this.#submitTriggered(task),
			now,
			wakeAt: wakes("deliveries", () => this.#deliveries.alarm()),
			changed: () => this.#tell("triggers"),
			failed,
		})
	}

	/** Whose work it is; said with every call. */
	belongsTo(workspaceId: string): void {
		this.#store.belongsTo(workspaceId)
	}

	// Tasks.

	/** All of them, or none. What was submitted under its key before is the same task. */
	submit(submissions: Submission[], by: By): Outcome<{ task: TaskView; isNew: boolean }[]> {
		return this.#ledger.submitAll(submissions, by)
	}

	edit(task: TaskId, manifest: Manifest, reach: Reach, by: By): Outcome<TaskView> {
		return this.#ledger.edit(task, manifest, reach, by)
	}

	move(task: TaskId, before: TaskId | null, by: By): Outcome<TaskView> {
		return this.#ledger.move(task, before, by)
	}

	cancel(task: TaskId, by: By, reason: string): Outcome<TaskView> {
		return this.#ledger.cancel(task, by, reason)
	}

	steer(task: TaskId, steerId: string, text: string, by: By): Outcome<TaskView> {
		return this.#ledger.steer(task, steerId, text, by)
	}

	retry(
		task: TaskId,
		said: Pick<Submission, "key" | "reach" | "from">,
		by: By,
	): Outcome<{ task: TaskView; isNew: boolean }> {
		return this.#ledger.retry(task, said, by)
	}

	/** Null for one that is not known, or was over more than thirty days ago. */
	task(task: TaskId): (TaskView & { manifest: Manifest }) | null {
		return this.#ledger.task(task) ?? null
	}

	/** All that are not over, the queue in its order; then `ended` of those that are, the last first. */
	tasks(ended: number): TaskView[] {
		return this.#ledger.list(ended)
	}

	/** The task once it has an event after that one, or is over; or as it is, after so many milliseconds. */
	async next(task: TaskId, sequence: number, waitMs: number): Promise<TaskView | null> {
		const isNews = (view: TaskView | null) =>
			view === null || isEnd(view.state.is) || (view.events.at(-1)?.sequence ?? 0) > sequence
		const found = this.task(task)
		if (!isNews(found)) await this.#waitFor(task, Math.min(waitMs, WAIT_AT_MOST_MS))
		const told = this.task(task)
		if (told === null) return null
		const { manifest: _, ...view } = told
		return view
	}

	/** The manifest of an attempt that counts on this machine; null for every other. */
	attempt(machine: MachineId, of: { task: TaskId; fence: number }): Manifest | null {
		return this.#ledger.attempt(machine, of)
	}

	limits(): TaskLimits {
		return this.#store.limits
	}

	setLimits(limits: TaskLimits): void {
		this.#store.setLimits(limits)
		this.#ledger.limited()
		this.#tell("tasks")
	}

	/** Resolves when the history has every task that was over before. */
	flush(): Promise<void> {
		this.#flushing ??= this.#flush().finally(() => {
			this.#flushing = null
		})
		return this.#flushing
	}

	// Machines.

	/** A machine's object: it has a link of this epoch, and has told what it can run and every attempt that it knows. */
	async linked(machine: MachineId, epoch: number, standing: TaskStanding): Promise<ReturnType<Ledger["linked"]>> {
		const { reports, ...can } = standing
		const info = await this.#infoOf(machine, can)
		if (info === null) {
			this.#ledger.removed(machine)
			return reports.map(({ task, fence }) => ({ task, fence, verdict: "stop" }))
		}
		const verdicts = this.#ledger.linked(info, epoch, reports)
		// Told again on the same link, what it can run may be another.
		this.#ledger.described(info, epoch)
		return verdicts
	}

	reported(machine: MachineId, report: TaskReport): Verdict {
		return this.#ledger.reported(machine, report)
	}

	unlinked(machine: MachineId, epoch: number): void {
		this.#ledger.unlinked(machine, epoch)
	}

	removed(machine: MachineId): void {
		this.#ledger.removed(machine)
	}

	/** The registry says something else of it. */
	async described(machine: MachineId): Promise<void> {
		const known = this.#ledger.machine(machine)
		if (known === undefined) return
		const { slots, runtimes, substrates } = known
		const info = await this.#infoOf(machine, { slots, runtimes, substrates })
		if (info === null) this.#ledger.removed(machine)
		else this.#ledger.described(info, known.epoch)
	}

	// Schedules.

	createSchedule(draft: ScheduleDraft, by: Author, as: As): Outcome<Schedule> {
		return this.#schedules.create(draft, by, as)
	}

	editSchedule(schedule: string, draft: ScheduleDraft, as: As): Outcome<Schedule> {
		return this.#schedules.edit(schedule, { ...draft, as })
	}

	pauseSchedule(schedule: string, isPaused: boolean): Outcome<Schedule> {
		return this.#schedules.edit(schedule, { isPaused })
	}

	removeSchedule(schedule: string): Outcome<null> {
		return this.#schedules.remove(schedule)
	}

	runSchedule(schedule: string, by: Author, nonce: string): Promise<Outcome<Occurrence>> {
		return this.#schedules.runNow(schedule, by, nonce)
	}

	schedule(schedule: string): Schedule | null {
		return this.#schedules.get(schedule) ?? null
	}

	/** By name, after this one. */
	schedules(after: string, most: number): Schedule[] {
		return this.#schedules.list(after, most)
	}

	occurrences(schedule: string, before: string | null, most: number): Occurrence[] {
		return this.#schedules.history(schedule, before, most)
	}

	previewSchedule(when: When, most: number): Outcome<number[]> {
		return this.#schedules.preview(when, most)
	}

	// Triggers.

	/** It is kept when this answers `new`; `again` is what has come before, and `full` is not kept. */
	deliver(trigger: TriggerId, delivery: Delivery): "new" | "again" | "full" {
		const taken = this.#deliveries.take(trigger, delivery)
		if (taken === "new") this.#tell("triggers")
		return taken
	}

	/** The last ones of a trigger, the newest first. */
	deliveries(trigger: TriggerId): KeptDelivery[] {
		return this.#deliveries.last(trigger)
	}

	/** Does it once more. False where it is not this trigger's, not kept any more, or not decided yet. */
	repeat(trigger: TriggerId, number: number): boolean {
		return this.#deliveries.last(trigger).some((kept) => kept.number === number) && this.#deliveries.repeat(number)
	}

	/** The trigger was removed. */
	forgetTrigger(trigger: TriggerId): void {
		this.#deliveries.forget(trigger)
	}

	// Between the cores.

	async #submitScheduled({ key, manifest, from, as }: Scheduled): Promise<Outcome<TaskId>> {
		const reach = await this.#host.outside.reach(this.#store.workspaceId, as)
		if (reach === null)
			return { ok: false, code: "not_allowed", detail: "Whoever made the schedule may not submit tasks any more." }
		const submission = { key, manifest, from, isFromOutside: false, of: null, reach, replyTo: null }
		const outcome = this.#ledger.submit(submission, from)
		return outcome.ok ? { ok: true, value: outcome.value.task.id } : outcome
	}

	#submitTriggered({
		key,
		trigger,
		name,
		...said
	}: FromTrigger): { ok: true; task: TaskId } | { ok: false; reason: string } {
		const from = { is: "trigger", id: trigger, name } as const
		const outcome = this.#ledger.submit({ ...said, key, from, isFromOutside: true, of: null }, from)
		if (outcome.ok) return { ok: true, task: outcome.value.task.id }
		return { ok: false, reason: outcome.detail ?? outcome.code }
	}

	#endOf(id: TaskId): TaskEnd | "running" | "unknown" {
		const task = this.#ledger.task(id)
		return task === undefined ? "unknown" : (endOf(task) ?? "running")
	}

	#changed(tasks: TaskView[]): void {
		for (const task of tasks) {
			for (const go of this.#waiting.get(task.id) ?? []) go()
			const end = endOf(task)
			if (end === null) continue
			this.#store.owe(task.id)
			this.#historyAt(this.#host.now() + GATHER_MS)
			if (task.from.is === "schedule" && task.key !== null) this.#schedules.over(task.key, end)
		}
		this.#tell("tasks")
	}

	/** A burst of changes tells consoles once. */
	#tell(what: Change): void {
		if (this.#toTell.has(what)) return
		this.#toTell.add(what)
		setTimeout(() => {
			this.#toTell.delete(what)
			this.#host.changed(what)
		}, TELL_MS)
	}

	#waitFor(task: TaskId, ms: number): Promise<void> {
		return new Promise((resolve) => {
			const waiting = this.#waiting.get(task) ?? new Set()
			this.#waiting.set(task, waiting)
			const done = () => {
				clearTimeout(timer)
				waiting.delete(done)
				if (waiting.size === 0) this.#waiting.delete(task)
				resolve()
			}
			const timer = setTimeout(done, ms)
			waiting.add(done)
		})
	}

	async #infoOf(
		machine: MachineId,
		can: Pick<MachineInfo, "slots" | "runtimes" | "substrates">,
	): Promise<MachineInfo | null> {
		const facts = await this.#host.outside.machine(this.#store.workspaceId, machine)
		return facts === null ? null : { id: machine, ...facts, ...can }
	}

	async #flush(): Promise<void> {
		for (let owed = this.#store.owed(AT_ONCE); owed.length > 0; owed = this.#store.owed(AT_ONCE)) {
			const over = owed.map((task) => this.#ledger.task(task)).filter((task) => task !== undefined)
			await this.#host.write(this.#store.workspaceId, over)
			this.#store.told(owed)
		}
	}
}

type Scheduled = Parameters<ConstructorParameters<typeof Schedules>[0]["ledger"]["submit"]>[0]

/** Null while it is not over. */
function endOf({ id, state }: TaskView): TaskEnd | null {
	return isEnd(state.is) ? { task: id, state: state.is, reason: state.reason, at: state.since } : null
}

const GATHER_MS = 1_000
/** Five values each: a query of D1 takes at most 100. */
const AT_ONCE = 16
const TELL_MS = 100
/** A call of the object that takes longer is asked again. */
const WAIT_AT_MOST_MS = 25_000
