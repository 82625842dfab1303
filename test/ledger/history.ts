// One random history of a workspace's ledger: people submit, change and cancel while machines sleep, crash and come back,
// links are cut at any message, calls are lost, late or doubled, and the object is evicted between any two steps. What must
// hold is checked at every deed of every program, at every change of a task, and at the end.
import type { Submission } from "../../durable-objects/ledger/begun.ts"
import type { LedgerStore } from "../../durable-objects/ledger/held.ts"
import type { Ledger, LedgerHost, MachineOutcome } from "../../durable-objects/ledger/ledger.ts"
import { type MachineId, newMachineId, type TaskId } from "../../protocol/ids.ts"
import type { TaskView } from "../../protocol/task.ts"
import { ENDS, Manifest } from "../../protocol/task.ts"
import type { TaskReport } from "../../protocol/task-report.ts"
import { Dice } from "../support/dice.ts"
import { type Kept, SimulatedMachine } from "./machine.ts"
import { MemoryLedgerStore } from "./memory.ts"

export type Core = new (host: LedgerHost) => Ledger

const SECOND = 1_000
const MINUTE = 60 * SECOND
const AWAY_MS = 10 * MINUTE
/** What the ledger waits for a machine that goes on for AWAY_MS. */
const LEASE_MS = AWAY_MS * 1.01 + 2 * MINUTE
/** The longest that a state lasts on a machine that is linked, by the manifests here and the ledger's own bounds. */
const LIMITS_MS: Record<string, number> = {
	claimed: 2 * MINUTE,
	preparing: 60 * MINUTE,
	running: 5 * MINUTE + 2 * MINUTE,
	waiting: 5 * MINUTE + 2 * MINUTE,
	collecting: 60 * MINUTE,
}
/** Alarms here are late by no more. */
const ALARM_LATE_MS = 20 * SECOND

const ALL = { member: null, tags: null }
const BY = { is: "person", id: "u1", name: "Ada" } as const

/** A machine with its object at the edge. */
interface Side {
	machine: SimulatedMachine
	name: string
	/** How much faster its clock runs. */
	rate: number
	/** The last link's; its messages pass while `isLive`, and its object takes it for live while `isOpen`. */
	epoch: number
	isLive: boolean
	isOpen: boolean
	/** The last link that its object knows the ledger to know of. */
	told: number
	/** The machine has heard the ledger on this link. */
	isKnown: boolean
	toMachine: (() => void)[]
	toEdge: TaskReport[]
	/** Its object's questions that wait for an answer. */
	asks: Set<(outcome: MachineOutcome) => void>
}

/** A call to the ledger's object that is under way. */
interface Call {
	run: () => void
	/** It did not arrive, or its answer did not. */
	fail: () => void
}

export class History {
	readonly #dice: Dice
	readonly #Core: Core
	/** Much hangs, and links end without anybody noticing: what leases are for. */
	readonly #isHard: boolean
	/** Steps that go well, before chance goes on. */
	#turns = 0
	readonly store: LedgerStore
	#now = 1_700_000_000_000
	#alarmAt: number | null = null
	#ledger: Ledger
	#life = 0
	readonly #sides: Side[] = []
	#calls: Call[] = []
	/** Reports that went to the ledger once. */
	#past: { side: Side; report: TaskReport }[] = []
	/** Effects whose performing has not come back. */
	#effects: Call[] = []

	readonly #submissions: { submission: Submission; id: TaskId }[] = []
	readonly #views = new Map<TaskId, TaskView>()
	readonly #ended = new Map<TaskId, string>()
	/** How often each attempt's program was started, and where the latest of each task was. */
	readonly #starts = new Map<string, number>()
	readonly #latest = new Map<TaskId, number>()
	readonly #succeeded = new Set<string>()
	readonly #steered = new Map<string, number>()
	readonly #performed = new Map<string, number>()
	readonly #faults: string[] = []
	#count = 0
	steps = 0

	constructor(seed: number, CoreClass: Core, store: LedgerStore = new MemoryLedgerStore()) {
		this.#dice = new Dice(seed)
		this.store = store
		this.#Core = CoreClass
		this.#isHard = this.#dice.chance(0.3)
		const machines = this.#dice.between(this.#isHard ? 2 : 1, 3)
		for (let index = 0; index < machines; index++) this.#sides.push(this.#side(index))
		this.#ledger = this.#newLedger()
		for (const side of this.#sides) if (this.#dice.chance(0.7)) this.#link(side)
	}

	/** Runs it to its end; what was wrong. */
	async run(): Promise<string[]> {
		for (let left = this.#dice.between(20, 110); left > 0; left--) {
			this.steps++
			this.#step()
			await settled()
		}
		await this.#rest()
		this.#checkEnd()
		return this.#faults
	}

	// What may happen.

	#step(): void {
		const dice = this.#dice
		const side = dice.pick(this.#sides)
		if (this.#turns-- > 0 || (this.#isHard && dice.chance(0.5))) return this.#turn()
		if (this.#isHard && dice.chance(0.05)) return this.#sleep(side)
		if (this.#isHard && dice.chance(0.15)) return this.#pass(dice.pick([20 * SECOND, MINUTE, 4 * MINUTE]))
		const roll = dice.below(100)
		if (roll < 7) this.#submit()
		else if (roll < 9) this.#submitAgain()
		else if (roll < 11) this.#cancel()
		else if (roll < 13) this.#change()
		else if (roll < 30) this.#toMachine(side)
		else if (roll < 48) side.machine.work()
		else if (roll < 54) this.#runPrograms()
		else if (roll < 64) this.#toEdge(side)
		else if (roll < 78) this.#call()
		else if (roll < 80) this.#cut(side)
		else if (roll < 82) this.#notice(side)
		else if (roll < 86) this.#link(side)
		else if (roll < 87) side.machine.crash()
		else if (roll < 88) this.#breakDown(side)
		else if (roll < 90) this.#evict()
		else if (roll < 91) this.#repeat()
		else if (roll < 92) this.#timeOut(side)
		else if (roll < 93) this.#steer()
		else this.#pass(dice.pick([SECOND, 10 * SECOND, 30 * SECOND, 70 * SECOND, 3 * MINUTE, 8 * MINUTE, 15 * MINUTE]))
	}

	/** A machine whose program runs is away for less than it may be, and the others have time to do wrong. */
	#sleep(side: Side): void {
		if (side.machine.programs.size === 0) return
		this.#cut(side)
		this.#notice(side)
		for (const call of this.#calls.splice(0)) call.run()
		this.#pass(8 * MINUTE)
		this.#turns = 10
	}

	/** A little of everything goes well. */
	#turn(): void {
		for (const call of this.#calls.splice(0)) call.run()
		for (const side of this.#sides) {
			this.#toMachine(side)
			side.machine.work()
			this.#toEdge(side)
		}
		this.#runPrograms()
	}

	#submit(): void {
		if (this.#submissions.length >= 6) return
		const dice = this.#dice
		const bounds = { timeoutSeconds: 300, inputSeconds: 300, awaySeconds: AWAY_MS / SECOND }
		const follow = (name: string) => ({ is: "task", manifest: { ...bounds, name, prompt: "after {{task.id}}" } })
		const manifest = Manifest.parse({
			name: `task ${this.#submissions.length}`,
			target: dice.chance(this.#isHard ? 0 : 0.3) ? { machine: dice.pick(this.#sides).name } : {},
			...bounds,
			...(dice.chance(0.2) ? { queueSeconds: 1_200 } : {}),
			retries: { max: this.#isHard ? 2 : dice.below(3), backOffSeconds: 10 },
			...(dice.chance(0.4) ? { concurrency: { key: dice.pick(["one", "two"]) } } : {}),
			priority: dice.below(2),
			onSuccess: dice.chance(0.3) ? [follow("then"), { is: "notify" }] : [],
			onFailure: dice.chance(0.3) ? [follow("else"), { is: "notify" }] : [],
		})
		const from = { is: "trigger", id: dice.pick(["trg_1", "trg_2"]), name: "hook" } as const
		const key = `key ${this.#submissions.length}`
		const submission = { key, manifest, from, isFromOutside: true, of: null, reach: ALL, replyTo: null }
		const made = this.#ledger.submit(submission, BY)
		if (!made.ok || !made.value.isNew) return this.#fault("a first submission is not taken")
		this.#submissions.push({ submission, id: made.value.task.id })
	}

	#submitAgain(): void {
		if (this.#submissions.length === 0) return
		const { submission, id } = this.#dice.pick(this.#submissions)
		const made = this.#ledger.submit(submission, BY)
		if (!made.ok || made.value.isNew || made.value.task.id !== id) this.#fault("a submission that repeats makes a task")
	}

	#some(): TaskView | undefined {
		const views = [...this.#views.values()]
		return views.length === 0 ? undefined : this.#dice.pick(views)
	}

	#cancel(): void {
		const task = this.#some()
		if (task === undefined) return
		const isOver = this.#ended.has(task.id)
		if (this.#ledger.cancel(task.id, BY, "enough").ok === isOver) this.#fault("cancel is not what it should be")
	}

	#change(): void {
		const [task, other] = [this.#some(), this.#some()]
		if (task === undefined || other === undefined) return
		const manifest = this.#ledger.task(task.id)?.manifest
		if (manifest === undefined) return this.#fault("a task has no manifest")
		const changed = { ...manifest, priority: this.#dice.below(2) }
		if (this.#dice.chance(0.5)) this.#ledger.edit(task.id, changed, ALL, BY)
		else this.#ledger.move(task.id, this.#dice.chance(0.7) ? other.id : null, BY)
	}

	#steer(): void {
		const task = this.#some()
		if (task !== undefined) this.#ledger.steer(task.id, `steer ${this.#count++}`, "on", BY)
	}

	#toMachine(side: Side): void {
		if (!side.isLive || !side.machine.isUp) return
		if (side.isKnown) side.machine.proven()
		side.toMachine.shift()?.()
	}

	#toEdge(side: Side): void {
		if (!side.isLive || !side.isOpen) return
		const report = side.toEdge.shift()
		if (report !== undefined) this.#report(side, report)
	}

	#report(side: Side, report: TaskReport): void {
		const { epoch } = side
		this.#calls.push({
			run: () => {
				if (side.told !== epoch) return
				const verdict = this.#ledger.reported(side.machine.id, report)
				this.#past.push({ side, report })
				this.#send(side, epoch, () => side.machine.answered(report.task, report.fence, report.sequence, verdict))
			},
			fail: () => {
				if (side.told === epoch && this.#dice.chance(0.5)) this.#ledger.reported(side.machine.id, report)
			},
		})
	}

	#send(side: Side, epoch: number, message: () => void): void {
		if (side.epoch !== epoch || !side.isLive) return
		side.toMachine.push(() => {
			side.isKnown = true
			side.machine.proven()
			message()
		})
	}

	#runPrograms(): void {
		for (const { machine } of this.#sides) machine.run()
	}

	#call(): void {
		const from = this.#dice.chance(0.15) && this.#effects.length > 0 ? this.#effects : this.#calls
		const call = from.splice(this.#dice.below(from.length), 1)[0]
		if (this.#dice.chance(0.1)) call?.fail()
		else call?.run()
	}

	/** What is on the link is lost from some message on; its object may not know yet. */
	#cut(side: Side): void {
		if (!side.isLive) return
		for (let through = this.#dice.below(3); through > 0; through--) {
			this.#toMachine(side)
			this.#toEdge(side)
		}
		side.isLive = false
		side.toMachine = []
		side.toEdge = []
		if (this.#dice.chance(this.#isHard ? 0.1 : 0.5)) this.#notice(side)
	}

	/** The machine's object finds that the link is gone, and tells the ledger until it is heard. */
	#notice(side: Side): void {
		if (side.isLive || !side.isOpen) return
		side.isOpen = false
		for (const settle of side.asks) settle({ is: "unknown" })
		side.asks.clear()
		const { epoch } = side
		const tell: Call = {
			run: () => this.#ledger.unlinked(side.machine.id, epoch),
			fail: () => {
				if (this.#dice.chance(0.5)) this.#ledger.unlinked(side.machine.id, epoch)
				this.#calls.push(tell)
			},
		}
		this.#calls.push(tell)
	}

	/** The connector, started if it does not run, dials. */
	#link(side: Side): void {
		const { machine } = side
		this.#cut(side)
		if (!machine.isUp) machine.start()
		side.isOpen = false
		for (const settle of side.asks) settle({ is: "unknown" })
		side.asks.clear()
		const epoch = ++side.epoch
		side.isLive = true
		side.isOpen = true
		side.isKnown = false
		const reports = structuredClone(machine.list())
		const info = {
			id: machine.id,
			name: side.name,
			tags: [],
			members: null,
			runtimes: null,
			substrates: null,
			slots: machine.slots,
		}
		const tell: Call = {
			run: () => {
				const verdicts = this.#ledger.linked(info, epoch, reports)
				side.told = Math.max(side.told, epoch)
				for (const { task, fence, verdict } of verdicts) {
					const sequence = reports.find((report) => report.task === task && report.fence === fence)?.sequence ?? 0
					this.#send(side, epoch, () => machine.answered(task, fence, sequence, verdict))
				}
			},
			fail: () => {
				if (this.#dice.chance(0.5)) this.#ledger.linked(info, epoch, reports)
				// While it is the last, it is told until it is heard.
				if (side.epoch === epoch) this.#calls.push(tell)
			},
		}
		this.#calls.push(tell)
	}

	#breakDown(side: Side): void {
		if (this.#dice.chance(0.3)) side.machine.wipe()
		else side.machine.reboot()
		this.#cut(side)
	}

	#evict(): void {
		this.#life++
		this.#effects = []
		this.#ledger = this.#newLedger()
	}

	/** A report arrives again, late. */
	#repeat(): void {
		if (this.#past.length === 0) return
		const { side, report } = this.#dice.pick(this.#past.slice(-4))
		// The call may give a task to a machine beside that.
		const told = () => JSON.stringify([this.store.get(report.task)?.state, this.store.get(report.task)?.events.length])
		const before = told()
		this.#ledger.reported(side.machine.id, report)
		if (told() !== before) this.#fault(`${report.task} heeds a report twice`)
	}

	/** A machine's object has waited long enough for an answer, which may come yet. */
	#timeOut(side: Side): void {
		for (const settle of side.asks) settle({ is: "unknown" })
		side.asks.clear()
	}

	#pass(ms: number): void {
		const late = this.#dice.below(ALARM_LATE_MS)
		for (let left = ms; left > 0; ) {
			const step = Math.min(left, this.#alarmAt === null ? left : Math.max(1, this.#alarmAt + late - this.#now))
			left -= step
			this.#now += step
			for (const { machine, isLive, isKnown } of this.#sides) {
				if (isLive && isKnown && machine.isUp) machine.proven()
				machine.fence()
				machine.run()
			}
			if (this.#alarmAt !== null && this.#alarmAt + late <= this.#now) {
				this.#alarmAt = null
				this.#ledger.alarm()
			}
		}
		this.#checkNotStuck()
	}

	/** Everything comes back and goes well: what is open must come to its end. */
	async #rest(): Promise<void> {
		for (let round = 0; round < 400; round++) {
			for (const side of this.#sides) if (!side.isLive || !side.isOpen || !side.machine.isUp) this.#link(side)
			for (let turn = 0; turn < 12; turn++) {
				for (const call of this.#calls.splice(0)) call.run()
				for (const call of this.#effects.splice(0)) call.run()
				for (const side of this.#sides) {
					while (side.toMachine.length > 0 && side.machine.isUp) this.#toMachine(side)
					side.machine.work()
					while (side.toEdge.length > 0) this.#toEdge(side)
				}
				this.#runPrograms()
				await settled()
			}
			if (this.#isQuiet()) return
			this.#pass(MINUTE)
			await settled()
		}
	}

	#isQuiet(): boolean {
		return (
			this.#ended.size === this.#views.size &&
			this.#calls.length + this.#effects.length === 0 &&
			this.store.open().length + this.store.effects().length === 0 &&
			this.#sides.every(({ machine }) => machine.programs.size === 0 && machine.kept.size === 0)
		)
	}

	// The objects.

	#side(index: number): Side {
		const dice = this.#dice
		const rate = dice.pick([0.995, 1, 1.005])
		const side: Side = {
			...{ name: `box-${index}`, rate, epoch: 0, isLive: false, isOpen: false, told: 0, isKnown: false },
			...{ toMachine: [], toEdge: [], asks: new Set() },
			machine: new SimulatedMachine(newMachineId() as MachineId, dice.between(1, 2), {
				dice,
				hangs: this.#isHard ? 0.5 : 0.08,
				clock: () => this.#now * rate,
				send: (report) => {
					if (side.isLive && side.machine.isUp) side.toEdge.push(structuredClone(report))
				},
				started: (machine, kept) => this.#checkStarted(machine, kept),
				did: (machine, task, fence) => this.#checkDid(machine, task, fence),
				typed: (_, task, fence, id) => this.#checkTyped(task, fence, id),
			}),
		}
		return side
	}

	#newLedger(): Ledger {
		const life = this.#life
		const isAlive = () => life === this.#life
		const ask = (id: MachineId, epoch: number, go: (machine: SimulatedMachine) => MachineOutcome) => {
			const side = this.#sides.find(({ machine }) => machine.id === id)
			if (side === undefined || side.epoch !== epoch || !side.isOpen) return Promise.resolve({ is: "away" } as const)
			return new Promise<MachineOutcome>((resolve) => {
				const settle = (outcome: MachineOutcome) => {
					side.asks.delete(settle)
					if (isAlive()) resolve(outcome)
				}
				side.asks.add(settle)
				this.#send(side, epoch, () => {
					const outcome = go(side.machine)
					// The answer goes back on the link, which may be cut before it arrives.
					if (this.#dice.chance(0.85)) settle(outcome)
				})
			})
		}
		return new this.#Core({
			store: this.store,
			now: () => this.#now,
			wakeAt: (time) => {
				if (isAlive()) this.#alarmAt = Math.min(this.#alarmAt ?? time, time)
			},
			limits: () => ({ atOnce: 10, queued: 100 }),
			machines: {
				take: (id, epoch, { task, fence, awayMs }) => ask(id, epoch, (machine) => machine.take(task, fence, awayMs)),
				stop: (id, epoch, { task, fence }) =>
					ask(id, epoch, (machine) => {
						machine.stop(task, fence)
						return { is: "done" }
					}),
				steer: (id, epoch, of) => ask(id, epoch, (machine) => machine.steer(of.task, of.fence, of.id)),
				cut: (id) => {
					const side = this.#sides.find(({ machine }) => machine.id === id)
					if (side === undefined) return
					this.#cut(side)
					this.#notice(side)
				},
			},
			perform: ({ id }) =>
				new Promise((resolve) =>
					this.#effects.push({
						run: () => {
							this.#performed.set(id, (this.#performed.get(id) ?? 0) + 1)
							if (isAlive()) resolve({ is: "done", further: [] })
						},
						fail: () => isAlive() && resolve({ is: "again", reason: "away" }),
					}),
				),
			changed: (tasks) => {
				for (const task of tasks) this.#checkChanged(task)
			},
			failed: (what, error) => this.#fault(`${what}: ${error}`),
		})
	}

	// What must hold.

	#fault(fault: string): void {
		if (!this.#faults.includes(fault)) this.#faults.push(fault)
	}

	/** An attempt's program starts once. */
	#checkStarted(machine: SimulatedMachine, { task, fence }: Kept): void {
		const name = `${task} ${fence}`
		this.#starts.set(name, (this.#starts.get(name) ?? 0) + 1)
		if ((this.#starts.get(name) ?? 0) > 1) this.#fault(`${name} is started twice`)
		if ((this.#latest.get(task) ?? 0) > fence) this.#fault(`${name} is started after a later attempt`)
		this.#latest.set(task, Math.max(this.#latest.get(task) ?? 0, fence))
		// Of one key, one runs at once: but where a connector that is dead cannot stop its own.
		const key = this.#keyOf(task)
		for (const side of this.#sides) {
			if (!side.machine.isUp) continue
			for (const other of side.machine.programs.values()) {
				if (other.task === task && other.fence === fence) continue
				if (other.task === task) this.#fault(`${name} runs beside attempt ${other.fence} on ${machine.id}`)
				else if (
					key !== null &&
					this.#keyOf(other.task) === key &&
					!side.machine.kept.get(`${other.task} ${other.fence}`)?.isEnded
				)
					this.#fault(`${name} runs beside another of its key`)
			}
		}
	}

	#keyOf(task: TaskId): string | null {
		return this.store.get(task)?.terms.concurrency?.key ?? null
	}

	/** Nothing is done by an old attempt once a later one has begun, unless its connector is dead. */
	#checkDid(machine: SimulatedMachine, task: TaskId, fence: number): void {
		if (machine.isUp && (this.#latest.get(task) ?? 0) > fence)
			this.#fault(`${task} ${fence} acts after a later attempt`)
	}

	#checkTyped(task: TaskId, fence: number, id: string): void {
		this.#steered.set(id, (this.#steered.get(id) ?? 0) + 1)
		if ((this.#steered.get(id) ?? 0) > 1) this.#fault(`${id} is typed twice`)
		if ((this.#latest.get(task) ?? 0) > fence) this.#fault(`${id} is typed into an old attempt`)
	}

	/** Ends are final, and each change is an event. */
	#checkChanged(task: TaskView): void {
		const { id, state, events, owner } = task
		const before = this.#views.get(id)
		this.#views.set(id, task)
		const end = this.#ended.get(id)
		const course = events.filter(({ is }) => is !== "untold")
		const now = JSON.stringify([state, task.attempt, task.artifacts, course.length])
		if (end !== undefined && end !== now) this.#fault(`${id} was ${end}, and is ${now}`)
		const isOver = (ENDS as readonly string[]).includes(state.is)
		if (isOver) this.#ended.set(id, now)
		if (isOver !== (owner === null) || isOver !== (state.deadline === null))
			this.#fault(`${id} is ${state.is} with the owner ${owner?.is} and the deadline ${state.deadline}`)
		const last = events.findLast(({ is }) => !["edited", "moved", "steered", "retried", "untold"].includes(is))
		if (last?.is !== state.is || last.at !== state.since) this.#fault(`${id} is ${state.is}, and no event says so`)
		if (before !== undefined && task.attempt < before.attempt) this.#fault(`${id} goes back to attempt ${task.attempt}`)
		if (state.is === "succeeded") this.#succeeded.add(`${id} ${task.attempt}`)
	}

	/** No state lasts longer than its limit and two leases. */
	#checkNotStuck(): void {
		for (const { id, state } of this.store.open()) {
			const limit = LIMITS_MS[state.is]
			if (limit === undefined) continue
			const most = limit + 2 * LEASE_MS + 2 * ALARM_LATE_MS
			if (this.#now - state.since > most) this.#fault(`${id} is ${state.is} for more than ${most} ms`)
		}
	}

	#checkEnd(): void {
		for (const { id } of this.#submissions) if (!this.#views.has(id)) this.#fault(`${id} was never told of`)
		for (const { id, state } of this.#views.values())
			if (!this.#ended.has(id)) this.#fault(`${id} is ${state.is} still: ${state.reason}`)
		if (this.#faults.length > 0) return
		for (const name of this.#succeeded)
			if (this.#starts.get(name) !== 1) this.#fault(`${name} succeeded, and never ran`)
		for (const { machine } of this.#sides)
			if (machine.kept.size > 0) this.#fault(`${machine.id} is not told to forget ${[...machine.kept.keys()]}`)
			else if (machine.programs.size > 0) this.#fault(`${[...machine.programs.keys()]} runs on, and its task is over`)
		this.#checkFollowing()
	}

	/** What follows of an end has begun once. */
	#checkFollowing(): void {
		for (const task of this.#views.values()) {
			const manifest = this.store.manifest(task.id)
			const { is } = task.state
			const follows = is === "cancelled" ? [] : is === "succeeded" ? manifest?.onSuccess : manifest?.onFailure
			const wanted = (follows ?? []).filter((follow) => follow.is === "task").length
			const made = [...this.#views.values()].filter(({ from }) => from.is === "task" && from.id === task.id).length
			if (made !== wanted) this.#fault(`${made} tasks follow ${task.id}, not ${wanted}`)
			const told = [...this.#performed.keys()].filter((id) => id.startsWith(`${task.id}/`)).length
			if (told !== wanted) this.#fault(`${told} are told of ${task.id}, not ${wanted}`)
		}
	}
}

/** Promises that are settled have gone on. */
async function settled(): Promise<void> {
	for (let turn = 0; turn < 8; turn++) await undefined
}
