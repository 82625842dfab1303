// The session's terminal: parses every byte at once, so that its screen always stands at the head of the output.

import headless from "@xterm/headless"
import { mendEmulator } from "../../protocol/emulator.ts"
import { SCROLLBACK_LINES } from "../../protocol/limits.ts"
import type { Row } from "../redaction/redactor.ts"
import { UnicodeGraphemesAddon } from "./graphemes.ts"
import { Keyboard } from "./keyboard.ts"
import { Palette } from "./palette.ts"
import { inksOf, type Run, runsOf } from "./runs.ts"
import { serialise } from "./snapshot.ts"
import type { Core } from "./xterm-core.ts"

/** The parser's work buffer has four times this size, and stays. */
const SLICE_BYTES = 16 * 1024
/** An unfinished sequence up to this long is part of the snapshot; a longer one is a string, and sent again whole. */
const UNFINISHED_BYTES = 4 * 1024
/** A cell in pixels, for programs that ask; viewers differ, so this is the plain average. */
const CELL_WIDTH = 8
const CELL_HEIGHT = 16
/** A program may set a title of megabytes. */
const TITLE_CHARS = 1_024
const ESC = 0x1b

export class Terminal {
	/** As the program set it last. */
	title = ""
	/** The emulator's inside. */
	readonly core: Core
	readonly #keyboard = new Keyboard()
	readonly #palette = new Palette()
	/** The emulator, for who listens to more of what the program says. */
	readonly emulator: headless.Terminal
	/** What the program gets as an answer to its questions. */
	readonly #answer: (text: string) => void
	/** Bytes of a sequence or character that has begun and not ended; its effects are still to come. */
	#unfinished: Uint8Array[] = []
	#unfinishedBytes = 0

	constructor(cols: number, rows: number, answer: (text: string) => void) {
		this.#answer = answer
		const terminal = new headless.Terminal({
			cols,
			rows,
			scrollback: SCROLLBACK_LINES,
			allowProposedApi: true,
			logLevel: "off",
			windowOptions: {
				getWinSizePixels: true,
				getCellSizePixels: true,
				getWinSizeChars: true,
				pushTitle: true,
				popTitle: true,
			},
		})
		terminal.loadAddon(new UnicodeGraphemesAddon())
		this.emulator = terminal
		this.core = (terminal as unknown as { _core: Core })._core
		terminal.onData(answer)
		terminal.onTitleChange((title) => {
			this.title = title.slice(0, TITLE_CHARS)
		})
		this.core._inputHandler.onColor((colors) => {
			for (const color of colors) this.#reply(this.#palette.take(color))
		})
		this.core._inputHandler.onRequestWindowsOptionsReport((kind) => {
			const [name, height, width] = kind === 0 ? [4, this.rows, this.cols] : [6, 1, 1]
			this.#reply(`\x1b[${name};${height * CELL_HEIGHT};${width * CELL_WIDTH}t`)
		})
		mendEmulator(terminal)
		this.#listen(terminal.parser)
	}

	get cols(): number {
		return this.core.cols
	}

	get rows(): number {
		return this.core.rows
	}

	/** Whether the program wants pastes marked. */
	get bracketsPastes(): boolean {
		return this.core.coreService.decPrivateModes.bracketedPasteMode
	}

	/** Parses; `bytes` may be changed afterwards. */
	write(bytes: Uint8Array): void {
		for (let at = 0; at < bytes.length; at += SLICE_BYTES) this.#parse(bytes.subarray(at, at + SLICE_BYTES))
	}

	resize(cols: number, rows: number): void {
		this.core.resize(cols, rows)
	}

	/**
	 * Bytes that make a reset terminal of this size equal to this one, at most `limit`. `before` is how many bytes of
	 * output it leaves out at the end: an unfinished string that is too long to be a part of it.
	 */
	snapshot(limit: number): { bytes: Uint8Array; before: number } {
		const isLong = this.#unfinishedBytes > UNFINISHED_BYTES
		const tail = isLong ? new Uint8Array(0) : unexecuted(this.#unfinished, this.#partial)
		const screen = serialise(this.core, this.#keyboard, this.#palette, limit - tail.length)
		const bytes = new Uint8Array(screen.length + tail.length)
		bytes.set(screen)
		bytes.set(tail, screen.length)
		return { bytes, before: isLong ? this.#unfinishedBytes : 0 }
	}

	/** The screen as text: a string a row, trailing blanks removed. */
	lines(): string[] {
		const { lines, ybase } = this.core.buffers.active
		return Array.from(
			{ length: this.rows },
			(_, row) =>
				lines
					.get(ybase + row)
					?.translateToString(true)
					.trimEnd() ?? "",
		)
	}

	/** Whether the arrow keys send what applications want. */
	get hasApplicationKeys(): boolean {
		return this.core.coreService.decPrivateModes.applicationCursorKeys
	}

	get isCursorHidden(): boolean {
		return this.core.coreService.isCursorHidden
	}

	/** What stands out on the screen; nothing of the rows that `isTold` says no of. */
	runs(isTold: (row: number) => boolean): Run[] {
		const { lines, ybase } = this.core.buffers.active
		const shown = Array.from({ length: this.rows }, (_, row) => (isTold(row) && lines.get(ybase + row)) || null)
		return runsOf(shown, this.cols)
	}

	/** How each row of the screen begins to be drawn. */
	inks(): number[] {
		const { lines, ybase } = this.core.buffers.active
		const shown = Array.from({ length: this.rows }, (_, row) => lines.get(ybase + row) ?? null)
		return inksOf(shown, this.cols)
	}

	/** Whether the program draws on the screen that has no scrollback. */
	get isAlternate(): boolean {
		return this.#screen === "alt"
	}

	/** The screen's rows, after the `above` rows of the scrollback, at most `most`, in which its first line begins. */
	screen(most = Number.POSITIVE_INFINITY): { rows: Row[]; above: number } {
		const { lines, ybase } = this.core.buffers.active
		let above = 0
		while (above < Math.min(ybase, most) && lines.get(ybase - above)?.isWrapped) above++
		const rows = Array.from({ length: above + this.rows }, (_, index) => {
			const line = lines.get(ybase - above + index)
			return { text: line?.translateToString(false) ?? "", isWrapped: line?.isWrapped ?? false }
		})
		return { rows, above }
	}

	/** Column and row, both from 0; past the last column where the next character would wrap. */
	get cursor(): { x: number; y: number } {
		const { x, y } = this.core.buffers.active
		return { x, y }
	}

	#parse(bytes: Uint8Array): void {
		const handler = this.core._inputHandler
		const before = this.#partial
		try {
			handler.parse(bytes)
		} catch {
			// A fault of the emulator: the rest of this slice stays off its screen. The output itself is whole in the log.
			handler._parser.reset()
			handler._utf8Decoder.clear()
		}
		this.#track(before, bytes)
	}

	/** Keeps what is unfinished: it begins with the last byte that introduces a sequence, whatever came before it. */
	#track(before: Uint8Array, bytes: Uint8Array): void {
		const { _parser } = this.core._inputHandler
		if (_parser.currentState === 0) {
			const partial = this.#partial
			this.#unfinished = partial.length === 0 ? [] : [partial]
			this.#unfinishedBytes = partial.length
			return
		}
		const start = lastIntroducer(bytes)
		const isCut = start === -1 && before[0] === C1 && C1_INTRODUCERS.has(bytes[0] ?? 0)
		if (start !== -1 || isCut) {
			this.#unfinished = isCut ? [before] : []
			this.#unfinishedBytes = isCut ? before.length : 0
		}
		const more = start === -1 ? bytes : bytes.subarray(start)
		this.#unfinishedBytes += more.length
		// A copy: what a Buffer slices shares its memory, which the next output is read into.
		if (this.#unfinishedBytes <= UNFINISHED_BYTES) this.#unfinished.push(new Uint8Array(more))
		else this.#unfinished = []
	}

	/** Bytes of an unfinished character. */
	get #partial(): Uint8Array {
		const { interim } = this.core._inputHandler._utf8Decoder
		const end = interim.indexOf(0)
		return interim.slice(0, end === -1 ? interim.length : end)
	}

	/** The questions and modes that the emulator leaves to its embedder. */
	#listen(parser: headless.Terminal["parser"]): void {
		const on = (prefix: string, final: string, take: (first: number, second: number) => void) =>
			parser.registerCsiHandler({ prefix, final }, (params) => {
				take(number(params[0]), number(params[1]))
				return true
			})
		on("?", "u", () => this.#reply(`\x1b[?${this.#keyboard.flags(this.#screen)}u`))
		on(">", "u", (flags) => this.#keyboard.push(this.#screen, flags))
		on("<", "u", (count) => this.#keyboard.pop(this.#screen, count))
		on("=", "u", (flags, how) => this.#keyboard.set(this.#screen, flags, how))
		// What the emulator is, so that programs apply the right workarounds.
		on(">", "q", () => this.#reply("\x1bP>|xterm.js(6.0.0)\x1b\\"))
		parser.registerEscHandler({ final: "c" }, () => {
			this.#keyboard.reset()
			return false
		})
	}

	get #screen(): "normal" | "alt" {
		return this.core.buffers.active === this.core.buffers.alt ? "alt" : "normal"
	}

	#reply(text: string): void {
		if (text !== "") this.#answer(text)
	}
}

/** Where the last sequence begins: ESC, or a C1 introducer, which UTF-8 spells with two bytes. -1 where there is none. */
function lastIntroducer(bytes: Uint8Array): number {
	for (let at = bytes.length - 1; at >= 0; at--) {
		if (bytes[at] === ESC) return at
		const second = bytes[at + 1]
		if (bytes[at] === C1 && second !== undefined && C1_INTRODUCERS.has(second)) return at
	}
	return -1
}

/** The first of the two bytes of a C1 control. */
const C1 = 0xc2
/** DCS, SOS, CSI, OSC, PM, APC. */
const C1_INTRODUCERS = new Set([0x90, 0x98, 0x9b, 0x9d, 0x9e, 0x9f])

/**
 * The bytes of an unfinished sequence without those that have had their effect: control characters are executed in the
 * middle of one. What is not UTF-8 was dropped before it reached the sequence, but for a character that is unfinished.
 */
function unexecuted(parts: Uint8Array[], partial: Uint8Array): Uint8Array {
	const bytes = Buffer.concat(parts)
	if (bytes[0] !== ESC && bytes[0] !== C1) return bytes
	const introduced = bytes[0] === ESC ? bytes.findIndex((byte, at) => at > 0 && byte >= 0x20 && byte < 0x80) : 1
	if (introduced === -1) return Buffer.concat([bytes.subarray(0, 1), partial])
	const isString = bytes[0] === ESC ? STRINGS.includes(bytes[introduced] ?? 0) : bytes[1] !== CSI
	if (isString) return Buffer.concat([bytes.subarray(0, 1), bytes.subarray(introduced)])
	const rest = bytes.subarray(introduced + 1).filter((byte) => (byte >= 0x20 && byte < 0x80) || byte === ESC)
	return Buffer.concat([bytes.subarray(0, 1), bytes.subarray(introduced, introduced + 1), rest, partial])
}

/** What follows ESC to begin an OSC, DCS, SOS, PM or APC: controls have no effect in these. */
const STRINGS = Buffer.from("]PX^_")
const CSI = 0x9b

function number(param: number | number[] | undefined): number {
	return typeof param === "number" ? param : 0
}
