// Everything that two terminals must agree on, as a value that an assertion can compare.
import type { Terminal } from "../../../connector/holder/terminal.ts"
import {
	type Attributes,
	BG,
	type Buffer,
	CELL,
	COLOR,
	type Core,
	type ExtendedAttributes,
	FG,
} from "../../../connector/holder/xterm-core.ts"

export function stateOf({ core }: Pick<Terminal, "core">) {
	const { normal, alt, active } = core.buffers
	const { coreService, coreMouseService, _inputHandler: handler, _charsetService: charsets } = core
	const isAlt = active === alt
	return {
		size: [core.cols, core.rows],
		normal: buffer(core, normal, !isAlt),
		alt: isAlt ? buffer(core, alt, true) : null,
		pen: attributes(core, handler._curAttrData),
		modes: { ...coreService.decPrivateModes, ...coreService.modes, isCursorHidden: coreService.isCursorHidden },
		mouse: [coreMouseService.activeProtocol, coreMouseService.activeEncoding],
		options: [core.optionsService.rawOptions.cursorBlink, core.optionsService.rawOptions.convertEol],
		charsets: [charsets.glevel, charsets.charset, ...[0, 1, 2, 3].map((g) => charsets._charsets[g])],
		title: handler._windowTitle,
		titles: handler._windowTitleStack,
		parser: [handler._parser.currentState, ...handler._utf8Decoder.interim],
		/** How the last character was wide, and whether the next may join it. */
		join: handler._parser.currentState === 0 ? handler._parser.precedingJoinState !== 0 : null,
	}
}

function buffer(core: Core, { lines, x, y, ybase, ...rest }: Buffer, isActive: boolean) {
	const { scrollTop, scrollBottom, savedX, savedY, savedCurAttrData, savedCharset, tabs } = rest
	return {
		lines: Array.from({ length: lines.length }, (_, index) => line(core, lines.get(index))),
		ybase,
		/** A hidden screen's cursor moves nothing but by its row, when the size changes. */
		cursor: [isActive ? x : null, y],
		region: [scrollTop, scrollBottom],
		saved: {
			x: Math.min(savedX, core.cols - 1),
			y: Math.min(savedY - ybase, core.rows - 1),
			pen: attributes(core, savedCurAttrData),
			charset: savedCharset,
		},
		tabs: Array.from({ length: core.cols }, (_, column) => tabs[column] === true),
	}
}

/** Text of a line, with the columns where the look changes. A wrapped line begins with ↩, an empty cell is ·. */
function line(core: Core, line: ReturnType<Buffer["lines"]["get"]>): string {
	if (line === undefined) return "(none)"
	let text = line.isWrapped ? "↩" : ""
	let shown = "[]"
	let last: Attributes = { fg: 0, bg: 0, extended: NONE }
	for (let column = 0; column < core.cols; column++) {
		const content = line._data[column * 3] ?? 0
		const width = content >>> CELL.WIDTH_SHIFT
		if (width === 0) {
			text += "‹"
			continue
		}
		const bg = line._data[column * 3 + 2] ?? 0
		const extended = (bg & BG.HAS_EXTENDED && line._extendedAttrs[column]) || NONE
		const now: Attributes = { fg: line._data[column * 3 + 1] ?? 0, bg, extended }
		if (now.fg !== last.fg || now.bg !== last.bg || now.extended !== last.extended) {
			const look = JSON.stringify(attributes(core, now))
			if (look !== shown) text += look
			shown = look
			last = now
		}
		if (content & CELL.COMBINED) text += `(${line._combined[column]})`
		else text += content & CELL.CODE_POINT ? String.fromCodePoint(content & CELL.CODE_POINT) : "·"
		if (width === 2) text += "›"
	}
	return text
}

const NONE: ExtendedAttributes = { _ext: 0, underlineColor: 0, urlId: 0 }

function attributes(core: Core, { fg, bg, extended }: Attributes): unknown[] {
	const look_ = [...look(fg, FG), ...look(bg & ~BG.HAS_EXTENDED, BG)]
	const isExtended = (bg & BG.HAS_EXTENDED) !== 0
	// A plain underline is the same however it was asked for.
	const style = isExtended && fg & FG.UNDERLINE ? (extended._ext >>> 26) & 7 : 0
	const colour = isExtended && fg & FG.UNDERLINE ? look(extended.underlineColor, {}) : []
	if (style > 1 || colour.length > 0) look_.push(`style ${style} colour ${colour}`)
	const link = isExtended ? core._oscLinkService.getLinkData(extended.urlId)?.uri : undefined
	if (link !== undefined) look_.push(`link ${link}`)
	return look_
}

/** Colour and flags; a palette colour has bits of an older one beside it that mean nothing. */
function look(bits: number, flags: Record<string, number>): (string | number)[] {
	const mode = bits & COLOR.MODE
	const set = Object.entries(flags).filter(([, flag]) => bits & flag)
	const color = mode === 0 ? 0 : mode === COLOR.RGB ? bits & COLOR.VALUE : bits & 255
	return mode === 0 && set.length === 0 ? [] : [`${mode >>> 24}:${color}`, ...set.map(([name]) => name)]
}
