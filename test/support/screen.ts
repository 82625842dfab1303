// A viewer's terminal in Node: a real xterm without a window, which remembers every byte of output that it was given.
import { createHash } from "node:crypto"
import type { Screen } from "../../protocol/viewing.ts"
import { screenState } from "./screen-state.ts"
import { createTerminal } from "./terminal.ts"

/** Output without a break: it begins at `from` and each byte follows the one before. */
export interface Run {
	from: number
	bytes: number
	chunks: Uint8Array[]
}

interface Options {
	/** Where the viewing stands; asked when a snapshot begins a new run. */
	sequence: () => number
	/** Bytes were parsed. */
	parsed: () => void
	/** Whether the bytes themselves are kept, or only counted. */
	keeps: boolean
}

export class NodeScreen implements Screen {
	readonly terminal
	/** Each snapshot begins a new run; the last is the current one. */
	readonly runs: Run[] = []
	/** Bytes of snapshots taken. */
	snapshotBytes = 0
	/** While set, parsed bytes are not reported: what a hidden tab or a stuck renderer does. */
	#held: (() => void)[] | null = null
	#snapshotNext = false
	readonly #options: Options

	constructor(options: Options, cols = 80, rows = 24) {
		this.#options = options
		this.terminal = createTerminal(cols, rows)
	}

	reset(cols: number, rows: number): void {
		this.#snapshotNext = true
		// CAN and RIS leave whatever sequence was cut; both and the size take effect after all that was written before.
		this.terminal.write("\x18\x1bc")
		this.#inOrder(() => this.terminal.resize(cols, rows))
	}

	resize(cols: number, rows: number): void {
		this.#inOrder(() => this.terminal.resize(cols, rows))
	}

	write(bytes: Uint8Array, parsed: () => void): void {
		this.#record(bytes)
		this.terminal.write(bytes, () => {
			if (this.#held === null) parsed()
			else this.#held.push(parsed)
			this.#options.parsed()
		})
	}

	/** From now on nothing is acknowledged, until `release`. */
	hold(): void {
		this.#held ??= []
	}

	release(): void {
		const held = this.#held ?? []
		this.#held = null
		for (const parsed of held) parsed()
	}

	/** Everything that a person could tell this terminal from another by. Resolves once all that was written is parsed. */
	state(): Promise<string> {
		return new Promise((resolve) => this.terminal.write("", () => resolve(screenState(this.terminal))))
	}

	/** Hash of all output bytes of the current run. */
	hash(): string {
		const hash = createHash("sha256")
		for (const chunk of this.runs.at(-1)?.chunks ?? []) hash.update(chunk)
		return hash.digest("hex")
	}

	text(): string {
		const { active } = this.terminal.buffer
		const lines = Array.from({ length: this.terminal.rows }, (_, y) => active.getLine(active.baseY + y))
		return lines.map((line) => line?.translateToString(true) ?? "").join("\n")
	}

	#record(bytes: Uint8Array): void {
		if (this.#snapshotNext) {
			this.#snapshotNext = false
			this.snapshotBytes += bytes.length
			this.runs.push({ from: this.#options.sequence(), bytes: 0, chunks: [] })
			return
		}
		const run = this.runs.at(-1)
		if (run === undefined) throw new Error("invariant: output before the first snapshot")
		run.bytes += bytes.length
		if (this.#options.keeps) run.chunks.push(bytes.slice())
	}

	#inOrder(change: () => void): void {
		this.terminal.write("", change)
	}
}
