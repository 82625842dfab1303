// The pseudo-terminal and its program: no byte of output lost at the end, no byte of input lost or written twice.
import { spawn } from "node:child_process"
import { accessSync, closeSync, constants, openSync, readSync, statSync, writeSync } from "node:fs"
import * as modules from "node:module"
import { constants as system } from "node:os"
import { dirname, join } from "node:path"
import { ReadStream } from "node:tty"

export interface Program {
	program: string
	arguments: string[]
	cwd: string
	environment: Record<string, string>
	cols: number
	rows: number
}

interface Handlers {
	/** `bytes` is used again afterwards. */
	onOutput(bytes: Uint8Array): void
	/** Once, after the last byte of output: the exit code, or the name of the signal that ended it. */
	onExit(code: number | null, signal: string | null): void
}

/** What is read in one turn of the event loop; a turn takes some 2 ms then, and typing waits no longer. */
const TURN_BYTES = 64 * 1024
const STTY_ENVIRONMENT = { PATH: "/usr/bin:/bin:/run/current-system/sw/bin", LC_ALL: "C" }
/** The kernel hands out at most this in one read. */
const READ_BYTES = 64 * 1024
/** Programs that were left in the background may go on writing: the end comes when they pause this long … */
const QUIET_MS = 40
/** … or after this. */
const DRAIN_MS = 1_000

export class Pty {
	readonly pid: number
	readonly #fd: number
	readonly #handlers: Handlers
	readonly #output: ReadStream
	/**
	 * The other side, held open: a terminal whose last user has gone says so at once, and what has not been read by then
	 * is lost on some versions of Node.
	 */
	readonly #slave: number
	/** What was read in this turn. */
	readonly #turn = Buffer.allocUnsafeSlow(TURN_BYTES + READ_BYTES)
	#read = 0
	#isOver = false

	/** Throws with a sentence for the person when the program cannot be executed. */
	constructor({ program, arguments: args, cwd, environment, cols, rows }: Program, handlers: Handlers) {
		check(program, cwd)
		const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
		const forked = native.fork(program, args, variables, cwd, cols, rows, -1, -1, true, HELPER, (code, signal) =>
			this.#exited(code, signal),
		)
		this.pid = forked.pid
		this.#fd = forked.fd
		this.#handlers = handlers
		this.#slave = openSync(forked.pty, constants.O_RDWR | constants.O_NOCTTY)
		const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
		this.#output = new ReadStream(forked.fd, {
			onread: { buffer, callback: (count: number) => this.#take(buffer.subarray(0, count)) },
		} as object)
		// A terminal that breaks is one whose program is about to end.
		this.#output.on("error", () => {})
		this.#output.resume()
	}

	/** How many of the bytes the terminal takes now; 0 when it is full. Throws when it is gone. */
	write(bytes: Uint8Array): number {
		if (this.#isOver) return 0
		try {
			return writeSync(this.#fd, bytes)
		} catch (error) {
			if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0
			throw error
		}
	}

	/** Hands out all that the program has written by now, as far as one turn goes. */
	catchUp(): void {
		if (this.#isOver) return
		this.#endTurn()
		for (let read = 0; read < TURN_BYTES; ) {
			const count = this.#readNow()
			// A terminal that nobody has any more is about to be told as ended.
			if (count === null || count === 0) return
			this.#handlers.onOutput(this.#turn.subarray(0, count))
			read += count
		}
	}

	resize(cols: number, rows: number): void {
		if (!this.#isOver) native.resize(this.#fd, cols, rows, 0, 0)
	}

	/**
	 * Whether it takes a line and shows nothing of it, as for a password. Who edits lines by itself shows them itself. False
	 * where the system cannot say.
	 */
	hidesLine(): Promise<boolean> {
		if (this.#isOver) return Promise.resolve(false)
		return new Promise((resolve) => {
			const asked = spawn("stty", ["-a"], { stdio: [this.#slave, "pipe", "ignore"], env: STTY_ENVIRONMENT })
			let said = ""
			asked.stdout?.setEncoding("latin1").on("data", (text: string) => {
				said += text
			})
			asked.on("error", () => resolve(false))
			asked.on("close", () => resolve(/\s-echo\b/.test(said) && /\sicanon\b/.test(said)))
		})
	}

	/** Answers whether to read on in this turn. */
	#take(bytes: Uint8Array): boolean {
		if (this.#read === 0) setImmediate(() => this.#endTurn())
		this.#turn.set(bytes, this.#read)
		this.#read += bytes.length
		if (this.#read >= TURN_BYTES) this.#output.pause()
		return true
	}

	#endTurn(): void {
		const bytes = this.#turn.subarray(0, this.#read)
		this.#read = 0
		if (bytes.length > 0) this.#handlers.onOutput(bytes)
		if (!this.#isOver) this.#output.resume()
	}

	#exited(code: number, signal: number): void {
		this.#output.pause()
		this.#endTurn()
		this.#isOver = true
		closeSync(this.#slave)
		this.#drain(Date.now() + DRAIN_MS, false, () => {
			this.#output.destroy()
			this.#handlers.onExit(signal === 0 ? code : null, signal === 0 ? null : signalName(signal))
		})
	}

	/** Reads what is left, until nobody can write any more or those who could are quiet. `hasWaited`: for QUIET_MS. */
	#drain(until: number, hasWaited: boolean, done: () => void): void {
		let read = 0
		for (let count = this.#readNow(); count !== 0; count = this.#readNow()) {
			if (count === null || Date.now() > until) return done()
			this.#handlers.onOutput(this.#turn.subarray(0, count))
			read += count
			if (read > TURN_BYTES) return void setImmediate(() => this.#drain(until, false, done))
		}
		if (hasWaited && read === 0) return done()
		setTimeout(() => this.#drain(until, true, done), QUIET_MS)
	}

	/** Reads at once: 0 when there is nothing now, null when there is nobody left to write. */
	#readNow(): number | null {
		try {
			return readSync(this.#fd, this.#turn, 0, READ_BYTES, null) || null
		} catch (error) {
			return error instanceof Error && "code" in error && error.code === "EAGAIN" ? 0 : null
		}
	}
}

interface Native {
	fork(
		file: string,
		args: string[],
		environment: string[],
		cwd: string,
		cols: number,
		rows: number,
		uid: number,
		gid: number,
		utf8: boolean,
		helper: string,
		onExit: (code: number, signal: number) => void,
	): { fd: number; pid: number; pty: string }
	resize(fd: number, cols: number, rows: number, pixelWidth: number, pixelHeight: number): void
}

const load = modules.createRequire(import.meta.url)
// The library's own stream loses output in several ways, and its writer spins; only what it compiles is used.
const { native } = load("@lydell/node-pty") as { native: Native }

/** On macOS a program is started through this one, which lies beside the library's binary. */
const HELPER = helperPath()

function helperPath(): string {
	if (process.platform !== "darwin") return ""
	const target = `${process.platform}-${process.arch}`
	const library = modules.createRequire(load.resolve("@lydell/node-pty")).resolve(`@lydell/node-pty-${target}`)
	return join(dirname(library), `../prebuilds/${target}/spawn-helper`)
}

/** The library reports these as text on the terminal and exit code 1. */
function check(program: string, cwd: string): void {
	try {
		accessSync(program, constants.X_OK)
	} catch {
		throw new Error(`${program} is not there, or may not be executed.`)
	}
	if (!statSync(program).isFile()) throw new Error(`${program} is not a program.`)
	try {
		accessSync(cwd, constants.X_OK)
	} catch {
		throw new Error(`The directory ${cwd} is not there, or may not be entered.`)
	}
	if (!statSync(cwd).isDirectory()) throw new Error(`${cwd} is not a directory.`)
}

function signalName(number: number): string {
	return Object.entries(system.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`
}
