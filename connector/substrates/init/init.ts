// The first process inside a sandbox or container, seen from outside: its binary, and the control socket that it dials.
import { existsSync, rmSync } from "node:fs"
import { createServer, type Server, type Socket } from "node:net"
import { constants } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { Refusal } from "../../../protocol/errors.ts"
import { privately } from "../../private-file.ts"
import type { Ended } from "../substrate.ts"

/** Beside the sources, and beside the bundle that holds this file. Throws where there is none for this processor. */
export function initBinary(): string {
	const path = join(dirname(fileURLToPath(import.meta.url)), `init-linux-${process.arch}`)
	if (existsSync(path)) return path
	throw new Refusal(
		"substrate_unavailable",
		`There is no first process for ${process.arch}. Sandboxes and containers run on x64 and arm64.`,
	)
}

/** The program cannot be executed: errno, as the first process was told. */
export class NotExecuted extends Error {
	readonly errno: number

	constructor(errno: number) {
		super(`The program cannot be executed inside: ${errnoName(errno)}.`)
		this.errno = errno
	}

	/** What a shell would exit with. */
	get code(): number {
		return this.errno === constants.errno.ENOENT ? 127 : 126
	}
}

/** One first process. What runs under it does not outlive this side of the socket. */
export class Control {
	/** When the program runs, or NotExecuted. */
	readonly started: Promise<void>
	/** How the program ended; NotExecuted where it never ran, another Error where the first process was killed. */
	readonly ended: Promise<Ended>
	readonly #path: string
	readonly #server: Server
	#socket: Socket | null = null
	/** Sent before there was a connection. */
	readonly #early: number[] = []
	#isClosed = false
	#tellStarted: (error?: Error) => void = () => {}
	#tellEnded: (ended: Ended | Error) => void = () => {}

	private constructor(path: string, server: Server) {
		this.#path = path
		this.#server = server
		this.started = new Promise((resolve, reject) => {
			this.#tellStarted = (error) => (error === undefined ? resolve() : reject(error))
		})
		this.ended = new Promise((resolve, reject) => {
			this.#tellEnded = (ended) => (ended instanceof Error ? reject(ended) : resolve(ended))
		})
		// Whoever waits for one of the two need not wait for the other.
		for (const promise of [this.started, this.ended]) promise.catch(() => {})
		server.once("connection", (socket) => this.#connected(socket))
	}

	/** Listens at `path` for one connection. */
	static async listen(path: string): Promise<Control> {
		rmSync(path, { force: true })
		const server = createServer()
		const control = new Control(path, server)
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject)
			privately(() => server.listen(path, resolve))
		})
		return control
	}

	/** To everything inside but the first process; to the program as soon as it runs. Nothing, where nothing runs any more. */
	signal(signal: NodeJS.Signals): void {
		const number = constants.signals[signal]
		if (this.#socket === null) this.#early.push(number)
		else this.#socket.write(Uint8Array.of(number))
	}

	/** Whatever still runs is killed. */
	close(): void {
		if (this.#isClosed) return
		this.#isClosed = true
		this.#server.close()
		this.#socket?.destroy()
		rmSync(this.#path, { force: true })
		this.#lost()
	}

	/** The first process dials before there is a program: nobody else inside ever gets through. */
	#connected(socket: Socket): void {
		this.#server.close()
		rmSync(this.#path, { force: true })
		this.#socket = socket
		if (this.#early.length > 0) socket.write(Uint8Array.from(this.#early))
		let read = Buffer.alloc(0)
		socket.on("data", (data) => {
			read = Buffer.concat([read, data])
			for (; read.length >= RECORD_BYTES; read = read.subarray(RECORD_BYTES))
				this.#told(String.fromCharCode(read.readUInt8(0)), read.readInt32LE(1))
		})
		// The close that follows says it.
		socket.on("error", () => {})
		socket.on("close", () => this.#lost())
	}

	#told(kind: string, number: number): void {
		switch (kind) {
			case "p":
				return this.#tellStarted()
			case "s":
				return this.#tellEnded(endedBy(number))
			case "e": {
				const error = new NotExecuted(number)
				this.#tellStarted(error)
				return this.#tellEnded(error)
			}
		}
	}

	/** Settles what is not settled yet. */
	#lost(): void {
		const error = new Error("What ran inside was killed from outside.")
		this.#tellStarted(error)
		this.#tellEnded(error)
	}
}

/** A letter, and a number of 32 bits. */
const RECORD_BYTES = 5

/** `status`: as wait(2) has it. */
function endedBy(status: number): Ended {
	const number = status & 0x7f
	if (number === 0) return { code: (status >> 8) & 0xff, signal: null }
	const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
	return { code: null, signal: (name ?? `SIG${number}`) as NodeJS.Signals }
}

function errnoName(errno: number): string {
	return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `error ${errno}`
}
