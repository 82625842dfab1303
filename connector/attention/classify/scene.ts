// A screen as the rules look at it: its rows without boxes, where it ends, and what may stand below a dialog.
import { HINT, HINT_WORDS } from "../rules/generic.ts"
import type { RuleSet } from "../rules/rule-set.ts"
import { type Line, readLines, type Screen } from "./screen.ts"

export interface Scene {
	screen: Screen
	rules: readonly RuleSet[]
	/** Of the session's own runtime; null where there are none. */
	own: RuleSet | null
	lines: readonly Line[]
	/** The last row that has any text; -1 on a blank screen. */
	last: number
}

export function readScene(screen: Screen, rules: readonly RuleSet[], runtime: string | null): Scene {
	const lines = readLines(screen)
	const own = rules.find(({ id }) => id === runtime) ?? null
	return { screen, rules, own, lines, last: lines.findLastIndex(({ text }) => text !== "") }
}

export function lineAt({ lines }: Scene, y: number): Line | undefined {
	return y < 0 ? undefined : lines[y]
}

export function isBlank(line: Line | undefined): boolean {
	return line === undefined || line.text === ""
}

/** Tells keys and what they do; a row of text does not. */
export function isHint(text: string): boolean {
	if (text.length > 240) return false
	return HINT.test(text) || HINT_WORDS.test(text)
}

/** The last row above what may stand below a dialog that waits: its hints, a spinner that waits with it, a status bar. */
export function foot(scene: Scene, isPart: (line: Line) => boolean): number {
	const { lines, screen, rules, last } = scene
	let y = last
	while (y >= 0) {
		const line = lines[y] as Line
		// What a menu shows of the marked option stands between dashed rules.
		const top = isDashed(line) ? scene.lines.findLastIndex((other) => other.y < y && isDashed(other)) : -1
		if (top !== -1 && y - top < 20) {
			y = top - 1
			continue
		}
		if (line.text !== "" && (isPart(line) || !(mayStandBelow(line) || isStatus(line)))) return y
		y--
	}
	return -1

	function isDashed({ y, isBorder }: Line): boolean {
		return isBorder && /^\s*╌{8,}\s*$/u.test(screen.lines[y] ?? "")
	}

	function mayStandBelow({ text }: Line): boolean {
		return isHint(text) || rules.some(({ below }) => below.some((pattern) => pattern.test(text)))
	}

	/** At the bottom of a full screen, away from the cursor and from the rows above. */
	function isStatus(line: Line): boolean {
		if (line.y < screen.rows - 2 || screen.cursor.y >= line.y) return false
		return !/[$#>❯›]\s*$/u.test(line.text)
	}
}

/** The rows from `y` up that the text of row `y` begins in, where rows were filled before it. */
export function paragraphStart(scene: Scene, y: number): number {
	let start = y
	while (start > 0 && start > y - 8 && isContinued(scene, start - 1)) start--
	return start
}

/** Whether the first word of the next row had no room in this one. */
export function isContinued(scene: Scene, y: number): boolean {
	const line = lineAt(scene, y)
	const next = lineAt(scene, y + 1)
	if (isBlank(line) || isBlank(next) || line === undefined || next === undefined) return false
	const word = /^\S+/.exec(next.text)?.[0].length ?? 0
	return line.end + 1 + Math.min(word, 40) > line.room - 1
}

/** A text over several rows, as one. */
export function joined(scene: Scene, from: number, to: number): string {
	return scene.lines
		.slice(from, to + 1)
		.map(({ text }) => text)
		.filter((text) => text !== "")
		.join(" ")
}

/** The rows of a request, and some above it. */
export function excerpt({ screen, last }: Scene, from: number): string[] {
	const rows = screen.lines.slice(Math.max(0, from), last + 1).map((row) => row.slice(0, 1_000))
	const first = rows.findIndex((row) => row.trim() !== "")
	return first === -1 ? [] : rows.slice(first).slice(-60)
}
