// Writes lines of a buffer as output that gives an empty terminal the same cells, attributes and wraps.
import type { ByteWriter } from "./byte-writer.ts"
import {
	type Attributes,
	BG,
	type Buffer,
	type BufferLine,
	CELL,
	type Charset,
	COLOR,
	type Core,
	type ExtendedAttributes,
	FG,
} from "./xterm-core.ts"

/** A wide character: what it overwrites, or wraps away from, becomes empty with the pen's attributes. */
const WIDE = "\u4e00"

const PLAIN: ExtendedAttributes = { _ext: 0, underlineColor: 0, urlId: 0 }

export class Rows {
	readonly #out: ByteWriter
	readonly #core: Core
	readonly #cols: number
	/** The pen of the terminal that is written to. */
	#fg = 0
	#bg = 0
	#extended = PLAIN
	#link = 0
	/** How the character written last joins with the next one; 0 after any sequence. */
	#join = 0
	readonly #afterAscii: number

	constructor(out: ByteWriter, core: Core) {
		this.#out = out
		this.#core = core
		this.#cols = core.cols
		this.#afterAscii = core.unicodeService.charProperties(0x61, 0)
	}

	/** Writes lines from `first` on, into an empty buffer with the cursor at home. `at` is called at each one's beginning. */
	write(buffer: Buffer, first: number, at: (line: number) => void): void {
		const { lines } = buffer
		if (lines.get(first)?.isWrapped) this.#beginWrapped(buffer)
		// The list is a ring: it answers for an index past its end, too.
		for (let index = first; index < lines.length; index++) {
			const line = lines.get(index)
			if (line === undefined) return
			at(index)
			const next = index + 1 < lines.length ? lines.get(index + 1) : undefined
			const x = this.#line(line, next?.isWrapped === true)
			if (next?.isWrapped) this.#wrap(line, x)
			else if (next !== undefined) {
				// A scrolled-in line takes the pen's background.
				this.pen(DEFAULT)
				this.sequence("\r\n")
			}
		}
		this.pen(DEFAULT)
	}

	/** Puts one cell's character where the cursor stands, through a character set that is in use. */
	character(line: BufferLine, column: number, charset: Charset): void {
		const content = line._data[column * 3] ?? 0
		const shown = String.fromCodePoint(content & CELL.CODE_POINT)
		const typed = charset && Object.keys(charset).find((key) => charset[key] === shown)
		if (typed !== undefined && (content & CELL.COMBINED) === 0) this.#out.text(typed)
		else this.#write(line, column, content)
	}

	/** By how many cells a character moves the rest of its line in insert mode: a joined one grows without moving it. */
	insertedWidth(line: BufferLine, column: number): number {
		const content = line._data[column * 3] ?? 0
		const first = content & CELL.COMBINED ? line._combined[column]?.codePointAt(0) : content & CELL.CODE_POINT
		return (this.#core.unicodeService.charProperties(first ?? 0, 0) >> 1) & 3
	}

	/** Gives the pen these attributes. */
	pen({ fg, bg, extended }: Attributes): void {
		if (bg & BG.HAS_EXTENDED) return this.#setPen(fg, bg, extended)
		// The underline's colour can be set before there is an underline.
		const { underlineColor } = extended
		this.#setPen(fg, bg, underlineColor === 0 ? PLAIN : { ...PLAIN, underlineColor })
	}

	/** The attributes of a cell. */
	attributes(line: BufferLine, column: number): Attributes {
		const bg = line._data[column * 3 + 2] ?? 0
		const extended = bg & BG.HAS_EXTENDED ? (line._extendedAttrs[column] ?? PLAIN) : PLAIN
		return { fg: line._data[column * 3 + 1] ?? 0, bg, extended }
	}

	/** Writes sequences and control characters. */
	sequence(text: string): void {
		for (let i = 0; i < text.length; i++) this.#out.byte(text.charCodeAt(i))
		this.#join = 0
	}

	/** Writes one line; answers the column where the cursor is then. */
	#line(line: BufferLine, isFollowed: boolean): number {
		const dirty = this.#oddities(line, isFollowed)
		const data = line._data
		const cols = this.#cols
		let x = 0
		for (let column = 0; column < cols; ) {
			const content = data[column * 3] ?? 0
			if ((content & CELL.HAS_CONTENT) === 0) {
				const end = this.#emptyRun(line, column, dirty)
				const fg = data[column * 3 + 1] ?? 0
				const bg = data[column * 3 + 2] ?? 0
				if (isErasable(fg, bg) && (bg !== 0 || dirty?.has(column))) {
					this.#move(x, column)
					x = column
					this.#setPen(0, bg, PLAIN)
					this.sequence(end - column === 1 ? "\x1b[X" : `\x1b[${end - column}X`)
				}
				column = end
				continue
			}
			this.#move(x, column)
			const fg = data[column * 3 + 1] ?? 0
			const bg = data[column * 3 + 2] ?? 0
			this.#setPen(fg, bg, bg & BG.HAS_EXTENDED ? (line._extendedAttrs[column] ?? PLAIN) : PLAIN)
			this.#write(line, column, content)
			column += Math.max(1, content >>> CELL.WIDTH_SHIFT)
			x = column
		}
		return x
	}

	/** The column after a run of empty cells that one sequence can erase. */
	#emptyRun(line: BufferLine, column: number, dirty: Set<number> | undefined): number {
		const data = line._data
		const fg = data[column * 3 + 1]
		const bg = data[column * 3 + 2]
		let end = column + 1
		while (
			end < this.#cols &&
			((data[end * 3] ?? 0) & CELL.HAS_CONTENT) === 0 &&
			data[end * 3 + 1] === fg &&
			data[end * 3 + 2] === bg &&
			dirty?.has(end) === dirty?.has(column)
		)
			end++
		return end
	}

	#move(from: number, to: number): void {
		if (to > from) this.sequence(to - from === 1 ? "\x1b[C" : `\x1b[${to - from}C`)
	}

	#write(line: BufferLine, column: number, content: number): void {
		if ((content & CELL.COMBINED) === 0) {
			const code = content & CELL.CODE_POINT
			if (code < 0x7f && (this.#join === 0 || this.#join === this.#afterAscii)) {
				this.#join = this.#afterAscii
				return this.#out.byte(code)
			}
			this.#keepApart(code)
			this.#join = this.#core.unicodeService.charProperties(code, this.#join)
			return this.#out.codePoint(code)
		}
		const text = line._combined[column] ?? ""
		this.#keepApart(text.codePointAt(0) ?? 0)
		for (const character of text) {
			const code = character.codePointAt(0) ?? 0
			this.#join = this.#core.unicodeService.charProperties(code, this.#join)
			this.#out.codePoint(code)
		}
	}

	/** Characters that stand in cells of their own stay apart, though they would join when written one after the other. */
	#keepApart(code: number): void {
		if (this.#join !== 0 && this.#core.unicodeService.charProperties(code, this.#join) & 1) this.sequence("\x1b\\")
	}

	/**
	 * Empty cells with attributes that erasing cannot give are what is left of wide characters. They come first, from
	 * left to right; answers the columns that are no longer empty because of them.
	 */
	#oddities(line: BufferLine, isFollowed: boolean): Set<number> | undefined {
		const data = line._data
		let dirty: Set<number> | undefined
		const isOdd = (column: number) =>
			((data[column * 3] ?? 0) & CELL.HAS_CONTENT) === 0 &&
			(data[column * 3] ?? 0) >>> CELL.WIDTH_SHIFT !== 0 &&
			!isErasable(data[column * 3 + 1] ?? 0, data[column * 3 + 2] ?? 0)
		// Where the next line is wrapped, the wrap itself makes the last cell.
		let end = isFollowed ? this.#cols - 1 : this.#cols
		// A run at the end of the line is made from its end: the first half of each wide character is overwritten.
		for (; end > 1 && !isFollowed && isOdd(end - 1); end--) {
			this.#leave(end - 1, end - 1, this.attributes(line, end - 1))
			dirty = new Set([end - 2])
		}
		// Any other run is made from its beginning: the second half of each wide character is overwritten.
		for (let column = 0; column < Math.min(end, this.#cols - 1); column++) {
			if (!isOdd(column)) continue
			this.#leave(column + 1, column + 2, this.attributes(line, column))
			dirty ??= new Set()
			dirty.delete(column)
			dirty.add(column + 1)
		}
		if (dirty !== undefined) this.sequence("\r")
		return dirty
	}

	/** Writes a wide character at column `at`, then overwrites one of its halves at `over`; both count from 1. */
	#leave(at: number, over: number, attributes: Attributes): void {
		this.sequence(`\x1b[${at}G`)
		this.#out.text(WIDE)
		this.sequence(`\x1b[${over}G`)
		this.pen(attributes)
		this.#out.byte(0x78)
	}

	/** Makes the next line a continuation of this one, empty, with the cursor at its beginning. `x`: where it is now. */
	#wrap(line: BufferLine, x: number): void {
		if (x === this.#cols) {
			this.pen(DEFAULT)
			this.sequence("\x1b\\")
			this.#out.byte(0x20)
		} else {
			// A wide character that does not fit leaves the last cell empty, with the pen's attributes.
			this.sequence(`\x1b[${this.#cols}G`)
			this.pen(this.attributes(line, this.#cols - 1))
			this.#out.text(WIDE)
			this.pen(DEFAULT)
		}
		this.sequence(`\r\x1b[${this.#cols}X`)
	}

	/** The buffer's first line continues one that is gone: made by a wrap, whose first line is then deleted. */
	#beginWrapped(buffer: Buffer): void {
		const { rows, buffers } = this.#core
		// In one row it scrolls away by itself, where there is no scrollback to keep it.
		if (rows === 1 && buffer === buffers.normal) return
		this.sequence(`\x1b[${this.#cols}G`)
		this.#out.text(WIDE)
		this.sequence(`\r\x1b[${this.#cols}X${rows === 1 ? "" : "\x1b[A\x1b[M"}`)
	}

	#setPen(fg: number, bg: number, extended: ExtendedAttributes): void {
		if (fg === this.#fg && bg === this.#bg && extended === this.#extended) return
		this.#setLink(extended.urlId)
		const sgr = attributeParams(fg, bg, extended)
		// Resetting the attributes resets the protection with them.
		this.sequence((sgr === "" ? "\x1b[m" : `\x1b[0${sgr}m`) + (bg & BG.PROTECTED ? '\x1b[1"q' : ""))
		this.#fg = fg
		this.#bg = bg
		this.#extended = extended
	}

	#setLink(id: number): void {
		if (id === this.#link) return
		this.#link = id
		const link = id === 0 ? undefined : this.#core._oscLinkService.getLinkData(id)
		this.#out.text(`\x1b]8;${link?.id === undefined ? "" : `id=${link.id}`};${link?.uri ?? ""}\x1b\\`)
		this.#join = 0
	}
}

const DEFAULT: Attributes = { fg: 0, bg: 0, extended: PLAIN }

/** Whether erasing with a pen of this background gives such a cell. */
function isErasable(fg: number, bg: number): boolean {
	return fg === 0 && (bg & ~(COLOR.MODE | COLOR.VALUE)) === 0
}

/** The parameters of SGR after a 0, each with a leading semicolon. */
function attributeParams(fg: number, bg: number, extended: ExtendedAttributes): string {
	let params = ""
	if (fg & FG.BOLD) params += ";1"
	if (bg & BG.DIM) params += ";2"
	if (bg & BG.ITALIC) params += ";3"
	if (fg & FG.UNDERLINE) params += bg & BG.HAS_EXTENDED ? `;4:${(extended._ext >>> 26) & 7 || 1}` : ";4"
	if (fg & FG.BLINK) params += ";5"
	if (fg & FG.INVERSE) params += ";7"
	if (fg & FG.INVISIBLE) params += ";8"
	if (fg & FG.STRIKETHROUGH) params += ";9"
	if (bg & BG.OVERLINE) params += ";53"
	params += color(fg, 38, 30, 90)
	params += color(bg, 48, 40, 100)
	return params + color(extended.underlineColor, 58, 0, 0)
}

function color(bits: number, extended: number, basic: number, bright: number): string {
	const value = bits & COLOR.VALUE
	switch (bits & COLOR.MODE) {
		case COLOR.RGB:
			return `;${extended};2;${value >> 16};${(value >> 8) & 255};${value & 255}`
		case COLOR.P256:
			return `;${extended};5;${value & 255}`
		case COLOR.P16: {
			const index = value & 255
			if (basic === 0) return `;${extended};5;${index}`
			return index < 8 ? `;${basic + index}` : `;${bright + index - 8}`
		}
		default:
			return ""
	}
}
