// A change of the emulator's size leaves it in a state that output could have made, so that a snapshot can tell all of it.
import { blankHalves, type Cells } from "./emulator-halves.ts"

interface Line extends Cells {
	/** Texts of cells of more than one code point, by column. */
	readonly _combined: Record<number, string | undefined>
	readonly _extendedAttrs: Record<number, object | undefined>
	resize(cols: number, fill: unknown): boolean
	copyCellsFrom(source: Line, from: number, to: number, length: number): void
}

interface Buffer {
	readonly lines: { readonly length: number; maxLength: number; get(index: number): Line | undefined }
	readonly ybase: number
	savedX: number
	savedY: number
	readonly tabs: Record<number, boolean | undefined>
	readonly _cols: number
	readonly _rows: number
	getNullCell(): unknown
}

/** As much of an xterm's inside as is touched here. */
export interface Resizing {
	buffers: { normal: Buffer; alt: Buffer; resize(cols: number, rows: number): void }
	_inputHandler: { _parser: { precedingJoinState: number } }
}

/**
 * The emulator moves its lines to another width by rules of its own, which also depend on what no screen shows and no
 * snapshot tells: that is put in order before. What the rules leave behind that no output makes is put in order after.
 */
export function settleResizes({ buffers, _inputHandler: handler }: Resizing): void {
	Object.assign(Object.getPrototypeOf(buffers.normal.lines.get(0)), { copyCellsFrom })
	const resize = buffers.resize.bind(buffers)
	buffers.resize = (cols, rows) => {
		settle(buffers.normal)
		settle(buffers.alt)
		resize(cols, rows)
		settle(buffers.normal)
		settle(buffers.alt)
		// An empty screen is not made smaller, and would later scroll into lines above it.
		buffers.alt.lines.maxLength = rows
		// The character that the next one would join may stand elsewhere.
		handler._parser.precedingJoinState = 0
	}
}

function settle(buffer: Buffer): void {
	const { lines, tabs, _cols: cols, _rows: rows } = buffer
	buffer.savedX = Math.min(buffer.savedX, cols - 1)
	buffer.savedY = Math.min(buffer.savedY, buffer.ybase + rows - 1)
	for (const key of Object.keys(tabs)) if (Number(key) >= cols) delete tabs[Number(key)]
	for (let index = 0; index < lines.length; index++) {
		const line = lines.get(index)
		if (line === undefined) continue
		// Lines of the alternate screen keep cells beyond its width.
		if (line.length > cols) line.resize(cols, buffer.getNullCell())
		blankHalves(line)
		keepPlain(line)
	}
}

/** Empty cells of a look that erasing does not give can only be made beside a cell that is another. */
function keepPlain({ _data: data, length }: Line): void {
	for (let at = 0; at < length * 3; at += 3)
		if (((data[at] ?? 0) & CONTENT) !== 0 || (data[at + 1] === 0 && ((data[at + 2] ?? 0) & ~COLOR) === 0)) return
	data[1] = 0
	data[2] = (data[2] ?? 0) & COLOR
}

/** Each cell takes its own text along. The emulator's way loses texts where several move within one line. */
function copyCellsFrom(this: Line, source: Line, from: number, to: number, length: number): void {
	const cells = source._data.subarray(from * 3, (from + length) * 3)
	const texts = source === this ? { ...source._combined } : source._combined
	const attributes = source === this ? { ...source._extendedAttrs } : source._extendedAttrs
	for (let cell = 0; cell < length; cell++) {
		if ((cells[cell * 3] ?? 0) & COMBINED) this._combined[to + cell] = texts[from + cell]
		if ((cells[cell * 3 + 2] ?? 0) & HAS_EXTENDED) this._extendedAttrs[to + cell] = attributes[from + cell]
	}
	this._data.set(cells, to * 3)
}

/** Bits of a cell's content. */
const CONTENT = 0x3fffff
const COMBINED = 0x200000
/** Bits of its background. */
const COLOR = 0x3ffffff
const HAS_EXTENDED = 0x10000000
