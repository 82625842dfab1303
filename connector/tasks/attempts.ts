// All attempts on this machine: what the ledger gives is taken once, and what a connector before this one began goes on.
import { mkdir, readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import type { Asked } from "../../protocol/ask.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { TaskId } from "../../protocol/ids.ts"
import type { TaskReport } from "../../protocol/task-report.ts"
import { Attempt, type World } from "./attempt.ts"
import { sentence } from "./failed.ts"
import { type Assignment, attemptFolder, attemptsFolder, newKept, readKept } from "./kept.ts"
import { Proof } from "./proof.ts"
import { Tidy } from "./tidy.ts"

export class Attempts {
	readonly #world: World
	readonly #attempts = new Map<string, Attempt>()
	readonly #tidy: Tidy
	readonly #taking = new Map<string, Promise<Attempt>>()
	/** The newest attempt of a task that was stopped here: a question to take it that comes late is too late. */
	readonly #stopped = new Map<TaskId, number>()

	private constructor(world: World) {
		this.#world = world
		const { sessions, log, dataDir } = world
		this.#tidy = new Tidy({
			...{ sessions, log, now: Date.now },
			forget: async ({ kept: { assignment } }) => {
				await rm(attemptFolder(dataDir, assignment), { recursive: true, force: true })
				this.#attempts.delete(keyOf(assignment))
			},
		})
	}

	/** Once the machine has taken up its sessions. Everything that is not over goes on at once. */
	static async open(opened: Omit<World, "proof">): Promise<Attempts> {
		const folder = attemptsFolder(opened.dataDir)
		await mkdir(folder, { recursive: true, mode: 0o700 })
		const world = { ...opened, proof: await Proof.open(folder, opened.clock) }
		const attempts = new Attempts(world)
		for (const name of await readdir(folder)) {
			if (!name.startsWith("tsk_")) continue
			try {
				const kept = await readKept(join(folder, name))
				// Without a file it was never taken: nobody was told that it was.
				if (kept === undefined) await rm(join(folder, name), { recursive: true, force: true })
				else attempts.#go(new Attempt(kept, world))
			} catch (error) {
				world.log(`${name}: ${sentence(error)}`)
			}
		}
		attempts.#tidyUp()
		return attempts
	}

	/**
	 * Idempotent: resolves when it is kept, and so will be done, whatever happens. An earlier attempt of the same task is void by
	 * that, and nothing of it runs any more then. Answers false for one that is earlier itself.
	 */
	async take(assignment: Assignment): Promise<boolean> {
		const key = keyOf(assignment)
		if (this.#attempts.has(key)) return true
		if (this.#of(assignment.task).some(({ kept }) => kept.assignment.fence > assignment.fence)) return false
		if ((this.#stopped.get(assignment.task) ?? 0) >= assignment.fence) return false
		const taking = this.#taking.get(key) ?? this.#take(key, assignment)
		this.#taking.set(key, taking)
		try {
			await taking
			return true
		} finally {
			this.#taking.delete(key)
		}
	}

	/** Ends every attempt of the task up to this one, and takes none of them any more. */
	async stop(of: Pick<Assignment, "task" | "fence">): Promise<void> {
		this.#stopped.set(of.task, Math.max(of.fence, this.#stopped.get(of.task) ?? 0))
		const taking = [...this.#taking].filter(([key]) => key.startsWith(`${of.task}-`)).map(([, taken]) => taken)
		await Promise.allSettled(taking)
		this.void(of)
		const stopped = this.#of(of.task).filter(({ kept }) => kept.assignment.fence <= of.fence && kept.isVoid)
		await Promise.all(stopped.map((attempt) => attempt.run()))
	}

	/** Types words for its program. Throws Refusal. */
	async steer({ id, text, ...of }: Asked<"steerTask">): Promise<void> {
		const attempt = this.get(of)
		if (attempt === undefined) throw new Refusal("not_found")
		await attempt.steer(id, text)
	}

	/** The newest report that the ledger has of each attempt that it may have to know of, or the first that it is to have. */
	standing(): TaskReport[] {
		return [...this.#attempts.values()].flatMap(({ kept }) => {
			const isOver = kept.isForgotten || (kept.isVoid && kept.step === "over")
			const report = kept.last ?? kept.reports[0]
			return isOver || report === undefined ? [] : [report]
		})
	}

	has(of: Pick<Assignment, "task" | "fence">): boolean {
		return this.#attempts.has(keyOf(of))
	}

	/** How many are under way, but for those of one task, whose next attempt takes their place. */
	busy(but: TaskId): number {
		const under = [...this.#attempts].filter(([, { kept }]) => kept.step !== "over").map(([key]) => key)
		return [...new Set([...under, ...this.#taking.keys()])].filter((key) => !key.startsWith(`${but}-`)).length
	}

	get(of: Pick<Assignment, "task" | "fence">): Attempt | undefined {
		return this.#attempts.get(keyOf(of))
	}

	/** Every attempt of the task up to this one counts no more. */
	void({ task, fence }: Pick<Assignment, "task" | "fence">): void {
		for (const attempt of this.#of(task)) if (attempt.kept.assignment.fence <= fence) attempt.void()
	}

	/** The link is back. */
	again(): void {
		for (const attempt of this.#attempts.values()) attempt.again()
	}

	/** Nobody wants the artifacts of one that is over any more. Its session stays until it is removed. */
	async clear(of: Pick<Assignment, "task" | "fence">): Promise<boolean> {
		return (await this.get(of)?.clear()) ?? true
	}

	/** The link was heard. */
	proven(): void {
		this.#world.proof.heard(this.#isBusy)
	}

	async close(): Promise<void> {
		await Promise.all([...this.#attempts.values()].map((attempt) => attempt.close()))
		await this.#world.proof.kept()
	}

	get #isBusy(): boolean {
		for (const { kept } of this.#attempts.values()) if (kept.step !== "over") return true
		return false
	}

	async #take(key: string, assignment: Assignment): Promise<Attempt> {
		const earlier = this.#of(assignment.task)
		for (const attempt of earlier) attempt.void()
		await Promise.all(earlier.map((attempt) => attempt.run()))
		const kept = newKept(assignment, this.#world.clock.boot)
		const attempt = new Attempt(kept, this.#world)
		await this.#world.proof.kept()
		await attempt.keep()
		this.#attempts.set(key, attempt)
		this.#go(attempt)
		return attempt
	}

	#go(attempt: Attempt): void {
		this.#attempts.set(keyOf(attempt.kept.assignment), attempt)
		const isOver = attempt.kept.step === "over"
		void attempt.run().then(() => {
			if (!isOver) this.#tidyUp()
		})
	}

	#tidyUp(): void {
		void this.#tidy.run(this.#attempts.values())
	}

	#of(task: TaskId): Attempt[] {
		return [...this.#attempts.values()].filter(({ kept }) => kept.assignment.task === task)
	}
}

function keyOf({ task, fence }: Pick<Assignment, "task" | "fence">): string {
	return `${task}-${fence}`
}
