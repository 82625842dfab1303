// Turns a program's output into lines of text, each once it is finished: a terminal reads the escape sequences.
import type { Mark } from "../mirror.ts"
import { Mirror } from "../mirror.ts"

/** Written at once. No part can scroll more lines than the terminal remembers, so none is forgotten untaken. */
const PART_BYTES = 8 * 1024
const SCROLLBACK = 2 * PART_BYTES

export class LogText {
	readonly #mirror: Mirror
	/** The first row whose line has not been given. */
	#next: Mark | undefined

	constructor(cols: number, rows: number) {
		this.#mirror = new Mirror({ cols, rows, scrollback: SCROLLBACK })
	}

	/** The lines that these bytes have finished: those above the cursor. */
	take(bytes: Uint8Array): string[] {
		const lines: string[] = []
		for (let start = 0; start < bytes.length; start += PART_BYTES) {
			this.#mirror.parse(bytes.subarray(start, start + PART_BYTES))
			if (!this.#mirror.isAlternate) lines.push(...this.#finished())
		}
		return lines
	}

	/** What stands on the unfinished end. */
	rest(): string[] {
		if (this.#mirror.isAlternate) return []
		const lines = this.#mirror.lines(this.#at)
		while (lines.at(-1) === "") lines.pop()
		return lines
	}

	#finished(): string[] {
		const cursor = this.#mirror.lineStart(this.#mirror.cursorAt)
		// A program that goes back up writes those lines anew: they are given again, since nothing may be left out.
		const lines = this.#mirror.lines(Math.min(this.#at, cursor), cursor)
		this.#next?.dispose()
		this.#next = this.#mirror.mark(cursor)
		return lines
	}

	/** The row of `#next`; the oldest one where its line was erased with the scrollback. */
	get #at(): number {
		return Math.max(0, this.#next?.line ?? 0)
	}
}
