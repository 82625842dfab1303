// The core of the ledger, which owns every task's state: gives tasks to machines, takes what machines report of attempts that
// count, refuses what comes of others, and acts where nobody does in time. Nothing is held across an await but an attempt's name.
import type { RefusalCode } from "../../protocol/errors.ts"
import { type MachineId, newTaskId, type TaskId } from "../../protocol/ids.ts"
import { Manifest, STEER_CHARS, type TaskEvent, type TaskStateName, type TaskView } from "../../protocol/task.ts"
import type { Attempt, TaskReport, Verdict } from "../../protocol/task-report.ts"
import { outsideRefusal } from "../../protocol/unattended.ts"
import type { Outcome } from "../asks.ts"
import type { Performed } from "../outside.ts"
import { anew, edited, letGo, type Submission, submitted } from "./begun.ts"
import {
	afterAway,
	type By,
	deadlineOf,
	type End,
	expired,
	following,
	isEnd,
	LEDGER,
	leaseMs,
	limitMs,
	mayFollow,
	retryAfter,
} from "./course.ts"
import { Effects } from "./effects.ts"
import type { Effect, Held, Hold, KnownMachine, LedgerStore, Reach, Voided } from "./held.ts"
import { fits, next, type Plan, plan, type Standing, sentence } from "./queue.ts"

/**
 * What came of a question to a machine. `away`: that link has ended, and this question was not sent. `unknown`: no answer
 * came; the machine may have heard it. Each question goes on the link of the epoch that it names or not at all.
 */
export type MachineOutcome =
	| { is: "done" }
	/** `isFull`: it can later. Else it cannot, for that reason. */
	| { is: "refused"; isFull: boolean; reason: string }
	| { is: "away" }
	| { is: "unknown" }

/** The way to machines. */
export interface Machines {
	take: (machine: MachineId, epoch: number, attempt: Attempt) => Promise<MachineOutcome>
	/** Done when nothing of the attempt runs there, and nothing will; also where it was never heard of. */
	stop: (machine: MachineId, epoch: number, of: { task: TaskId; fence: number }) => Promise<MachineOutcome>
	/** Typed once for each id. */
	steer: (
		machine: MachineId,
		epoch: number,
		of: { task: TaskId; fence: number; id: string; text: string },
	) => Promise<MachineOutcome>
	/** Ends a link on which nothing is answered; `unlinked` is told then. */
	cut: (machine: MachineId, epoch: number) => void
}

export interface LedgerHost {
	store: LedgerStore
	machines: Machines
	now: () => number
	/** Asks to be woken by `alarm` at that time. */
	wakeAt: (time: number) => void
	/** How many tasks run at once in the workspace, and how many may be queued. */
	limits: () => { atOnce: number; queued: number }
	/** Does one thing outside. */
	perform: (effect: Effect, task: TaskView) => Promise<Performed>
	/** These are not what they were: consoles ask again, `wait` looks again, the history is written. */
	changed: (tasks: TaskView[]) => void
	/** Something let go of that somebody should know of. */
	failed: (what: string, error: unknown) => void
}

/** A machine as its object knows it. */
export type MachineInfo = Omit<KnownMachine, "epoch" | "awaySince" | "isRemoved">

export class Ledger {
	readonly #host: LedgerHost
	/** What the store's `open` has, and its machines, once they were read. */
	#open: Map<TaskId, Held> | null = null
	#machines: Map<MachineId, KnownMachine> | null = null
	/** Machines that have said that they are full, until when. */
	readonly #full = new Map<MachineId, number>()
	readonly #effects: Effects

	constructor(host: LedgerHost) {
		this.#host = host
		this.#effects = new Effects({
			...host,
			perform: async (effect) => {
				const held = this.#find(effect.task)
				return held === undefined ? { is: "done", further: [] } : await host.perform(effect, this.#view(held))
			},
			untold: ({ task }, reason) => {
				const held = this.#find(task)
				if (held !== undefined) this.#put(this.#told(held, "untold", LEDGER, reason.slice(0, 1_000)))
			},
		})
	}

	// What people, triggers and schedules say.

	/** What was submitted under its key before is the same task. */
	submit(submission: Submission, by: By): Outcome<{ task: TaskView; isNew: boolean }> {
		const outcome = this.submitAll([submission], by)
		const [made] = outcome.ok ? outcome.value : []
		if (made === undefined) return outcome.ok ? { ok: false, code: "internal" } : outcome
		return { ok: true, value: made }
	}

	/** All of them, or none. */
	submitAll(submissions: Submission[], by: By): Outcome<{ task: TaskView; isNew: boolean }[]> {
		const { store, limits } = this.#host
		const known = submissions.map(({ key }) => (key === null ? undefined : store.byKey(key)))
		if (submissions.some(({ manifest }) => JSON.stringify(manifest).length > MANIFEST_CHARS))
			return { ok: false, code: "too_large", detail: `At most ${MANIFEST_CHARS} characters.` }
		const { queued } = limits()
		const more = known.filter((held) => held === undefined).length
		if (more > 0 && this.#tasks().size + more > queued)
			return { ok: false, code: "too_many", detail: `At most ${queued} are not over.` }
		const held = submissions.map((submission, index) => known[index] ?? this.#create(submission, by))
		if (more > 0) this.#assign()
		const tasks = held.map(({ id }, index) => ({ task: this.#view(this.#held(id)), isNew: known[index] === undefined }))
		return { ok: true, value: tasks }
	}

	/** Changes one that no machine has. From now on it goes where whoever changed it may have work done. */
	edit(id: TaskId, manifest: Manifest, reach: Reach, by: By): Outcome<TaskView> {
		const held = this.#queued(id)
		if (!("id" in held)) return held
		if (JSON.stringify(manifest).length > MANIFEST_CHARS) return { ok: false, code: "too_large" }
		const refusal = held.isFromOutside ? outsideRefusal(manifest) : null
		if (refusal !== null) return { ok: false, code: "invalid_request", detail: refusal }
		this.#host.store.putManifest(id, manifest)
		const changed = edited(held, manifest, reach)
		// Its time in the queue counts from when it came there.
		const deadline = held.state.since + Math.max(0, held.notBefore - held.state.since) + limitMs("queued", changed)
		this.#put(this.#told({ ...changed, state: { ...held.state, deadline } }, "edited", by, ""))
		this.#assign()
		return this.#found(id)
	}

	/** Puts one right before another in the queue, with its priority and in its lane; or last in its own. */
	move(id: TaskId, before: TaskId | null, by: By): Outcome<TaskView> {
		const held = this.#queued(id)
		if (!("id" in held)) return held
		const other = before === null ? null : this.#find(before)
		if (other === undefined) return { ok: false, code: "not_found" }
		if (other === null) this.#put(this.#told({ ...held, place: this.#lastPlace() + 1 }, "moved", by, "to the end"))
		else if (other.state.is !== "queued" || other.hold !== null) return { ok: false, code: "task_started" }
		else if (other.id !== held.id) {
			const place = this.#placeBefore(other)
			const { lane } = other
			const terms = { ...held.terms, priority: other.terms.priority }
			this.#put(this.#told({ ...held, terms, lane, place }, "moved", by, `before ${other.name}`))
		}
		this.#assign()
		return this.#found(id)
	}

	/** Ends it at once, wherever it is. A machine that has it is told, when it is back. */
	cancel(id: TaskId, by: By, reason: string): Outcome<TaskView> {
		const held = this.#find(id)
		if (held === undefined) return { ok: false, code: "not_found" }
		if (isEnd(held.state.is)) return { ok: false, code: "task_over" }
		this.#end(letGo(held), { is: "cancelled", because: null, exitCode: null, reason }, by)
		this.#assign()
		return this.#found(id)
	}

	/** Says something to its program, once for each `steerId`; also where the machine is away now. */
	steer(id: TaskId, steerId: string, text: string, by: By): Outcome<TaskView> {
		const held = this.#find(id)
		if (held === undefined) return { ok: false, code: "not_found" }
		if (isEnd(held.state.is)) return { ok: false, code: "task_over" }
		const { hold, state, steers } = held
		if (hold === null || (state.is !== "running" && state.is !== "waiting"))
			return { ok: false, code: "task_not_running" }
		if (steers.length >= STEERS) return { ok: false, code: "too_many" }
		if (text.length > STEER_CHARS) return { ok: false, code: "too_large", detail: `At most ${STEER_CHARS} characters.` }
		if (!steers.some((steer) => steer.id === steerId)) {
			const steer = { id: steerId, fence: hold.fence, text, tries: 0, nextAt: 0 }
			this.#put(this.#told({ ...held, steers: [...steers, steer] }, "steered", by, ""))
		}
		return this.#found(id)
	}

	/** A new task like one that is over. */
	retry(
		id: TaskId,
		{ key, reach, from }: Pick<Submission, "key" | "reach" | "from">,
		by: By,
	): Outcome<{ task: TaskView; isNew: boolean }> {
		const held = this.#find(id)
		const manifest = this.#host.store.manifest(id)
		if (held === undefined || manifest === undefined) return { ok: false, code: "not_found" }
		if (!isEnd(held.state.is)) return { ok: false, code: "task_started", detail: "It is not over yet." }
		const { isFromOutside, replyTo } = held
		return this.submit({ key, manifest, from, isFromOutside, of: null, reach, replyTo }, by)
	}

	// What people see.

	task(id: TaskId): (TaskView & { manifest: Manifest }) | undefined {
		const held = this.#find(id)
		const manifest = this.#host.store.manifest(id)
		return held === undefined || manifest === undefined ? undefined : { ...this.#view(held, this.#plan()), manifest }
	}

	/** The manifest of an attempt that counts on this machine; null for every other. */
	attempt(machine: MachineId, { task, fence }: { task: TaskId; fence: number }): Manifest | null {
		const hold = this.#tasks().get(task)?.hold ?? null
		if (hold === null || hold.machine !== machine || hold.fence !== fence) return null
		return this.#host.store.manifest(task) ?? null
	}

	/** All that are not over, the queue in its order; then `ended` of those that are, the last first. */
	list(ended: number): TaskView[] {
		const made = this.#plan()
		const open = [...this.#tasks().values()].filter(({ state }) => !isEnd(state.is))
		open.sort(
			(one, other) => (made.places.get(one.id) ?? 0) - (made.places.get(other.id) ?? 0) || one.place - other.place,
		)
		return [...open, ...this.#host.store.ended(ended)].map((held) => this.#view(held, made))
	}

	// What machines tell.

	/**
	 * A machine has a new link, and has told every attempt that it knows. Answers what it is to do with each. Told again, it
	 * answers again; a link that was followed by another, or has ended, says nothing any more.
	 */
	linked(info: MachineInfo, epoch: number, reports: TaskReport[]): { task: TaskId; fence: number; verdict: Verdict }[] {
		const known = this.#known().get(info.id)
		if (known !== undefined && (epoch < known.epoch || (epoch === known.epoch && known.awaySince !== null))) return []
		const answer = () =>
			reports.map((report) => {
				const { task, fence } = report
				return { task, fence, verdict: this.#take(info.id, report) }
			})
		if (epoch === known?.epoch) return answer()
		const now = this.#host.now()
		this.#putMachine({ ...info, epoch, awaySince: null, isRemoved: false })
		const awayMs = known === undefined || known.awaySince === null ? 0 : now - known.awaySince
		const before = this.#ofMachine(info.id)
		// Written with what it tells of it.
		for (const held of before)
			if (held.hold?.machine === info.id && held.hold.isClaimed) this.#tasks().set(held.id, afterAway(held, awayMs))
		const verdicts = answer()
		const listed = new Set(reports.map(({ task, fence }) => `${task} ${fence}`))
		for (const { id } of before) {
			const held = this.#tasks().get(id)
			if (held !== undefined) this.#reconcile(held, info.id, listed)
		}
		this.#assign()
		return verdicts
	}

	/** Compares one task with what its machine has told that it has. */
	#reconcile(held: Held, machine: MachineId, listed: ReadonlySet<string>): void {
		const isThere = (fence: number) => listed.has(`${held.id} ${fence}`)
		// What is not there any more does not run; what is, is told to stop.
		const voided = held.voided.filter((old) => old.machine !== machine || isThere(old.fence)).map(askedAnew(machine))
		const hold = held.hold === null ? null : askedAnew(machine)(held.hold)
		const next: Held = {
			...held,
			voided,
			hold,
			steers: held.steers.map((steer) => ({ ...steer, tries: 0, nextAt: 0 })),
		}
		if (hold === null || hold.machine !== machine || !hold.isClaimed || isThere(hold.fence)) return this.#put(next)
		const reason = `${this.#nameOf(machine)} does not have it any more`
		this.#attemptOver({ ...next, hold: null }, { is: "lost", because: null, exitCode: null, reason }, LEDGER)
	}

	/** That link has ended. */
	unlinked(machine: MachineId, epoch: number): void {
		const known = this.#known().get(machine)
		if (known === undefined || epoch < known.epoch || (epoch === known.epoch && known.awaySince !== null)) return
		this.#away({ ...known, epoch })
	}

	/** The machine was removed, and never comes back. */
	removed(machine: MachineId): void {
		const known = this.#known().get(machine)
		if (known === undefined || known.isRemoved) return
		this.#away({ ...known, isRemoved: true })
		const gone = this.#known().get(machine)
		for (const held of this.#ofMachine(machine)) {
			if (held.hold?.machine !== machine) continue
			if (held.hold.sequence === 0) this.#requeue(letGo(held))
			else this.#attemptOver(letGo(held), expired(held, gone), LEDGER)
		}
		this.#assign()
	}

	/** What it is or can run was changed; `epoch` is of the link that it was said on, or known by. */
	described(info: MachineInfo, epoch: number): void {
		const known = this.#known().get(info.id)
		if (known === undefined || known.isRemoved || epoch < known.epoch) return
		const described = { ...known, ...info }
		if (JSON.stringify(described) === JSON.stringify(known)) return
		this.#putMachine(described)
		this.#assign()
	}

	/** As it was last told of. */
	machine(id: MachineId): KnownMachine | undefined {
		return this.#known().get(id)
	}

	/** The limits are others. */
	limited(): void {
		this.#assign()
	}

	#away(machine: KnownMachine): void {
		const { now, changed } = this.#host
		this.#putMachine({ ...machine, awaySince: machine.awaySince ?? now() })
		this.#full.delete(machine.id)
		const concerned = this.#ofMachine(machine.id)
		for (const held of concerned) this.#wake(held)
		changed(concerned.map((held) => this.#view(held)))
	}

	/** What a machine says of an attempt. */
	reported(machine: MachineId, report: TaskReport): Verdict {
		const verdict = this.#take(machine, report)
		// One that goes on leaves no room to anybody.
		if (verdict !== "go-on") this.#assign()
		return verdict
	}

	#take(machine: MachineId, report: TaskReport): Verdict {
		const held = this.#tasks().get(report.task)
		const hold = held?.hold ?? null
		if (held === undefined || hold === null) return "stop"
		if (hold.machine !== machine || hold.fence !== report.fence) return "stop"
		if (report.sequence <= hold.sequence || !mayFollow(held.state.is, report.is)) return "go-on"
		const { is, because, reason, exitCode, session } = report
		const by: By = { is: "machine", id: machine, name: this.#nameOf(machine) }
		const begun = hold.isClaimed ? held : anew(held)
		const told: Held = {
			...begun,
			hold: { ...hold, sequence: report.sequence, isClaimed: true },
			machine,
			session: session ?? begun.session,
			artifacts: report.artifacts.length > 0 ? report.artifacts : begun.artifacts,
			result: report.result ?? begun.result,
		}
		if (JSON.stringify(told.artifacts).length > ARTIFACTS_CHARS) {
			const end: End = { is: "failed", because: "collect", exitCode, reason: "its list of artifacts is too long" }
			this.#attemptOver({ ...letGo(told), artifacts: [] }, end, LEDGER)
			return "stop"
		}
		if (isEnd(is)) {
			this.#attemptOver({ ...told, hold: null }, { is, because, reason, exitCode }, by)
			return "forget"
		}
		this.#put(is === held.state.is ? told : this.#enter(told, is, by, reason))
		return "go-on"
	}

	// The course of a task.

	#create(submission: Submission, by: By): Held {
		const { store, now } = this.#host
		const id = newTaskId()
		store.putManifest(id, submission.manifest)
		const held = this.#enter(submitted(submission, id, now(), this.#lastPlace() + 1), "queued", by, "")
		this.#put(held)
		this.#reply(held, "begin")
		return held
	}

	#reply({ id, replyTo }: Held, when: "begin" | "end"): void {
		if (replyTo !== null) this.#effects.add(`${id}/reply/${when}`, id, { is: "reply", to: replyTo })
	}

	/** Gives queued tasks to machines that have room. */
	#assign(): void {
		for (const { task, machine } of next(this.#standing())) {
			const held = this.#tasks().get(task)
			if (held === undefined) continue
			const attempt = held.attempt + 1
			const hold = { machine, fence: attempt, isClaimed: false, isSent: false, sequence: 0, tries: 0, nextAt: 0 }
			this.#put({ ...held, attempt, hold, notBefore: 0 })
		}
	}

	#claimed(held: Held, hold: Hold): void {
		const by: By = { is: "machine", id: hold.machine, name: this.#nameOf(hold.machine) }
		const claimed = { ...anew(held), machine: hold.machine, hold: { ...hold, isClaimed: true } }
		this.#put(this.#enter(claimed, "claimed", by, ""))
	}

	/** A machine will not run it. Others may. */
	#refused(held: Held, { machine }: Hold, reason: string): void {
		const refusedBy = [...held.refusedBy, { machine, reason: `${this.#nameOf(machine)}: ${reason}`.slice(0, 500) }]
		const next = { ...held, refusedBy }
		const isWithout = (known: KnownMachine) => refusedBy.some((refused) => refused.machine === known.id)
		if ([...this.#known().values()].some((known) => fits(held, known) && !isWithout(known))) this.#requeue(next)
		else this.#attemptOver(next, { is: "failed", because: "refused", exitCode: null, reason }, LEDGER)
	}

	/** Nothing of it has run: it goes back to where it was in the queue. */
	#requeue(held: Held): void {
		this.#put(held.state.is === "queued" ? held : this.#enter(held, "queued", LEDGER, "it was not begun"))
	}

	/** The attempt that counted is over: it is tried again, or the task is over with it. */
	#attemptOver(held: Held, end: End, by: By): void {
		const waitMs = retryAfter(end, held.terms, held.retried)
		if (waitMs === null) return this.#end(held, end, by)
		const told = this.#told(held, "retried", by, `${end.is}: ${end.reason}`.slice(0, 1_000))
		const notBefore = this.#host.now() + waitMs
		const next = { ...told, retried: held.retried + 1, steers: [], notBefore }
		this.#put(this.#enter(next, "queued", LEDGER, ""))
	}

	#end(held: Held, end: End, by: By): void {
		const { store, now } = this.#host
		const over = this.#enter({ ...held, steers: [], endedAt: now() }, end.is, by, end.reason)
		const ended: Held = { ...over, state: { ...over.state, because: end.because, exitCode: end.exitCode } }
		this.#put(ended)
		this.#reply(ended, "end")
		const manifest = store.manifest(held.id)
		if (manifest === undefined || end.is === "cancelled") return
		const which = end.is === "succeeded" ? "onSuccess" : "onFailure"
		for (const [index, follow] of manifest[which].entries()) this.#follow(ended, `${held.id}/${which}/${index}`, follow)
	}

	/** In one go with the end: what follows of it begins once. */
	#follow(held: Held, id: string, follow: Manifest["onSuccess"][number]): void {
		if (follow.is !== "task") return this.#effects.add(id, held.id, follow)
		const from = { is: "task", id: held.id, name: held.name } as const
		const { isFromOutside, reach } = held
		const manifest = following(Manifest.parse(follow.manifest), held)
		if (this.#host.store.byKey(id) === undefined)
			this.#create({ ...{ key: id, manifest, from, isFromOutside, reach }, of: null, replyTo: null }, LEDGER)
	}

	/** A state begins, with its event and its deadline. */
	#enter(held: Held, is: TaskStateName, by: By, reason: string): Held {
		const now = this.#host.now()
		const { state, awayMs } = held
		const spent = { ...held.spent }
		if (held.events.length > 0) spent[state.is] = (spent[state.is] ?? 0) + Math.max(0, now - state.since - awayMs)
		if (awayMs > 0) spent.away = (spent.away ?? 0) + awayMs
		const ranBefore = is === "claimed" ? (spent.running ?? 0) : (held.ranBefore ?? 0)
		const from = is === "queued" ? Math.max(now, held.notBefore) : now
		const deadline = isEnd(is) ? null : from + limitMs(is, { terms: held.terms, spent, ranBefore })
		const next = { is, since: now, deadline, reason, because: null, exitCode: null }
		return this.#told({ ...held, spent, ranBefore, awayMs: 0, state: next }, is, by, reason)
	}

	#told(held: Held, is: TaskEvent["is"], by: By, reason: string): Held {
		const sequence = (held.events.at(-1)?.sequence ?? 0) + 1
		const events = [...held.events, { sequence, at: this.#host.now(), attempt: held.attempt, is, by, reason }]
		if (events.length > EVENTS) events.splice(EVENTS_FIRST, 1)
		return { ...held, events }
	}

	// What is due.

	/** Lets deadlines pass, asks again, tries again, and gives out what can go. */
	alarm(): void {
		const { now, store, wakeAt } = this.#host
		for (const { id } of [...this.#tasks().values()].filter((held) => this.#dueOf(held) <= now())) {
			const held = this.#tasks().get(id)
			if (held !== undefined) this.#work(held)
		}
		store.forget(now() - KEPT_MS)
		this.#assign()
		this.#effects.alarm()
		const first = store.firstEnd()
		const next = Math.min(
			...[...this.#tasks().values()].map((held) => this.#dueOf(held)),
			this.#effects.next(),
			...[...this.#full.values()].filter((until) => until > now()),
			first === null ? Number.POSITIVE_INFINITY : first + KEPT_MS,
		)
		if (next < Number.POSITIVE_INFINITY) wakeAt(Math.max(next, now() + 1))
	}

	#work(held: Held): void {
		const now = this.#host.now()
		const voided = held.voided.filter((old) => !(this.#leaseEnd(old) <= now))
		const next = voided.length === held.voided.length ? held : { ...held, voided }
		const { hold, state } = next
		const machine = hold === null ? undefined : this.#known().get(hold.machine)
		const deadline = deadlineOf(next, machine)
		if (isEnd(state.is) || deadline === null || deadline > now) return this.#put(next)
		if (state.is === "queued" && state.deadline !== null && state.deadline <= now) {
			const reason = sentence(this.#plan().waiting.get(held.id) ?? { is: "no-machine", reason: "its turn" })
			return this.#end(letGo(next), { is: "failed", because: "no_machine", exitCode: null, reason }, LEDGER)
		}
		if (hold !== null && hold.sequence === 0) {
			// No program of it runs. One that is linked and does not begin is not asked again.
			if (machine?.awaySince === null) return this.#refused(letGo(next), hold, "took it and did not begin")
			return this.#requeue(letGo(next))
		}
		this.#attemptOver(letGo(next), expired(next, machine), LEDGER)
	}

	/** When something is to be done for it. */
	#dueOf(held: Held): number {
		const { hold, voided, steers, state, notBefore } = held
		const now = this.#host.now()
		const isLinked = (machine: MachineId) => this.#known().get(machine)?.awaySince === null
		const times = voided.map((old) => (isLinked(old.machine) ? old.nextAt : this.#leaseEnd(old)))
		if (!isEnd(state.is))
			times.push(deadlineOf(held, hold === null ? undefined : this.#known().get(hold.machine)) ?? now)
		if (state.is === "queued" && hold === null && notBefore > now) times.push(notBefore)
		if (hold !== null && isLinked(hold.machine)) {
			if (!hold.isClaimed) times.push(hold.nextAt)
			times.push(...steers.map(({ nextAt }) => nextAt))
		}
		return Math.min(...times)
	}

	/** When an old attempt has stopped by itself; never while its machine is linked. */
	#leaseEnd({ machine, awayMs, mayRun }: Voided): number {
		const since = this.#known().get(machine)?.awaySince
		if (since === undefined) return 0
		if (since === null) return Number.POSITIVE_INFINITY
		// One that has not begun never will; it is told so when its machine lists it.
		return mayRun ? since + leaseMs(awayMs) : since
	}

	// Questions to machines.

	/** Marks what is to be asked now, and answers how. */
	#questions(held: Held): { held: Held; ask: (() => void)[] } {
		const now = this.#host.now()
		const ask: (() => void)[] = []
		const due = <A extends { tries: number; nextAt: number }>(asking: A, machine: MachineId, go: Question<A>): A => {
			const known = this.#known().get(machine)
			if (known === undefined || known.awaySince !== null || asking.nextAt > now) return asking
			const asked = { ...asking, tries: asking.tries + 1, nextAt: now + ASK_AGAIN_MS }
			ask.push(() => void go(asked, known.epoch))
			return asked
		}
		const { id, hold, steers } = held
		const voided = held.voided.map((old) => due(old, old.machine, (asked, epoch) => this.#askStop(id, asked, epoch)))
		if (hold === null || isEnd(held.state.is)) return { held: { ...held, voided }, ask }
		if (!hold.isClaimed) {
			const asked = due(hold, hold.machine, (now, epoch) => this.#askTake(id, now, hold.isSent, epoch))
			return { held: { ...held, voided, hold: { ...asked, isSent: hold.isSent || asked !== hold } }, ask }
		}
		const asked = steers.map((steer) =>
			due(steer, hold.machine, (now, epoch) => this.#askSteer(id, now, hold.machine, epoch)),
		)
		return { held: { ...held, voided, steers: asked }, ask }
	}

	async #askTake(id: TaskId, { machine, fence, tries }: Hold, wasSent: boolean, epoch: number): Promise<void> {
		const { store, machines, now, wakeAt } = this.#host
		const asked = this.#tasks().get(id)
		const manifest = store.manifest(id)
		if (asked === undefined || manifest === undefined) throw new Error("invariant: a task has a manifest")
		const awayMs = asked.terms.awaySeconds * 1_000
		const outcome = await this.#asked(machines.take(machine, epoch, { task: id, fence, awayMs, manifest }))
		const held = this.#tasks().get(id)
		const hold = held?.hold ?? null
		if (outcome.is === "away") this.unlinked(machine, epoch)
		if (held === undefined || hold === null || hold.fence !== fence || hold.isClaimed) return
		// Only what came of the last question is the last word.
		const isLast = hold.tries === tries && this.#known().get(machine)?.epoch === epoch
		if (outcome.is === "done") return this.#claimed(held, hold)
		if (outcome.is === "refused" && isLast) {
			const next = { ...held, hold: null }
			if (outcome.isFull) {
				this.#full.set(machine, now() + FULL_MS)
				this.#requeue(next)
				wakeAt(now() + FULL_MS)
			} else this.#refused(next, hold, outcome.reason)
		} else if (outcome.is === "away" && !wasSent && isLast) this.#requeue({ ...held, hold: null })
		else this.#unanswered(outcome, machine, epoch, tries)
		this.#assign()
	}

	async #askStop(id: TaskId, { machine, fence, tries }: Voided, epoch: number): Promise<void> {
		const outcome = await this.#asked(this.#host.machines.stop(machine, epoch, { task: id, fence }))
		if (outcome.is === "away") this.unlinked(machine, epoch)
		const held = this.#tasks().get(id)
		if (held?.voided.some((old) => old.machine === machine && old.fence === fence) !== true) return
		if (outcome.is !== "done") return this.#unanswered(outcome, machine, epoch, tries)
		this.#put({ ...held, voided: held.voided.filter((old) => old.machine !== machine || old.fence !== fence) })
		this.#assign()
	}

	async #askSteer(
		id: TaskId,
		{ id: steerId, fence, text, tries }: Held["steers"][number],
		machine: MachineId,
		epoch: number,
	): Promise<void> {
		const outcome = await this.#asked(this.#host.machines.steer(machine, epoch, { task: id, fence, id: steerId, text }))
		if (outcome.is === "away") this.unlinked(machine, epoch)
		const held = this.#tasks().get(id)
		if (held?.steers.some((steer) => steer.id === steerId) !== true) return
		const said = { ...held, steers: held.steers.filter((steer) => steer.id !== steerId) }
		const by: By = { is: "machine", id: machine, name: this.#nameOf(machine) }
		if (outcome.is === "done") this.#put(said)
		else if (outcome.is === "refused") this.#put(this.#told(said, "steered", by, `it was not said: ${outcome.reason}`))
		else this.#unanswered(outcome, machine, epoch, tries)
	}

	#asked(asking: Promise<MachineOutcome>): Promise<MachineOutcome> {
		return asking.catch((error: unknown): MachineOutcome => {
			this.#host.failed("ask", error)
			return { is: "unknown" }
		})
	}

	/** A machine that hears and says nothing has a link that is worth nothing: without it, leases end. */
	#unanswered(outcome: MachineOutcome, machine: MachineId, epoch: number, tries: number): void {
		const known = this.#known().get(machine)
		if (outcome.is === "away" || known?.epoch !== epoch || known.awaySince !== null) return
		if (tries >= MUTE_TRIES) this.#host.machines.cut(machine, epoch)
	}

	// Keeping.

	/** Asks what is to be asked now, and writes both down at once. */
	#put(told: Held): void {
		const { held, ask } = this.#questions(told)
		this.#keep(held)
		for (const go of ask) go()
		this.#wake(held)
		this.#host.changed([this.#view(held)])
	}

	#keep(held: Held): void {
		const isOpen = !isEnd(held.state.is) || held.voided.length > 0
		this.#host.store.put(held, isOpen)
		if (isOpen) this.#tasks().set(held.id, held)
		else this.#tasks().delete(held.id)
	}

	#wake(held: Held): void {
		const due = this.#dueOf(held)
		if (due < Number.POSITIVE_INFINITY) this.#host.wakeAt(due)
		else if (held.endedAt !== null) this.#host.wakeAt(held.endedAt + KEPT_MS)
	}

	#tasks(): Map<TaskId, Held> {
		this.#open ??= new Map(this.#host.store.open().map((held) => [held.id, held]))
		return this.#open
	}

	#known(): Map<MachineId, KnownMachine> {
		this.#machines ??= new Map(this.#host.store.machines().map((machine) => [machine.id, machine]))
		return this.#machines
	}

	#putMachine(machine: KnownMachine): void {
		this.#host.store.putMachine(machine)
		this.#known().set(machine.id, machine)
	}

	#find(id: TaskId): Held | undefined {
		return this.#tasks().get(id) ?? this.#host.store.get(id)
	}

	#held(id: TaskId): Held {
		const held = this.#find(id)
		if (held === undefined) throw new Error("invariant: what is just written is there")
		return held
	}

	#ofMachine(machine: MachineId): Held[] {
		return [...this.#tasks().values()].filter(
			({ hold, voided }) => hold?.machine === machine || voided.some((old) => old.machine === machine),
		)
	}

	#nameOf(machine: MachineId): string {
		return this.#known().get(machine)?.name ?? machine
	}

	#queued(id: TaskId): Held | { ok: false; code: RefusalCode } {
		const held = this.#find(id)
		if (held === undefined) return { ok: false, code: "not_found" }
		if (isEnd(held.state.is)) return { ok: false, code: "task_over" }
		return held.state.is === "queued" && held.hold === null ? held : { ok: false, code: "task_started" }
	}

	#found(id: TaskId): Outcome<TaskView> {
		const held = this.#find(id)
		return held === undefined ? { ok: false, code: "not_found" } : { ok: true, value: this.#view(held) }
	}

	#lastPlace(): number {
		return [...this.#tasks().values()].reduce((last, { place }) => Math.max(last, place), 0)
	}

	#placeBefore(other: Held): number {
		const { lane, terms, place } = other
		const beside = [...this.#tasks().values()].filter(
			(held) => held.state.is === "queued" && held.lane === lane && held.terms.priority === terms.priority,
		)
		beside.sort((one, next) => one.place - next.place)
		const before = beside[beside.findIndex(({ id }) => id === other.id) - 1]
		if (before === undefined) return place - 1
		const between = before.place + (place - before.place) / 2
		if (between > before.place && between < place) return between
		// Halved too often: the lane is counted anew.
		for (const [index, held] of beside.entries()) this.#put({ ...held, place: index + 1 })
		return beside.findIndex(({ id }) => id === other.id) + 0.5
	}

	#plan(): Plan {
		return plan(this.#standing())
	}

	#standing(): Standing {
		const { limits, now } = this.#host
		return {
			tasks: [...this.#tasks().values()],
			machines: [...this.#known().values()],
			atOnce: limits().atOnce,
			now: now(),
			full: this.#full,
		}
	}

	#view(held: Held, made?: Plan): TaskView {
		const { id, key, name, attempt, machine, session, from, isFromOutside, of, artifacts, result, submittedAt } = held
		const { hold, state, terms, events, spent } = held
		const isQueued = state.is === "queued"
		const waiting = isQueued ? made?.waiting.get(id) : undefined
		const known = hold === null ? undefined : this.#known().get(hold.machine)
		const isWith = !isQueued && hold !== null
		return {
			...{ id, key, name, attempt, machine, session, from, isFromOutside, of, artifacts, result, submittedAt },
			priority: terms.priority,
			runtime: terms.runtime,
			state: {
				...state,
				reason: waiting === undefined ? state.reason : sentence(waiting),
				deadline: deadlineOf(held, known),
			},
			position: made?.places.get(id) ?? null,
			events,
			spent,
			owner: isEnd(state.is) ? null : isWith ? { is: "machine", id: hold.machine } : { is: "ledger" },
		}
	}
}

type Question<A> = (asked: A, epoch: number) => Promise<void>

/** On a new link, everything is asked at once. */
function askedAnew(
	machine: MachineId,
): <A extends { machine: MachineId; tries: number; nextAt: number }>(asking: A) => A {
	return (asking) => (asking.machine === machine ? { ...asking, tries: 0, nextAt: 0 } : asking)
}

/** A row of a Durable Object's database takes two million bytes; a character may be four of them. */
const MANIFEST_CHARS = 500_000
const STEERS = 20
/** Of a row, with all else that is in it. */
const ARTIFACTS_CHARS = 300_000
const EVENTS = 120
/** How it came to run is kept of a long history. */
const EVENTS_FIRST = 20
/** Longer than a machine's object waits for an answer. */
const ASK_AGAIN_MS = 25_000
const MUTE_TRIES = 4
/** One that has said that it is full is asked again. */
const FULL_MS = 15_000
/** What is over is known here so long, and with its key; the history has it for longer. */
const KEPT_MS = 30 * 86_400_000
