// All attempts on this machine: what the ledger gives is taken once, and what a connector before this one began goes on.
import { mkdir, readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import type { TaskId } from "../../protocol/ids.ts"
import { Attempt, type World } from "./attempt.ts"
import { sentence } from "./failed.ts"
import { type Assignment, attemptFolder, attemptsFolder, newKept, readKept } from "./kept.ts"

/** An attempt as it stands, for what the machine says when it is linked. */
export interface Standing {
	task: TaskId
	fence: number
	is: Attempt["kept"]["is"]
	/** The newest that it has told, or is to tell. */
	sequence: number
}

export class Attempts {
	readonly #world: World
	readonly #attempts = new Map<string, Attempt>()
	readonly #taking = new Map<string, Promise<Attempt>>()

	private constructor(world: World) {
		this.#world = world
	}

	/** Once the machine has taken up its sessions. Everything that is not over goes on at once. */
	static async open(world: World): Promise<Attempts> {
		const attempts = new Attempts(world)
		const folder = attemptsFolder(world.dataDir)
		await mkdir(folder, { recursive: true, mode: 0o700 })
		for (const name of await readdir(folder)) {
			try {
				const kept = await readKept(join(folder, name))
				// Without a file it was never taken: nobody was told that it was.
				if (kept === undefined) await rm(join(folder, name), { recursive: true, force: true })
				else attempts.#go(new Attempt(kept, world))
			} catch (error) {
				world.log(`${name}: ${sentence(error)}`)
			}
		}
		return attempts
	}

	/**
	 * Idempotent: resolves when it is kept, and so will be done, whatever happens. An older attempt of the same task is void by
	 * that. Answers false for one that is older itself.
	 */
	async take(assignment: Assignment): Promise<boolean> {
		const key = keyOf(assignment)
		if (this.#attempts.has(key)) return true
		if (this.#of(assignment.task).some(({ kept }) => kept.assignment.fence > assignment.fence)) return false
		for (const older of this.#of(assignment.task)) older.void()
		const taking = this.#taking.get(key) ?? this.#take(key, assignment)
		this.#taking.set(key, taking)
		try {
			await taking
			return true
		} finally {
			this.#taking.delete(key)
		}
	}

	standing(): Standing[] {
		return [...this.#attempts.values()]
			.filter(({ kept }) => !kept.isVoid && (kept.step !== "over" || kept.reports.length > 0))
			.map(({ kept: { assignment, is, sequence } }) => ({
				...{ task: assignment.task, fence: assignment.fence, is, sequence },
			}))
	}

	get(of: Pick<Assignment, "task" | "fence">): Attempt | undefined {
		return this.#attempts.get(keyOf(of))
	}

	async cancel(of: Pick<Assignment, "task" | "fence">, reason: string): Promise<void> {
		await this.get(of)?.cancel(reason)
	}

	/** Every attempt of the task up to this one counts no more. */
	void({ task, fence }: Pick<Assignment, "task" | "fence">): void {
		for (const attempt of this.#of(task)) if (attempt.kept.assignment.fence <= fence) attempt.void()
	}

	/** The link is back. */
	again(): void {
		for (const attempt of this.#attempts.values()) attempt.again()
	}

	/** The ledger has all that it wants of one that is over: its artifacts go. Its session stays until it is removed. */
	async forget(of: Pick<Assignment, "task" | "fence">): Promise<boolean> {
		const attempt = this.get(of)
		if (attempt === undefined) return true
		if (attempt.kept.step !== "over") return false
		await attempt.run()
		await attempt.close()
		await rm(attemptFolder(this.#world.dataDir, of), { recursive: true, force: true })
		this.#attempts.delete(keyOf(of))
		return true
	}

	async close(): Promise<void> {
		await Promise.all([...this.#attempts.values()].map((attempt) => attempt.close()))
	}

	async #take(key: string, assignment: Assignment): Promise<Attempt> {
		const kept = newKept(assignment, this.#world.clock.boot)
		const attempt = new Attempt(kept, this.#world)
		await attempt.keep()
		this.#attempts.set(key, attempt)
		this.#go(attempt)
		return attempt
	}

	#go(attempt: Attempt): void {
		this.#attempts.set(keyOf(attempt.kept.assignment), attempt)
		void attempt.run()
	}

	#of(task: TaskId): Attempt[] {
		return [...this.#attempts.values()].filter(({ kept }) => kept.assignment.task === task)
	}
}

function keyOf({ task, fence }: Pick<Assignment, "task" | "fence">): string {
	return `${task}-${fence}`
}
