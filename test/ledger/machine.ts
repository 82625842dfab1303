// A machine as protocol/task-report.ts says that one behaves: its connector can be killed and its power cut at any step, and
// programs outlive the connector. What must hold of programs is for whoever watches `started` and `did`.
import type { MachineOutcome } from "../../durable-objects/ledger/ledger.ts"
import type { MachineId, TaskId } from "../../protocol/ids.ts"
import type { TaskReport } from "../../protocol/task-report.ts"
import type { Dice } from "../support/dice.ts"

/** One attempt, as it is kept on the machine's disk. */
export interface Kept {
	task: TaskId
	fence: number
	awayMs: number
	/** The last report; null before the first. */
	report: TaskReport | null
	/** The sequence of the last that was answered with go-on. */
	answered: number
	isEnded: boolean
	/** A program that never ends, with a connector that does not notice. */
	hangs: boolean
	/** Taken, and forgotten about: a fault of the machine. */
	isDull: boolean
}

interface Host {
	dice: Dice
	/** How often a program never ends. */
	hangs: number
	/** By the machine's own clock that counts sleep, which runs at its own rate. */
	clock: () => number
	/** Sends on the link, if there is one. */
	send: (report: TaskReport) => void
	started: (machine: SimulatedMachine, of: Kept) => void
	did: (machine: SimulatedMachine, task: TaskId, fence: number) => void
	typed: (machine: SimulatedMachine, task: TaskId, fence: number, id: string) => void
}

export class SimulatedMachine {
	readonly id: MachineId
	/** The connector runs. */
	isUp = true
	/** On disk. */
	readonly kept = new Map<string, Kept>()
	readonly #voided = new Map<TaskId, number>()
	readonly #hasRun = new Set<string>()
	readonly #typed = new Set<string>()
	#proof = 0
	/** Programs that run, by attempt: they outlive the connector, and not the machine. */
	readonly programs = new Map<string, { task: TaskId; fence: number }>()
	readonly slots: number
	readonly #host: Host

	constructor(id: MachineId, slots: number, host: Host) {
		this.id = id
		this.slots = slots
		this.#host = host
		this.#proof = host.clock()
	}

	/** Something came on a live link. */
	proven(): void {
		this.#proof = this.#host.clock()
	}

	/** What it tells on a new link. */
	list(): TaskReport[] {
		for (const kept of this.kept.values()) kept.report ??= this.#report(kept, "claimed")
		return [...this.kept.values()].flatMap(({ report }) => report ?? [])
	}

	take(task: TaskId, fence: number, awayMs: number): MachineOutcome {
		const { dice } = this.#host
		if (this.kept.has(`${task} ${fence}`)) return { is: "done" }
		if ((this.#voided.get(task) ?? 0) >= fence) return { is: "refused", isFull: false, reason: "that attempt is void" }
		const live = [...this.kept.values()].filter((kept) => !kept.isEnded && kept.task !== task)
		const isFull = live.length >= this.slots
		if (isFull || dice.chance(0.03)) {
			this.#void(task, fence)
			return { is: "refused", isFull, reason: "cannot" }
		}
		for (const kept of this.kept.values()) if (kept.task === task) this.stop(task, kept.fence)
		this.#void(task, fence - 1)
		const taken: Kept = {
			...{ task, fence, awayMs, report: null, answered: 0, isEnded: false },
			...{ hangs: dice.chance(this.#host.hangs), isDull: dice.chance(0.03) },
		}
		this.kept.set(`${task} ${fence}`, taken)
		return { is: "done" }
	}

	stop(task: TaskId, fence: number): void {
		this.#void(task, fence)
		this.programs.delete(`${task} ${fence}`)
		this.kept.delete(`${task} ${fence}`)
	}

	steer(task: TaskId, fence: number, id: string): MachineOutcome {
		if (!this.programs.has(`${task} ${fence}`)) return { is: "refused", isFull: false, reason: "it does not run" }
		if (!this.#typed.has(id)) this.#host.typed(this, task, fence, id)
		this.#typed.add(id)
		return { is: "done" }
	}

	answered(task: TaskId, fence: number, sequence: number, verdict: string): void {
		const kept = this.kept.get(`${task} ${fence}`)
		if (kept === undefined) return
		if (verdict === "go-on") kept.answered = Math.max(kept.answered, sequence)
		else this.stop(task, fence)
	}

	/** The connector does one thing that it has to do. */
	work(): void {
		if (!this.isUp) return
		this.fence()
		const { dice, send } = this.#host
		const open = [...this.kept.values()].filter(({ isDull }) => !isDull)
		if (open.length === 0) return
		const kept = dice.pick(open)
		// What was not answered is told again.
		if (kept.report !== null && kept.answered < kept.report.sequence && dice.chance(0.4)) return send(kept.report)
		if (!kept.isEnded) this.#goOn(kept)
	}

	#goOn(kept: Kept): void {
		const { dice, started } = this.#host
		const name = `${kept.task} ${kept.fence}`
		switch (kept.report?.is ?? "claimed") {
			case "claimed":
				if (dice.chance(0.05)) return this.#end(kept, "failed", "prepare")
				return this.#tell(kept, "preparing")
			case "preparing":
				if (kept.answered === 0) return
				// The session's id is the attempt's: to start it again finds it there, or gone.
				if (!this.#hasRun.has(name)) {
					this.#hasRun.add(name)
					this.programs.set(name, { task: kept.task, fence: kept.fence })
					started(this, kept)
					// The connector may be killed before it can tell.
					if (dice.chance(0.03)) return this.crash()
				}
				return this.#tell(kept, "running")
			case "running":
			case "waiting":
				if (!this.programs.has(name)) return this.#end(kept, "lost", null)
				if (kept.hangs) return
				if (dice.chance(0.3)) return this.#tell(kept, kept.report?.is === "running" ? "waiting" : "running")
				if (!dice.chance(0.5)) return
				this.programs.delete(name)
				if (dice.chance(0.3)) return this.#end(kept, "failed", "exit")
				return this.#tell(kept, "collecting")
			default:
				return this.#end(kept, dice.chance(0.05) ? "failed" : "succeeded", "collect")
		}
	}

	/** Programs do something that cannot be undone. */
	run(): void {
		for (const { task, fence } of this.programs.values()) this.#host.did(this, task, fence)
	}

	/** Without a link for too long, what it has is given up. */
	fence(): void {
		if (!this.isUp) return
		for (const kept of [...this.kept.values()]) {
			if (kept.isEnded || this.#host.clock() - this.#proof < kept.awayMs) continue
			this.programs.delete(`${kept.task} ${kept.fence}`)
			this.#end(kept, "lost", null)
		}
	}

	crash(): void {
		this.isUp = false
	}

	start(): void {
		this.isUp = true
		this.fence()
	}

	/** Power goes: no program survives. */
	reboot(): void {
		this.programs.clear()
		this.isUp = false
	}

	/** Its disk is new. */
	wipe(): void {
		this.reboot()
		this.kept.clear()
		this.#voided.clear()
	}

	#end(kept: Kept, is: "failed" | "lost" | "succeeded", because: TaskReport["because"]): void {
		kept.isEnded = true
		this.#void(kept.task, kept.fence)
		this.#tell(kept, is, is === "failed" ? because : null)
	}

	#tell(kept: Kept, is: TaskReport["is"], because: TaskReport["because"] = null): void {
		kept.report = this.#report(kept, is, because)
		this.#host.send(kept.report)
	}

	#report({ task, fence, report }: Kept, is: TaskReport["is"], because: TaskReport["because"] = null): TaskReport {
		const sequence = (report?.sequence ?? 0) + 1
		const exitCode = because === "exit" ? 1 : null
		return { task, fence, sequence, is, because, exitCode, reason: "", session: null, artifacts: [], result: null }
	}

	#void(task: TaskId, fence: number): void {
		this.#voided.set(task, Math.max(this.#voided.get(task) ?? 0, fence))
	}
}
