// Wide characters of the emulator are whole: where one half is overwritten or cut off, the other becomes an empty cell.

export interface Cells {
	readonly length: number
	/** Three numbers a cell: content, foreground, background. */
	readonly _data: Uint32Array
}

interface Line extends Cells {
	setCellFromCodepoint(column: number, codePoint: number, width: number, pen: object): void
}

type Params = { params: (number | number[])[] }

/** As much of an xterm's inside as is touched here. */
export interface Writing {
	readonly cols: number
	buffers: {
		active: {
			y: number
			ybase: number
			scrollTop: number
			scrollBottom: number
			lines: { get(index: number): Line | undefined }
		}
	}
	coreService: { decPrivateModes: { wraparound: boolean } }
	_inputHandler: {
		_curAttrData: object
		print(data: Uint32Array, start: number, end: number): void
		insertChars(params: Params): boolean
		insertColumns(params: Params): boolean
	}
}

interface Parser {
	registerCsiHandler(
		id: { intermediates?: string; final: string },
		handler: (params: (number | number[])[]) => boolean,
	): unknown
}

/** The emulator does the same itself, but for these. */
export function keepWhole(parser: Parser, core: Writing): void {
	const { _inputHandler: handler } = core
	const lineAt = (row: number) => core.buffers.active.lines.get(core.buffers.active.ybase + row)

	parser.registerCsiHandler({ final: "@" }, (params) => {
		handler.insertChars({ params })
		const line = lineAt(core.buffers.active.y)
		if (line !== undefined) blankHalves(line)
		return true
	})
	parser.registerCsiHandler({ intermediates: "'", final: "}" }, (params) => {
		handler.insertColumns({ params })
		const { scrollTop, scrollBottom } = core.buffers.active
		for (let row = scrollTop; row <= scrollBottom; row++) {
			const line = lineAt(row)
			if (line !== undefined) blankHalves(line)
		}
		return true
	})

	const print = handler.print.bind(handler)
	handler.print = (data, start, end) => {
		print(data, start, end)
		// Where nothing wraps, what is beyond the end is written over the last cell, which may be a second half.
		if (core.coreService.decPrivateModes.wraparound) return
		const line = lineAt(core.buffers.active.y)
		const column = core.cols - 2
		if (line !== undefined && widthAt(line._data, column) === 2 && !isSecondHalf(line._data, column + 1))
			line.setCellFromCodepoint(column, 0, 1, handler._curAttrData)
	}
}

export function blankHalves({ _data: data, length }: Cells): void {
	for (let column = 0; column < length; column++) {
		const isWide = widthAt(data, column) === 2
		if (isWide && column + 1 < length && isSecondHalf(data, column + 1)) column++
		else if (isWide || isSecondHalf(data, column)) data[column * 3] = EMPTY
	}
}

/** It has no width and no content. */
function isSecondHalf(data: Uint32Array, column: number): boolean {
	return (data[column * 3] ?? 0) === 0
}

function widthAt(data: Uint32Array, column: number): number {
	return (data[column * 3] ?? 0) >>> WIDTH_SHIFT
}

const WIDTH_SHIFT = 22
/** No content, one cell wide. */
const EMPTY = 1 << WIDTH_SHIFT
