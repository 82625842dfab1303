// Attempts of tasks on a machine with real sessions, and a ledger of a few lines that writes down what it is told.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { bootId } from "../../connector/boot.ts"
import { Machine } from "../../connector/machine.ts"
import type { World } from "../../connector/tasks/attempt.ts"
import { Attempts } from "../../connector/tasks/attempts.ts"
import { Assignment } from "../../connector/tasks/kept.ts"
import { CLOCK, type Ledger, type TaskSecrets } from "../../connector/tasks/ports.ts"
import { Refusal } from "../../protocol/errors.ts"
import { newTaskId } from "../../protocol/ids.ts"
import { Manifest } from "../../protocol/task.ts"
import type { TaskReport as Report, Verdict } from "../../protocol/task-report.ts"
import { processesOver } from "./home.ts"
import { nobody } from "./home-calls.ts"

function isEnd(is: Report["is"]): boolean {
	return ["succeeded", "failed", "timed-out", "lost"].includes(is)
}

export class Told implements Ledger {
	readonly reports: Report[] = []
	/** What a report is answered; a throw is an answer that does not come. */
	answer: (report: Report) => Verdict = ({ is }) => (isEnd(is) ? "forget" : "go-on")
	values: Record<string, string> = {}
	bound: TaskSecrets["bound"] = []
	readonly uploads = new Map<string, Buffer>()
	#heard: (() => void)[] = []

	async report(report: Report): Promise<Verdict> {
		const answer = this.answer(report)
		this.reports.push(structuredClone(report))
		for (const heard of this.#heard.splice(0)) heard()
		return answer
	}

	async secrets(): Promise<TaskSecrets> {
		return { secrets: this.values, bound: this.bound }
	}

	async *#parts(bytes: Buffer): AsyncIterable<Uint8Array> {
		for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000)
	}

	async upload(_of: unknown, id: string): Promise<AsyncIterable<Uint8Array>> {
		const bytes = this.uploads.get(id)
		if (bytes === undefined) throw new Refusal("not_found")
		return this.#parts(bytes)
	}

	/** That it was given to keep, by their hashes; and whether it does. */
	readonly artifacts = new Map<string, string>()
	keeps = false

	async artifact(_of: unknown, hash: string, file: string): Promise<boolean> {
		this.artifacts.set(hash, readFileSync(file, "utf8"))
		return this.keeps
	}

	async until(is: Report["is"]): Promise<Report> {
		for (;;) {
			const found = this.reports.find((report) => report.is === is)
			if (found !== undefined) return found
			const over = this.reports.find(({ is }) => isEnd(is))
			if (over !== undefined) throw new Error(`It is over: ${over.is}: ${over.reason}`)
			await new Promise<void>((resolve) => this.#heard.push(resolve))
		}
	}

	/** How it ended. */
	async end(): Promise<Report> {
		for (;;) {
			const over = this.reports.find(({ is }) => isEnd(is))
			if (over !== undefined) return over
			await new Promise<void>((resolve) => this.#heard.push(resolve))
		}
	}
}

export function taskFolder(): string {
	const dataDir = mkdtempSync(join(tmpdir(), "homeport-task-"))
	onTestFinished(() => {
		for (const pid of processesOver(dataDir)) process.kill(pid, "SIGKILL")
		rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
	})
	return dataDir
}

export async function taskMachine(more: Partial<World> = {}, dataDir = taskFolder()) {
	const ledger = new Told()
	const logged: string[] = []
	const log = (line: string) => void logged.push(line)
	const machine = await Machine.open({ dataDir, log, home: nobody() })
	const clock = { ...CLOCK, boot: bootId() }
	const attempts = await Attempts.open({ dataDir, sessions: machine.forAttempts, ledger, clock, log, ...more })
	onTestFinished(() => attempts.close())
	const run = async (manifest: object) => {
		const given = assignment(manifest)
		await attempts.take(given)
		return given
	}
	return { dataDir, machine, attempts, ledger, logged, run }
}

/** A task of the runtime custom on the host itself, if nothing else is said. */
export function assignment(manifest: object, fence = 1, task = newTaskId()): Assignment {
	return Assignment.parse({
		...{ task, fence, awayMs: 600_000 },
		manifest: Manifest.parse({ name: "mend it", runtime: "custom", substrate: "host", ...manifest }),
	})
}

/** A shell script as the whole command. */
export function script(text: string): { runtime: string; argv: string[] } {
	return { runtime: "custom", argv: ["sh", "-c", text] }
}
