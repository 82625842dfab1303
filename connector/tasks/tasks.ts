// Tasks on this machine, as the edge speaks of them: how many run at once, what is taken and ended, and what is told of it all.
import { open } from "node:fs/promises"
import type { Answered, Ask, Asked } from "../../protocol/ask.ts"
import { never, Refusal } from "../../protocol/errors.ts"
import { FILE_CHUNK_BYTES } from "../../protocol/limits.ts"
import type { FromConnector, ToConnector } from "../../protocol/messages.ts"
import type { TaskStanding } from "../../protocol/task-report.ts"
import type { HomeCalls } from "../home-calls.ts"
import { runtimesHere } from "../runtimes.ts"
import { changeSettings, taskSlots } from "../settings.ts"
import type { Tried } from "../substrates/tried.ts"
import { Attempts } from "./attempts.ts"
import { sentence } from "./failed.ts"
import { sessionOf } from "./kept.ts"
import { Line } from "./line.ts"
import { CLOCK, type Ledger, type Sessions } from "./ports.ts"

/** The questions that are answered here. */
export const ABOUT_TASKS = [
	"takeTask",
	"stopTask",
	"steerTask",
	"readArtifact",
	"clearArtifacts",
	"configureTasks",
] as const satisfies Ask[]
export type AboutTasks = (typeof ABOUT_TASKS)[number]

interface Options {
	dataDir: string
	sessions: Sessions
	home: HomeCalls
	tried: Tried
	/** Which start of the system this is. */
	boot: string
	log: (line: string) => void
}

type Tell = (message: FromConnector) => void

export class Tasks {
	readonly #options: Options
	readonly #line: Line
	readonly #attempts: Attempts
	#tell: Tell | null = null
	/** The ledger has said something on this link, and so knows of it: until then its leases may run out. */
	#isKnown = false
	/** What was told last on this link of what it can run. */
	#told = ""

	private constructor(options: Options, line: Line, attempts: Attempts) {
		this.#options = options
		this.#line = line
		this.#attempts = attempts
	}

	/** Once the machine has taken up its sessions: attempts that were under way go on at once. */
	static async open(options: Options): Promise<Tasks> {
		const { dataDir, sessions, home, boot, log } = options
		const line = new Line((of) => attempts.void(of))
		const ledger: Ledger = {
			report: (report) => line.report(report),
			secrets: (of) => home.taskSecrets(of, sessionOf(of)),
			upload: (of, id) => home.taskInput(of, id),
			artifact: (of, hash, file, signal) => home.keepArtifact(of, hash, file, signal),
		}
		const attempts = await Attempts.open({ dataDir, sessions, ledger, clock: { ...CLOCK, boot }, log })
		return new Tasks(options, line, attempts)
	}

	linked(tell: Tell): void {
		this.#tell = tell
		this.#greet(tell).catch((error: unknown) => this.#options.log(sentence(error)))
	}

	unlinked(): void {
		this.#tell = null
		this.#isKnown = false
		this.#line.unlinked()
	}

	/** The home was heard. */
	heard(): void {
		if (this.#isKnown) this.#attempts.proven()
	}

	verdict(message: Extract<ToConnector, { type: "verdict" }>): void {
		this.#known()
		this.#line.verdict(message)
	}

	/** What it can run may be another: tells that where it is. */
	async changed(): Promise<void> {
		const tell = this.#tell
		if (tell === null || this.#told === "") return
		const can = await this.#can()
		if (this.#tell !== tell || this.#told === JSON.stringify(can)) return
		this.#told = JSON.stringify(can)
		tell({ type: "tasks", ...can, reports: this.#attempts.standing() })
	}

	async answer<A extends AboutTasks>(ask: A, of: Asked<A>): Promise<Answered<AboutTasks>> {
		const asked = { ask, of } as { [K in AboutTasks]: { ask: K; of: Asked<K> } }[AboutTasks]
		switch (asked.ask) {
			case "takeTask":
				this.#known()
				await this.#take(asked.of)
				return {}
			case "stopTask":
				await this.#attempts.stop(asked.of)
				return {}
			case "steerTask":
				await this.#attempts.steer(asked.of)
				return {}
			case "readArtifact":
				return this.#read(asked.of)
			case "clearArtifacts":
				await this.#attempts.clear(asked.of)
				return {}
			case "configureTasks":
				await changeSettings(this.#options.dataDir, { taskSlots: asked.of.slots })
				await this.changed()
				return {}
			default:
				never(asked)
		}
	}

	/** This process does no more for them. */
	close(): Promise<void> {
		return this.#attempts.close()
	}

	/** Everything that the ledger compares is told first, then what it has not heard of. */
	async #greet(tell: Tell): Promise<void> {
		this.#told = ""
		const can = await this.#can()
		if (this.#tell !== tell) return
		this.#told = JSON.stringify(can)
		const reports = this.#attempts.standing()
		tell({ type: "tasks", ...can, reports })
		this.#line.linked(tell, reports)
		this.#attempts.again()
		// What it can run is known in full when everything was tried.
		await this.#options.tried.settled()
		await this.changed()
	}

	async #can(): Promise<Omit<TaskStanding, "reports">> {
		const { dataDir, tried } = this.#options
		const [slots, runtimes] = await Promise.all([
			taskSlots(dataDir),
			runtimesHere(dataDir).catch((error: unknown) => {
				this.#options.log(sentence(error))
				return []
			}),
		])
		const substrates = tried.all().flatMap(({ is, substrate }) => (is === "ready" ? [substrate] : []))
		return { slots, runtimes, substrates }
	}

	async #take(of: Asked<"takeTask">): Promise<void> {
		const slots = await taskSlots(this.#options.dataDir)
		if (!this.#attempts.has(of) && this.#attempts.busy(of.task) >= slots)
			throw new Refusal("too_many", `This machine runs ${slots} tasks at once.`)
		if (!(await this.#attempts.take(of)))
			throw new Refusal("request_gone", "Another attempt of this task has taken its place.")
	}

	#known(): void {
		this.#isKnown = this.#tell !== null
		this.heard()
	}

	async #read({ hash, from, ...of }: Asked<"readArtifact">): Promise<Answered<"readArtifact">> {
		const path = this.#attempts.get(of)?.artifact(hash) ?? null
		if (path === null) throw new Refusal("not_found")
		const file = await open(path)
		try {
			const { size } = await file.stat()
			const part = Buffer.alloc(Math.max(0, Math.min(FILE_CHUNK_BYTES, size - from)))
			const { bytesRead } = await file.read(part, 0, part.length, from)
			return { base64: part.toString("base64", 0, bytesRead), size }
		} finally {
			await file.close()
		}
	}
}
