// A terminal written down as output: it makes a reset terminal of the same size equal to this one in every respect.
import { ByteWriter } from "./byte-writer.ts"
import type { Keyboard } from "./keyboard.ts"
import type { Palette } from "./palette.ts"
import { Rows } from "./rows.ts"
import { type Attributes, BG, type Buffer, type BufferLine, CELL, type Charset, type Core } from "./xterm-core.ts"

/** Ends whatever sequence the reader's parser is in, and resets. */
const BEGIN = "\x18\x1bc"

/** A program may set a title of megabytes, which no screen shows. */
const TITLE_CHARS = 1_024

/** At most `limit` bytes: the oldest scrollback is left out until it fits. */
export function serialise(core: Core, keyboard: Keyboard, palette: Palette, limit: number): Uint8Array {
	for (let scrollback = core.buffers.normal.ybase; ; scrollback = Math.floor(scrollback / 2)) {
		const out = new ByteWriter()
		new Snapshot(core, out).write(keyboard, palette, scrollback)
		if (out.length <= limit) return out.bytes()
		// A screen that is too large for any snapshot is one that nobody can read.
		if (scrollback === 0) return new TextEncoder().encode(BEGIN)
	}
}

class Snapshot {
	readonly #core: Core
	readonly #rows: Rows
	readonly #out: ByteWriter

	constructor(core: Core, out: ByteWriter) {
		this.#core = core
		this.#out = out
		this.#rows = new Rows(out, core)
	}

	write(keyboard: Keyboard, palette: Palette, scrollback: number): void {
		const { normal, alt, active } = this.#core.buffers
		this.#out.text(BEGIN + palette.restore() + this.#titles())
		// Mode 20 is an option of the reader, which its reset leaves alone.
		this.#rows.sequence(this.#core.optionsService.rawOptions.convertEol ? "" : "\x1b[20l")
		if (active !== alt) this.#hiddenCursor(alt)
		this.#buffer(normal, normal.ybase - scrollback)
		this.#rows.sequence(keyboard.restore("normal"))
		if (active === alt) {
			// The other screen keeps its cursor's row, by which a change of size moves it.
			this.#rows.sequence(`\x1b[${normal.y + 1}H\x1b[?1047h\x1b[H`)
			this.#buffer(alt, 0)
			this.#rows.sequence(keyboard.restore("alt"))
		}
		this.#charsets(active)
		this.#rows.sequence(this.#modes())
		this.#cursor(active)
	}

	#titles(): string {
		const { _windowTitle, _windowTitleStack } = this.#core._inputHandler
		const name = (title: string) => `\x1b]2;${title.slice(0, TITLE_CHARS)}\x1b\\`
		return _windowTitleStack.map((title) => `${name(title)}\x1b[22;2t`).join("") + name(_windowTitle)
	}

	/** Lines, tab stops, saved cursor and scroll region. */
	#buffer(buffer: Buffer, first: number): void {
		const { savedY, ybase } = buffer
		// A cursor that was saved and has scrolled out of the screen since is saved while its line is written.
		const savedAbove = savedY < ybase ? Math.max(first, savedY) : null
		this.#rows.write(buffer, first, (line) => {
			if (line === savedAbove) this.#saveCursor(buffer, "")
		})
		this.#rows.sequence(this.#tabStops(buffer))
		if (savedAbove === null) this.#saveCursor(buffer, `\x1b[${Math.min(savedY - ybase, this.#core.rows - 1) + 1}d`)
		const { rows } = this.#core
		if (buffer.scrollTop !== 0 || buffer.scrollBottom !== rows - 1)
			this.#rows.sequence(`\x1b[${buffer.scrollTop + 1};${buffer.scrollBottom + 1}r`)
	}

	#tabStops(buffer: Buffer): string {
		const columns = Array.from({ length: this.#core.cols }, (_, column) => column)
		if (columns.every((column) => (buffer.tabs[column] === true) === (column % 8 === 0))) return ""
		const stops = columns.filter((column) => buffer.tabs[column] === true)
		return `\x1b[3g${stops.map((column) => `\x1b[${column + 1}G\x1bH`).join("")}`
	}

	/** `row`: the sequence that moves to the row to save, where that is another one. */
	#saveCursor({ savedX, savedCurAttrData, savedCharset }: Buffer, row: string): void {
		const charset = this.#designate(savedCharset)
		this.#rows.pen(savedCurAttrData)
		this.#rows.sequence(`${row}\x1b[${Math.min(savedX, this.#core.cols - 1) + 1}G\x1b(${charset}\x1b7\x1b(B\r`)
		this.#rows.pen(DEFAULT)
	}

	/** The cursor that was saved on the alternate screen outlives the screen. */
	#hiddenCursor(alt: Buffer): void {
		const { savedX, savedY, savedCurAttrData: pen } = alt
		if (savedX === 0 && savedY === 0 && pen.fg === 0 && pen.bg === 0) return
		this.#rows.sequence("\x1b[?1047h")
		this.#saveCursor(alt, `\x1b[${Math.min(savedY, this.#core.rows - 1) + 1}d`)
		this.#rows.sequence("\x1b[?1047l\x1b[H")
	}

	#charsets(active: Buffer): void {
		const { charset, glevel, _charsets } = this.#core._charsetService
		_charsets.forEach((designated, g) => {
			if (designated !== undefined) this.#rows.sequence(`\x1b${"()*+"[g]}${this.#designate(designated)}`)
		})
		this.#rows.sequence(["", "\x0e", "\x1bn", "\x1bo"][glevel] ?? "")
		// Restoring a cursor brings its character set back without designating it.
		if (charset !== _charsets[glevel] && charset === active.savedCharset) this.#rows.sequence('\x1b8\x1b[m\x1b[0"q')
	}

	/** The letter that designates a character set. The terminal knows them by object only, so it is asked for each. */
	#designate(charset: Charset): string {
		if (charset === undefined) return "B"
		const { _charsetService: service, _inputHandler: handler } = this.#core
		const { charset: active, _charsets } = service
		try {
			for (const letter of CHARSET_LETTERS) {
				service._charsets = []
				handler.selectCharset(`(${letter}`)
				if (service._charsets[0] === charset) return letter
			}
		} finally {
			service._charsets = _charsets
			service.charset = active
		}
		return "B"
	}

	#modes(): string {
		const { coreService, coreMouseService, optionsService } = this.#core
		const { decPrivateModes: modes, isCursorHidden, modes: ansi } = coreService
		const style = modes.cursorStyle === undefined ? 0 : CURSOR_STYLES.indexOf(modes.cursorStyle) * 2 + 2
		const set: [boolean, string][] = [
			[optionsService.rawOptions.convertEol, "\x1b[20h"],
			[ansi.insertMode, "\x1b[4h"],
			[modes.applicationCursorKeys, "\x1b[?1h"],
			[modes.applicationKeypad, "\x1b="],
			[!modes.wraparound, "\x1b[?7l"],
			[modes.reverseWraparound, "\x1b[?45h"],
			[modes.sendFocus, "\x1b[?1004h"],
			[modes.bracketedPasteMode, "\x1b[?2004h"],
			[style !== 0, `\x1b[${style - (modes.cursorBlink === true ? 1 : 0)} q`],
			[modes.origin, "\x1b[?6h"],
			[modes.synchronizedOutput, "\x1b[?2026h"],
		]
		const mouse =
			(MOUSE_PROTOCOLS[coreMouseService.activeProtocol] ?? "") +
			(MOUSE_ENCODINGS[coreMouseService.activeEncoding] ?? "")
		// The reader's reset leaves these two as they are.
		const cursor = `\x1b[?12${optionsService.rawOptions.cursorBlink ? "h" : "l"}\x1b[?25${isCursorHidden ? "l" : "h"}`
		return mouse + cursor + set.map(([isSet, sequence]) => (isSet ? sequence : "")).join("")
	}

	/**
	 * The cursor's place and the pen. Past the last column it is where writing the last character leaves it; and a
	 * character that the next one may join must be the last thing written. Both mean writing it again.
	 */
	#cursor(active: Buffer): void {
		const { cols, coreService, _inputHandler: handler } = this.#core
		const top = coreService.decPrivateModes.origin ? active.scrollTop : 0
		const pen = handler._curAttrData
		const row = active.y - top + 1
		const line = active.lines.get(active.ybase + active.y)
		const column = line === undefined ? -1 : lastCharacter(line, active.x)
		const isPastEnd = active.x >= cols
		const joins = handler._parser.precedingJoinState !== 0
		if (column === -1 && isPastEnd && active === this.#core.buffers.normal) {
			// Leaving the other screen brings its cursor here, past the end of a line that may hold anything.
			this.#rows.sequence(`\x1b[?1047h\x1b[${active.y + 1};${cols}H`)
			this.#out.byte(0x20)
			this.#rows.sequence("\x1b[?1047l")
			return this.#rows.pen(pen)
		}
		if (line !== undefined && column === -1 && isPastEnd) {
			// The whole line was erased from past its end, which leaves the cursor there.
			this.#rows.pen(this.#rows.attributes(line, cols - 1))
			this.#rows.sequence(`\x1b[${row};${cols}H`)
			this.#out.byte(0x20)
			this.#rows.sequence(line.isWrapped ? "\x1b[1K" : "\x1b[2K")
			return this.#rows.pen(pen)
		}
		if (line === undefined || column === -1 || !(isPastEnd || joins)) {
			this.#rows.sequence(`\x1b[${row};${Math.min(active.x, cols - 1) + 1}H`)
			return this.#rows.pen(pen)
		}
		const attributes = this.#rows.attributes(line, column)
		// A character of another pen than the one in use has had a sequence after it, and so joins with nothing.
		const staysOpen = joins && looksLike(attributes, pen)
		if (!isPastEnd && !staysOpen) {
			this.#rows.sequence(`\x1b[${row};${active.x + 1}H`)
			return this.#rows.pen(pen)
		}
		this.#rows.pen(staysOpen ? pen : attributes)
		// In insert mode the character is taken out first, so that writing it moves the rest back.
		const removed = coreService.modes.insertMode ? `\x1b[${this.#rows.insertedWidth(line, column)}P` : ""
		this.#rows.sequence(`\x1b[${row};${column + 1}H${removed}`)
		this.#rows.character(line, column, this.#core._charsetService.charset)
		if (!staysOpen) this.#rows.pen(pen)
		if (!joins) this.#rows.sequence("\x1b\\")
	}
}

const DEFAULT: Attributes = { fg: 0, bg: 0, extended: { _ext: 0, underlineColor: 0, urlId: 0 } }

const CHARSET_LETTERS = "0A4C5RQKYE6ZH7="

const CURSOR_STYLES = ["block", "underline", "bar"] as const

const MOUSE_PROTOCOLS: Record<string, string> = {
	X10: "\x1b[?9h",
	VT200: "\x1b[?1000h",
	DRAG: "\x1b[?1002h",
	ANY: "\x1b[?1003h",
}

const MOUSE_ENCODINGS: Record<string, string> = { SGR: "\x1b[?1006h", SGR_PIXELS: "\x1b[?1016h" }

/** The column of the character just before column `x`; -1 where there is none. */
function lastCharacter(line: BufferLine, x: number): number {
	for (const column of [x - 1, x - 2]) {
		const content = line._data[column * 3] ?? 0
		if (column >= 0 && (content & CELL.HAS_CONTENT) !== 0)
			return column + (content >>> CELL.WIDTH_SHIFT) === x ? column : -1
	}
	return -1
}

/** Whether a character written with this pen has these attributes. */
function looksLike(attributes: Attributes, pen: Attributes): boolean {
	// The pen's numbers are signed, those of a cell are not.
	if ((attributes.fg ^ pen.fg) !== 0 || (attributes.bg ^ pen.bg) !== 0) return false
	if ((pen.bg & BG.HAS_EXTENDED) === 0) return true
	return attributes.extended._ext === pen.extended._ext && attributes.extended.urlId === pen.extended.urlId
}
