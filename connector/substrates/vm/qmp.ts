// The monitor of a running QEMU: commands and events as JSON lines over its Unix socket.
import { createConnection, type Socket } from "node:net"

/** What QEMU says no with. */
export class QmpError extends Error {
	override readonly name = "QmpError"
}

export interface QmpEvent {
	event: string
	data: Record<string, unknown>
}

interface Waiting {
	resolve(value: unknown): void
	reject(error: Error): void
}

/** A socket that is there but does not greet has another client already, or a QEMU that hangs. */
const GREETING_MS = 5_000

export class Qmp {
	/** When QEMU, or the connection, has ended. */
	readonly closed: Promise<void>
	readonly #socket: Socket
	readonly #waiting = new Map<number, Waiting>()
	#number = 0

	private constructor(socket: Socket, heard: (event: QmpEvent) => void, greeted: () => void) {
		this.#socket = socket
		this.closed = new Promise((resolve) =>
			socket.once("close", () => {
				for (const { reject } of this.#waiting.values()) reject(new QmpError("QEMU has ended."))
				this.#waiting.clear()
				resolve()
			}),
		)
		let rest = ""
		socket.setEncoding("utf8")
		socket.on("data", (data) => {
			const lines = `${rest}${data}`.split("\n")
			rest = lines.pop() ?? ""
			for (const line of lines) this.#heard(JSON.parse(line) as Record<string, unknown>, heard, greeted)
		})
	}

	/** Undefined where no QEMU listens, or it does not answer. */
	static connect(path: string, heard: (event: QmpEvent) => void): Promise<Qmp | undefined> {
		return new Promise((resolve) => {
			const socket = createConnection(path)
			const over = () => {
				socket.destroy()
				resolve(undefined)
			}
			const timer = setTimeout(over, GREETING_MS)
			socket.once("error", over)
			socket.once("close", () => {
				clearTimeout(timer)
				resolve(undefined)
			})
			const qmp = new Qmp(socket, heard, () => {
				clearTimeout(timer)
				socket.on("error", () => {})
				qmp.run("qmp_capabilities").then(() => resolve(qmp), over)
			})
		})
	}

	run(command: string, given: Record<string, unknown> = {}): Promise<unknown> {
		const id = ++this.#number
		return new Promise((resolve, reject) => {
			if (this.#socket.destroyed) return reject(new QmpError("QEMU has ended."))
			this.#waiting.set(id, { resolve, reject })
			this.#socket.write(`${JSON.stringify({ execute: command, arguments: given, id })}\n`)
		})
	}

	#heard(said: Record<string, unknown>, heard: (event: QmpEvent) => void, greeted: () => void): void {
		if ("QMP" in said) return greeted()
		if (typeof said.event === "string") return heard({ event: said.event, data: (said.data ?? {}) as QmpEvent["data"] })
		const waiting = this.#waiting.get(said.id as number)
		this.#waiting.delete(said.id as number)
		if ("error" in said) waiting?.reject(new QmpError((said.error as { desc: string }).desc))
		else waiting?.resolve(said.return)
	}
}
