// The pseudo-terminal and its program: no byte of output lost at the end, no byte of input lost or written twice.
import * as fs from "node:fs"
import { constants } from "node:os"
import { spawn } from "@lydell/node-pty"
import { INPUT_QUEUE_BYTES } from "../../protocol/limits.ts"
import type { Execution } from "./wire.ts"

interface Handlers {
	/** The memory of `bytes` is not used again. */
	onData(bytes: Uint8Array): void
	/** Once, after the last byte of output. The name of the signal that ended it, or the exit code. */
	onExit(code: number | null, signal: string | null): void
}

/** What the library keeps to itself; the version is pinned. */
interface Inside {
	readonly fd: number
	readonly ptsName: string
	readonly _socket: { destroy(): void; isPaused(): boolean }
}

/** A program whose output was quiet for this long after its end has said all. */
const QUIET_MS = 40
/** Programs that it left in the background may write for ever; they get this long. */
const DRAIN_MS = 1_000
/** A program that does not read is asked again at growing intervals, so that it costs nothing. */
const RETRY_MIN_MS = 2
const RETRY_MAX_MS = 100

export class Pty {
	readonly pid: number
	readonly #fd: number
	readonly #pty: ReturnType<typeof spawn>
	/** Not yet taken by the terminal, oldest first. */
	#queue: { bytes: Uint8Array; written: () => void }[] = []
	#queued = 0
	#retry: NodeJS.Timeout | undefined
	#retryMs = RETRY_MIN_MS
	#isOver = false

	/** Throws when the program cannot be executed. */
	constructor(execution: Execution, handlers: Handlers) {
		const { program, arguments: args, cwd, environment: env, cols, rows } = execution
		this.#pty = spawn(program, args, { name: "xterm-256color", cols, rows, cwd, env, encoding: null })
		this.pid = this.#pty.pid
		const inside = this.#pty as unknown as Inside
		this.#fd = inside.fd
		let lastDataAt = 0
		// Bytes, since the encoding is null; the library's types know only text.
		this.#pty.onData((data) => {
			lastDataAt = Date.now()
			handlers.onData(data as unknown as Uint8Array)
		})
		this.#pty.onExit(({ exitCode, signal }) => {
			this.#isOver = true
			clearTimeout(this.#retry)
			handlers.onExit(signal ? null : exitCode, signal ? signalName(signal) : null)
		})
		this.#keepTail(inside, () => lastDataAt)
	}

	/** Queued and not yet taken. */
	get hasRoom(): boolean {
		return this.#queued < INPUT_QUEUE_BYTES
	}

	/** Calls back when the terminal has taken the last of `bytes`. */
	write(bytes: Uint8Array, written: () => void): void {
		this.#queue.push({ bytes, written })
		this.#queued += bytes.length
		if (this.#queue.length === 1) this.#flush()
	}

	resize(cols: number, rows: number): void {
		if (!this.#isOver) this.#pty.resize(cols, rows)
	}

	/**
	 * The library closes the terminal soon after its program has ended, and what has not been read by then is lost. While
	 * a descriptor of the other side is open nothing is, so it is held until all has been read.
	 */
	#keepTail(inside: Inside, lastDataAt: () => number): void {
		const slave = fs.openSync(inside.ptsName, fs.constants.O_RDWR | fs.constants.O_NOCTTY)
		const destroy = inside._socket.destroy.bind(inside._socket)
		let endsAt: number | null = null
		const drain = () => {
			endsAt ??= Date.now() + DRAIN_MS
			const now = Date.now()
			if (now - lastDataAt() < QUIET_MS && now < endsAt) return void setTimeout(drain, QUIET_MS)
			fs.closeSync(slave)
			destroy()
		}
		inside._socket.destroy = () => {
			if (endsAt === null) drain()
		}
	}

	#flush(): void {
		for (let first = this.#queue[0]; first !== undefined && !this.#isOver; first = this.#queue[0]) {
			let count = 0
			try {
				count = fs.writeSync(this.#fd, first.bytes)
			} catch (error) {
				if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) {
					// The terminal has closed; its end is told by onExit, and what is left was never taken.
					this.#queue = []
					return
				}
			}
			this.#queued -= count
			if (count < first.bytes.length) {
				first.bytes = first.bytes.subarray(count)
				this.#retryMs = count > 0 ? RETRY_MIN_MS : Math.min(RETRY_MAX_MS, this.#retryMs * 2)
				this.#retry = setTimeout(() => this.#flush(), this.#retryMs)
				return
			}
			this.#retryMs = RETRY_MIN_MS
			this.#queue.shift()
			first.written()
		}
	}
}

function signalName(number: number): string {
	return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`
}
