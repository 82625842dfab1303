// A child process that is started again whenever it dies, until it is stopped.
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, fstatSync, ftruncateSync, openSync } from "node:fs"
import { privately } from "../private-file.ts"

interface Options {
	program: string
	arguments: string[]
	/** Where its standard output and error go. */
	log: string
	/** Gives the child a channel that closes when this process dies, so that it can end too. */
	channel: boolean
	/** Whether the files that it makes are its owner's only, and not as the person's file mask says. */
	isPrivate?: boolean
	environment?: Record<string, string>
	/** Called for each process that has been started. */
	started: (pid: number) => void
	/** The exit code that says that starting it again would change nothing. */
	final?: number
	/** Called when a process died without being asked to. */
	died: (how: string, isFinal: boolean) => void
}

/** A child that lived this long was healthy: the next one is started at once. */
const HEALTHY_MS = 10_000
const AGAIN_MIN_MS = 100
const AGAIN_MAX_MS = 5_000
/** Logs begin anew at this size; they are for the present, not for the record. */
const LOG_BYTES = 4 * 1024 * 1024

export class Child {
	readonly #options: Options
	#process: ChildProcess | undefined
	#again: ReturnType<typeof setTimeout> | undefined
	#wait = 0
	#stopping = false

	constructor(options: Options) {
		this.#options = options
		this.#start()
	}

	get pid(): number | undefined {
		return this.#process?.pid
	}

	/** Asks it to end, makes it after `grace` milliseconds, and waits until it has. */
	async stop(grace: number): Promise<void> {
		this.#stopping = true
		clearTimeout(this.#again)
		const child = this.#process
		if (child === undefined) return
		const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
		child.kill("SIGTERM")
		const kill = setTimeout(() => child.kill("SIGKILL"), grace)
		await ended
		clearTimeout(kill)
	}

	#start(): void {
		const { program, log, channel, isPrivate, environment } = this.#options
		const output = openLog(log)
		const startedAt = Date.now()
		// In a session of its own: Ctrl-C reaches this process only, which then stops its children in order.
		const start = () =>
			spawn(program, this.#options.arguments, {
				detached: true,
				stdio: ["ignore", output, output, ...(channel ? (["ipc"] as const) : [])],
				env: { ...process.env, ...environment },
			})
		const child = isPrivate ? privately(start) : start()
		closeSync(output)
		this.#process = child
		const over = (how: string, isFinal = false) => {
			if (this.#process !== child) return
			this.#process = undefined
			if (this.#stopping) return
			this.#options.died(how, isFinal)
			if (isFinal) return
			this.#wait = Date.now() - startedAt > HEALTHY_MS ? 0 : Math.min(AGAIN_MAX_MS, this.#wait * 2 || AGAIN_MIN_MS)
			this.#again = setTimeout(() => this.#start(), this.#wait)
		}
		child.once("error", (error) => over(error.message))
		child.once("exit", (code, signal) =>
			over(signal ?? `exit code ${code}`, code !== null && code === this.#options.final),
		)
		if (child.pid !== undefined) this.#options.started(child.pid)
	}
}

function openLog(path: string): number {
	const file = openSync(path, "a", 0o600)
	if (fstatSync(file).size > LOG_BYTES) ftruncateSync(file)
	return file
}
