// Runs of text that stand out on the screen by how they are drawn: the chosen one of several buttons may show by that alone.
import { BG, type BufferLine, COLOR, FG } from "./xterm-core.ts"

export interface Run {
	row: number
	text: string
	/** Equal for runs that are drawn in the same way. */
	style: number
}

/** A screen of colours has no button to be chosen. */
const MOST = 500

/** Those with a background, inverted or underlined, in the given lines; null for a line of which nothing may be told. */
export function runsOf(lines: readonly (BufferLine | null)[], cols: number): Run[] {
	const runs: Run[] = []
	const styles = new Map<string, number>()
	for (const [row, line] of lines.entries()) {
		if (line === null) continue
		for (let column = 0; column < cols; ) {
			const start = column
			const drawn = look(line, column)
			do column++
			while (column < cols && look(line, column) === drawn)
			if (drawn === "") continue
			const text = line.translateToString(false, start, column)
			if (text.trim() === "") continue
			if (runs.length === MOST) return []
			const style = styles.get(drawn) ?? styles.size
			styles.set(drawn, style)
			runs.push({ row, text, style })
		}
	}
	return runs
}

/** In which colour and weight each line begins: equal for equal ones, 0 for a blank one. */
export function inksOf(lines: readonly (BufferLine | null)[], cols: number): number[] {
	const known: number[] = []
	return lines.map((line) => {
		const column = line?.translateToString(true).search(/\S/) ?? -1
		if (line === null || column < 0 || column >= cols) return 0
		const ink = (line._data[column * 3 + 1] ?? 0) & ~FG.BLINK
		if (!known.includes(ink)) known.push(ink)
		return known.indexOf(ink) + 1
	})
}

/** How a cell is drawn; empty where it does not stand out. */
function look(line: BufferLine, column: number): string {
	const fg = line._data[column * 3 + 1] ?? 0
	const bg = line._data[column * 3 + 2] ?? 0
	const stands = fg & (FG.INVERSE | FG.UNDERLINE)
	if (stands === 0 && (bg & COLOR.MODE) === 0) return ""
	return `${fg & ~FG.BLINK}:${bg & ~(BG.HAS_EXTENDED | BG.PROTECTED)}`
}
