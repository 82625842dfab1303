// A viewer's screen that can be waited for: bytes as they arrive, and what a terminal shows once it has parsed them.
import { createTerminal } from "../support/terminal.ts"
import type { Output } from "./rig.ts"

export class BenchScreen implements Output {
	/** Bytes that have arrived, snapshots included. */
	arrived = 0
	/** When the last of them came. */
	arrivedAt = 0
	readonly terminal
	readonly #waiting = new Set<() => void>()
	#tail = ""

	/** Without a terminal bytes are taken as they come. */
	constructor(options: { parses: boolean }) {
		this.terminal = options.parses ? createTerminal(80, 24) : null
	}

	reset(): void {
		this.terminal?.write("\x18\x1bc")
	}

	write(bytes: Uint8Array, parsed: () => void): void {
		this.arrived += bytes.length
		this.arrivedAt = performance.now()
		this.#tail = (this.#tail + Buffer.from(bytes.subarray(-TAIL_BYTES)).toString("latin1")).slice(-TAIL_BYTES)
		if (this.terminal === null) parsed()
		else
			this.terminal.write(bytes, () => {
				parsed()
				this.#check()
			})
		this.#check()
	}

	/** Waits until `text` has arrived among the newest bytes; resolves with the time. */
	arrives(text: string): Promise<number> {
		return this.#until(text, () => this.#tail.includes(text))
	}

	/** Waits until `text` stands on the terminal; resolves with the time. */
	shows(text: string): Promise<number> {
		return this.#until(text, () => this.text().includes(text))
	}

	/** Waits until so many more bytes have come. */
	takes(bytes: number): Promise<number> {
		const end = this.arrived + bytes
		return this.#until(`${bytes} more bytes`, () => this.arrived >= end)
	}

	/** Forgets what has arrived, so that the same text can be waited for again. */
	forget(): void {
		this.#tail = ""
	}

	text(): string {
		if (this.terminal === null) return ""
		const { active } = this.terminal.buffer
		const lines = Array.from({ length: this.terminal.rows }, (_, y) => active.getLine(active.baseY + y))
		return lines.map((line) => line?.translateToString(true) ?? "").join("\n")
	}

	#until(what: string, holds: () => boolean): Promise<number> {
		return new Promise((resolve, reject) => {
			const check = () => {
				if (!holds()) return
				clearTimeout(timeout)
				this.#waiting.delete(check)
				resolve(performance.now())
			}
			const timeout = setTimeout(() => {
				this.#waiting.delete(check)
				reject(new Error(`${what} did not come within ${PATIENCE_MS / 1000} s; ${this.arrived} bytes did`))
			}, PATIENCE_MS)
			this.#waiting.add(check)
			check()
		})
	}

	#check(): void {
		for (const check of this.#waiting) check()
	}
}

/** Enough for a prompt or a marker that is split over frames, or that stands on the last lines of a snapshot. */
const TAIL_BYTES = 4_096
const PATIENCE_MS = 60_000
