// All that a terminal holds, as text: two terminals are equal where these are. Reads private fields of the pinned xterm.
import type { IBufferCell, IBufferLine, IBufferNamespace } from "@xterm/headless"
import type { Terminal } from "./terminal.ts"

interface Pen {
	fg: number
	bg: number
	extended: { ext: number; urlId: number }
}

interface InnerBuffer {
	x: number
	y: number
	ybase: number
	scrollTop: number
	scrollBottom: number
	savedX: number
	savedY: number
	savedCurAttrData: Pen
	tabs: Record<number, boolean | undefined>
	lines: { length: number }
}

interface Inner {
	_core: {
		_bufferService: { buffers: { normal: InnerBuffer; alt: InnerBuffer; active: InnerBuffer } }
		_charsetService: { glevel: number; charset?: object }
		coreService: { modes: object; decPrivateModes: object; isCursorHidden: boolean }
		coreMouseService: { activeProtocol: string; activeEncoding: string }
		_inputHandler: { _curAttrData: Pen; _windowTitle: string }
	}
}

export function screenState(terminal: Terminal): string {
	const core = (terminal as unknown as Inner)._core
	const { normal, alt, active } = core._bufferService.buffers
	return [
		`size ${terminal.cols}x${terminal.rows}`,
		`active ${active === normal ? "normal" : "alternate"}`,
		`title ${core._inputHandler._windowTitle}`,
		`modes ${JSON.stringify({ ...core.coreService.modes, ...core.coreService.decPrivateModes })}`,
		`cursor ${core.coreService.isCursorHidden ? "hidden" : "shown"}`,
		`mouse ${core.coreMouseService.activeProtocol} ${core.coreMouseService.activeEncoding}`,
		`charset ${core._charsetService.glevel} ${JSON.stringify(core._charsetService.charset ?? null)}`,
		`pen ${pen(core._inputHandler._curAttrData)}`,
		...bufferState("normal", normal, terminal.buffer.normal),
		// The alternate buffer is empty and unseen unless it is the active one: entering it clears it.
		...(active === alt ? bufferState("alternate", alt, terminal.buffer.alternate) : []),
	].join("\n")
}

/** Where two states differ first, for a person; null where they do not. */
export function firstDifference(one: string, other: string): string | null {
	if (one === other) return null
	const left = one.split("\n")
	const right = other.split("\n")
	const at = left.findIndex((line, index) => line !== right[index])
	return `line ${at} of ${left.length}/${right.length}:\n- ${left[at] ?? "(nothing)"}\n+ ${right[at] ?? "(nothing)"}`
}

function bufferState(name: string, inner: InnerBuffer, buffer: IBufferNamespace["normal"]): string[] {
	const lines: string[] = [
		`${name} lines ${buffer.length} base ${inner.ybase}`,
		`${name} cursor ${inner.x},${inner.y} region ${inner.scrollTop}-${inner.scrollBottom}`,
		`${name} saved ${inner.savedX},${inner.savedY} ${pen(inner.savedCurAttrData)}`,
		`${name} tabs ${Object.keys(inner.tabs).filter((column) => inner.tabs[Number(column)])}`,
	]
	for (let y = 0; y < buffer.length; y++) {
		const line = buffer.getLine(y)
		lines.push(line === undefined ? "none" : lineState(line))
	}
	return lines
}

function lineState(line: IBufferLine): string {
	let text = line.isWrapped ? "~" : ":"
	let style = ""
	let cell: IBufferCell | undefined
	for (let x = 0; x < line.length; x++) {
		cell = line.getCell(x, cell)
		if (cell === undefined) break
		const now = cellStyle(cell)
		if (now !== style) text += `{${now}}`
		style = now
		text += cell.getChars() === "" ? (cell.getWidth() === 0 ? "" : "\0") : cell.getChars()
	}
	// Trailing empty cells of the default style look the same whether they were ever touched.
	return text.replace(/\0+$/, "")
}

function cellStyle(cell: IBufferCell): string {
	if (cell.isAttributeDefault()) return ""
	const { extended } = cell as unknown as { extended: { ext: number } }
	const flags = [
		cell.isBold() && "bold",
		cell.isDim() && "dim",
		cell.isItalic() && "italic",
		cell.isUnderline() && "underline",
		cell.isBlink() && "blink",
		cell.isInverse() && "inverse",
		cell.isInvisible() && "invisible",
		cell.isStrikethrough() && "strike",
		cell.isOverline() && "overline",
	].filter(Boolean)
	return `${cell.getFgColorMode()}/${cell.getFgColor()},${cell.getBgColorMode()}/${cell.getBgColor()},${flags},${extended.ext}`
}

function pen({ fg, bg, extended }: Pen): string {
	return `${fg >>> 0},${bg >>> 0},${extended.ext}`
}
