// Menus: rows of options, one of which is marked.
import type { Option } from "../../../protocol/attention.ts"
import { FREE_TEXT } from "../rules/generic.ts"
import type { Dialog } from "../rules/rule-set.ts"
import { clackFrame } from "./clack.ts"
import { asksLeave, type Choice, confirmKey, distinct, meaning, moves, readLabel, submitKey } from "./option.ts"
import { findQuestion } from "./question.ts"
import { excerpt, foot, isBlank, isContinued, isHint, joined, lineAt, type Scene } from "./scene.ts"
import type { Line } from "./screen.ts"
import type { Found } from "./verdict.ts"

export interface Menu {
	choices: Choice[]
	/** Which is marked; -1 where one cannot tell, so that its keys are not known. */
	selected: number
	/** Its first and last row. */
	from: number
	to: number
	/** The marker is one that text has as well. */
	isWeak: boolean
	/** Several may be chosen, by the space bar. */
	isMultiple: boolean
}

const STRONG = "❯›▶▸●◉➤➜»☞▪■◆⏵"
const WEAK = ">→*•"
const NUMBERED = new RegExp(
	`^(?:(?<marker>[${STRONG}${WEAK}])\\s*)?(?:\\[(?<box>[ xX✓✔*])\\]\\s*|(?<glyph>[○◯◻◼☐☑☒])\\s*)?(?<number>\\d{1,2})[.)]\\s+(?<label>\\S.*)$`,
	"u",
)
const MARKED = new RegExp(`^(?<marker>[${STRONG}${WEAK}])\\s*(?<rest>\\S.*)$`, "u")
const BOX = /^\[[ xX✓✔*]\]\s+/u
const GLYPH = /^(?:[○◯◉●◻◼☐☑☒⬡⬢]|\[[ xX✓✔*]\]|\([ xX*•]\))\s+(?=\S)/u
const RADIO = /^(?:[❯›>▶]\s*)?(?<glyph>[○◯◉●◻◼☐☑☒])\s+(?<label>\S.*)$/u
const RADIO_ON = /[◉●◼☑☒]/u
/** As clack draws a hint, and as prompts does, which says in the question's row how one chooses. */
const HINT_IN_FRAME = /(?<=\S)\s+\([^()]*\)$/u
const HINT_OF_PROMPTS = /(?<=\S) - .*$/u
const ASKED_BY_PROMPTS = /^\? .* › - /u
const TICKED = /[◉●◼☑☒⬢xX✓✔*•]/u

export function findMenu(scene: Scene): Found | null {
	const menu = numbered(scene) ?? radio(scene) ?? marked(scene)
	return menu === null ? null : told(scene, menu)
}

function told(scene: Scene, menu: Menu): Found | null {
	const { lines, last } = scene
	const question = findQuestion(scene, menu.from)
	const below = joined(scene, menu.to + 1, last)
	const { dialog } = question
	const labels = menu.choices.map(({ label }) => label)
	const hasHints = isHint(below) || isHint(question.near)
	if (menu.isWeak && !(hasHints || question.isMarked || (question.isAsked && asksLeave(labels)))) return null
	if (dialog === null && !hasHints && !question.isAsked && !question.isMarked && menu.choices[0]?.number === null)
		return null
	if (question.text === "" && !hasHints) return null
	const foot = menuRule(scene, menu.to) ?? null
	if (dialog === null && foot === null && (isWritten(scene, menu) || (!hasHints && isPrinted(scene, menu)))) return null
	const keys = keysOf(scene, menu, below, dialog, foot !== null)
	// Where only colour marks, a digit chooses all the same, but where a field is open for words: the cursor stands in it.
	const isColoured = foot?.isMarkedByColour === true
	const { isCursorHidden } = scene.screen
	const isOpen = isColoured && isCursorHidden === false
	const isKnownHere = isColoured ? isCursorHidden === true : menu.selected !== -1
	const known = isKnownHere ? menu.choices : []
	const options: Option[] = known.map(({ label }, index) => ({
		label,
		keys: keys[index] ?? "",
		means: meaning(label),
	}))
	// Options are ticked there; what goes on from them stands among the tabs.
	if (foot !== null && menu.isMultiple) options.push({ label: "Next", keys: "\t", means: "other" })
	const isKnown =
		dialog?.kind === "approval" &&
		!labels.some((label) => FREE_TEXT.test(label)) &&
		options.some(({ means }) => means === "yes" || means === "always")
	const isLeave = !menu.isMultiple && (isKnown || asksLeave(labels))
	// What no rule knows must ask, and stand where programs draw: documents show menus, too, and deeper.
	const isKnownWell = dialog !== null || foot !== null || hasHints
	const isDeep =
		(lineAt(scene, menu.from)?.indent ?? 0) > 3 && (lineAt(scene, menu.from)?.room ?? 0) >= scene.screen.cols
	const isStated = menu.choices[0]?.number !== null && !menu.isWeak && !/[:：]$/u.test(question.text)
	if (isLeave && !isKnownWell && (isDeep || !(/[?？]/u.test(question.text) || isStated))) return null
	const kind = isLeave ? "approval" : "choice"
	return {
		is: "request",
		kind,
		text: question.text,
		subject: isLeave ? question.subject : null,
		options: distinct(options),
		selected: menu.selected === -1 ? null : menu.selected,
		takesText: isOpen || FREE_TEXT.test(labels[menu.selected] ?? ""),
		rule: question.rule ?? (foot === null ? "generic/menu@1" : `${scene.own?.id}/${foot.id}@${scene.own?.version}`),
		confidence: dialog !== null || foot !== null ? 0.97 : hasHints ? 0.93 : menu.isWeak ? 0.8 : 0.88,
		excerpt: excerpt(scene, Math.max(question.from, menu.from - 40, lines.length - 60) - 1),
	}
}

/** The runtime's own rule for a menu that ends in this row. */
function menuRule(scene: Scene, to: number) {
	const below = joined(scene, to + 1, scene.last)
	return scene.own?.menus.find(({ foot }) => foot.test(below))
}

/** Nothing shows that anything reads: the cursor stands, for all to see, at the start of the row after the text. */
function isPrinted({ screen, last }: Scene, { to }: Menu): boolean {
	return screen.isCursorHidden === false && last === to && screen.cursor.x === 0 && screen.cursor.y > last
}

/** The field of an agent, in which somebody writes several rows: the cursor stands in them, or in the empty one below. */
function isWritten(scene: Scene, { choices, selected, from, to }: Menu): boolean {
	const { cursor, isCursorHidden } = scene.screen
	if (cursor.y < from || cursor.y > to + 1 || FREE_TEXT.test(choices[selected]?.label ?? "")) return false
	const line = lineAt(scene, cursor.y)
	// Agents that draw a cursor of their own leave the terminal's there, and a rule above the field and below it.
	if (isCursorHidden === true)
		return cursor.x > 0 && lineAt(scene, from - 1)?.isBorder === true && lineAt(scene, to + 1)?.isBorder === true
	if (scene.own === null) return false
	return isBlank(line) ? cursor.x === lineAt(scene, to)?.indent : cursor.x > (line?.indent ?? 0) + 2
}

/**
 * A digit or a letter chooses at once. Else it is moves and the key that confirms, which are not to be typed together:
 * programs that draw from a state confirm what was marked before the moves.
 */
function keysOf(
	scene: Scene,
	{ choices, selected, isMultiple }: Menu,
	below: string,
	dialog: Dialog | null,
	isNumbered: boolean,
): string[] {
	const takesNumbers = isNumbered || dialog?.takesNumbers === true
	const { screen } = scene
	const marked = choices[selected]
	// Where the marked option is a field to type in, the cursor stands in it, and digits are text.
	const { cursor } = screen
	const isField =
		takesNumbers &&
		cursor.y === marked?.y &&
		cursor.x >= (marked.column ?? screen.cols) &&
		cursor.x <= (lineAt(scene, cursor.y)?.end ?? 0)
	return choices.map(({ label, hint, number, isOn }, index) => {
		if (isField && index !== selected && dialog?.escapes === true && meaning(label) === "no") return "\x1b"
		if (!isField && takesNumbers && number !== null && number < 10) return String(number)
		if (!isField && hint !== null && /^(?:[a-z]|\x1b)$/i.test(hint)) return hint
		if (marked === undefined) return ""
		const confirm = isMultiple ? `${isOn === true ? "" : " "}${submitKey(below)}` : confirmKey(below)
		return `${moves(screen, index - selected)}${confirm}`
	})
}

/** "❯ 1. Yes": consecutive numbers in one column, one of them marked. */
function numbered(scene: Scene): Menu | null {
	const bottom = foot(scene, ({ text }) => NUMBERED.test(text))
	const rows: { line: Line; number: number; marker: string; column: number; label: string; box: string | undefined }[] =
		[]
	let last = -1
	for (let y = bottom; y >= 0; y--) {
		const line = lineAt(scene, y)
		if (line === undefined) break
		const match = line.text === "" ? null : NUMBERED.exec(line.text)
		const expected = rows[0] === undefined ? null : rows[0].number - 1
		if (match?.groups !== undefined) {
			const number = Number(match.groups.number)
			const at = line.text.indexOf(match.groups.number ?? "")
			const column = line.indent + at + String(number).length
			if ((expected === null || number === expected) && (rows[0] === undefined || rows[0].column === column)) {
				if (last === -1) last = y
				const { marker = "", label = "", box = BOX.exec(label)?.[0] } = match.groups
				rows.unshift({ line, number, marker, column, label: label.replace(BOX, ""), box: box ?? match.groups.glyph })
				if (number === 1) break
				continue
			}
		}
		// Descriptions and the rest of a label stand deeper; blanks and rules stand between.
		const isInside = isBlank(line) || line.indent >= (rows[0]?.column ?? 3) - 1
		if (!isInside || (rows[0]?.line.y ?? bottom) - y > 8) return null
	}
	if (rows.length < 2 || rows[0]?.number !== 1) return null
	const selected = rows.findIndex(({ marker }) => marker !== "")
	const end = lastRow(scene, last, bottom, rows[0].column)
	if (selected === -1 && menuRule(scene, end)?.isMarkedByColour !== true) return null
	if (rows.some(({ marker }, index) => marker !== "" && index !== selected)) return null
	const choices = rows.map(({ line, number, column, label, box = "" }, index) => {
		const limit = rows[index + 1]?.line.y ?? end + 1
		let whole = label
		for (let y = line.y; y + 1 < limit && isContinued(scene, y); y++) whole += ` ${lineAt(scene, y + 1)?.text}`
		return { y: line.y, number, column: column + 2, isOn: TICKED.test(box), ...readLabel(whole) }
	})
	const isMultiple = rows[0].box !== undefined
	return { choices, selected, from: rows[0].line.y, to: end, isWeak: isWeak(rows[selected]?.marker), isMultiple }
}

/** The last row of the last option: what goes on deeper below it belongs to it. */
function lastRow(scene: Scene, y: number, bottom: number, column: number): number {
	let end = y
	while (end < bottom && !isBlank(lineAt(scene, end + 1)) && (lineAt(scene, end + 1)?.indent ?? 0) >= column) end++
	return end
}

/** "● Yes" above "○ No": each has a glyph. */
function radio(scene: Scene): Menu | null {
	const bottom = foot(scene, ({ text }) => RADIO.test(text))
	const rows: { y: number; isOn: boolean; isHere: boolean; label: string }[] = []
	for (let y = bottom; y >= 0; y--) {
		const text = lineAt(scene, y)?.text ?? ""
		const { glyph = "", label = "" } = RADIO.exec(text)?.groups ?? {}
		if (glyph === "") break
		rows.unshift({ y, isOn: RADIO_ON.test(glyph), isHere: /^[❯›>▶]/u.test(text), label })
	}
	const first = rows[0]
	if (first === undefined || rows.length < 2) return null
	const on = rows.filter(({ isOn }) => isOn).length
	const isMultiple = /[◻◼☐☑☒◯◉]/u.test(lineAt(scene, first.y)?.text ?? "")
	const pointed = rows.findIndex(({ isHere }) => isHere)
	const here = pointed === -1 && isMultiple ? drawnApart(scene, rows) : pointed
	if (here === -1 && on !== 1) return null
	const selected = here === -1 && !isMultiple ? rows.findIndex(({ isOn }) => isOn) : here
	const drawn = rows.map(({ label }) => label)
	const isFramed = first.y > (clackFrame(scene)?.top ?? scene.last)
	const labels = isFramed ? withoutHints(drawn, HINT_IN_FRAME) : drawn
	const choices = rows.map(({ y, isOn }, index) => ({
		...{ y, number: null, column: null, isOn },
		...readLabel(labels[index] ?? ""),
	}))
	return { choices, selected, from: first.y, to: bottom, isWeak: false, isMultiple }
}

/** Where a hint is drawn behind the marked option alone: an option has the same name wherever the marker is. */
function withoutHints(labels: string[], hint: RegExp): string[] {
	const names = labels.map((label) => label.replace(hint, ""))
	return new Set(names).size === names.length ? names : labels
}

/** The only row whose label stands out; -1 where that is none, or several. */
function drawnApart({ screen }: Scene, rows: readonly { y: number; label: string }[]): number {
	const apart = rows.filter(({ y, label }) => screen.runs?.some(({ row, text }) => row === y && text.includes(label)))
	return apart.length === 1 && apart[0] !== undefined ? rows.indexOf(apart[0]) : -1
}

/** "❯ Vanilla" above or below "  Vue": the others stand in the marked one's column. */
function marked(scene: Scene): Menu | null {
	const bottom = foot(scene, (line) => MARKED.test(line.text) && !isHint(line.text) && !isAskedBelow(scene, line))
	let top = bottom
	while (top > 0 && (!isBlank(lineAt(scene, top - 1)) || isDivider(lineAt(scene, top - 1))) && bottom - top < 40) top--
	const group = scene.lines.slice(Math.max(0, top), bottom + 1)
	const marks = group.filter((line) => MARKED.test(line.text) && !isAskedBelow(scene, line))
	const mark = marks.find(({ text }) => !isWeak(text[0])) ?? marks.at(-1)
	if (mark === undefined || marks.some((line) => line !== mark && line.indent === mark.indent)) return null
	const { marker = "", rest = "" } = MARKED.exec(mark.text)?.groups ?? {}
	const column = mark.indent + mark.text.length - rest.length
	const choices: Choice[] = []
	let from = mark.y
	for (let y = mark.y - 1; y >= top && (lineAt(scene, y)?.indent ?? -1) >= column; y--) from = y
	let isMultiple = false
	for (const { y, indent, text } of group.slice(from - Math.max(0, top))) {
		if (y > mark.y && indent < column) return null
		if (text === "" || (y !== mark.y && indent > column)) continue
		let isOn = false
		const label = (y === mark.y ? rest : text).replace(GLYPH, (glyph) => {
			isMultiple = true
			isOn = TICKED.test(glyph)
			return ""
		})
		choices.push({ y, number: null, column: null, isOn, ...readLabel(label) })
	}
	if (choices.length < 2 || choices.some(({ label }) => label === "")) return null
	const selected = choices.findIndex(({ y }) => y === mark.y)
	if (ASKED_BY_PROMPTS.test(lineAt(scene, from - 1)?.text ?? "")) {
		const drawn = choices.map(({ label }) => label)
		const labels = withoutHints(drawn, HINT_OF_PROMPTS)
		for (const [index, choice] of choices.entries()) choice.label = labels[index] ?? choice.label
	}
	return { choices, selected, from, to: bottom, isWeak: isWeak(marker), isMultiple }
}

/** "◆  Which?" above "│  this": the diamond is of the question, and the bar of what is asked below it. */
function isAskedBelow({ screen }: Scene, { y, text }: Line): boolean {
	return /^[◆◇▲■]/u.test(text) && /^\s*│/u.test(screen.lines[y + 1] ?? "")
}

/** A rule between options stands as deep as they do. */
function isDivider(line: Line | undefined): boolean {
	return line?.isBorder === true && line.indent > 1
}

function isWeak(marker: string | undefined): boolean {
	return marker !== undefined && WEAK.includes(marker)
}
