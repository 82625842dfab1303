// A terminal without a window: shows the command what a person would see.

import headless from "@xterm/headless"
import { mendEmulator } from "../protocol/emulator.ts"
import type { Screen } from "../protocol/viewing.ts"
import { UnicodeGraphemesAddon } from "./holder/graphemes.ts"
import type { Core } from "./holder/xterm-core.ts"

/** A row that is followed; its `line` is -1 once the row is erased. */
export interface Mark {
	readonly line: number
	dispose(): void
}

interface Options {
	cols: number
	rows: number
	scrollback: number
}

export class Mirror implements Screen {
	readonly #terminal: headless.Terminal

	constructor({ cols, rows, scrollback }: Options) {
		this.#terminal = new headless.Terminal({
			cols,
			rows,
			scrollback,
			allowProposedApi: true,
			scrollOnEraseInDisplay: true,
		})
		this.#terminal.loadAddon(new UnicodeGraphemesAddon())
		mendEmulator(this.#terminal)
	}

	reset(cols: number, rows: number): void {
		// CAN and RIS leave whatever sequence was cut, after all that was written before.
		this.#terminal.write("\x18\x1bc")
		this.resize(cols, rows)
	}

	/** In order with what is still being parsed. */
	resize(cols: number, rows: number): void {
		this.#terminal.write("", () => this.#terminal.resize(cols, rows))
	}

	write(bytes: Uint8Array, parsed: () => void): void {
		this.#terminal.write(bytes, parsed)
	}

	/** Parses at once, where nothing waits to be parsed: many times as fast as `write`, which leaves others their turns. */
	parse(bytes: Uint8Array): void {
		const { _core: core } = this.#terminal as unknown as { _core: Core }
		core._inputHandler.parse(bytes)
	}

	/** Whole lines of text from row `from` of the buffer up to row `end`; wrapped rows are joined. */
	lines(from: number, end = Number.POSITIVE_INFINITY): string[] {
		const { active } = this.#terminal.buffer
		const lines: string[] = []
		for (let y = from; y < Math.min(end, active.length); y++) {
			const row = active.getLine(y)
			if (row === undefined) break
			const next = active.getLine(y + 1)
			const text = row.translateToString(next?.isWrapped !== true)
			if (row.isWrapped && lines.length > 0) lines.push(`${lines.pop()}${text}`)
			else lines.push(text)
		}
		return lines
	}

	/** The row in which the line that row `y` is a part of begins. */
	lineStart(y: number): number {
		let start = y
		while (start > 0 && this.#terminal.buffer.active.getLine(start)?.isWrapped === true) start--
		return start
	}

	/** Follows a row while the buffer scrolls; undefined while a full-screen program draws. */
	mark(row: number): Mark | undefined {
		return this.#terminal.registerMarker(row - this.cursorAt)
	}

	/** The first row of the screen, counted from the oldest row of the scrollback. */
	get screenAt(): number {
		return this.#terminal.buffer.active.baseY
	}

	/** The cursor's row, counted from the oldest row of the scrollback. */
	get cursorAt(): number {
		return this.#terminal.buffer.active.baseY + this.#terminal.buffer.active.cursorY
	}

	/** Whether a full-screen program is drawing: what it shows is no log. */
	get isAlternate(): boolean {
		return this.#terminal.buffer.active.type === "alternate"
	}
}
