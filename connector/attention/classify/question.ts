// The question above a menu, the dialog that it belongs to, and what leave is asked for.
import type { Subject } from "../../../protocol/attention.ts"
import type { Dialog, SubjectRule } from "../rules/rule-set.ts"
import { isBlank, isHint, joined, lineAt, paragraphStart, type Scene } from "./scene.ts"
import type { Line } from "./screen.ts"

export interface Question {
	text: string
	/** The rows right above the options. */
	near: string
	/** It ends as a question does, or as a prompt. */
	isAsked: boolean
	/** It has the mark that prompts of command line tools begin with. */
	isMarked: boolean
	dialog: Dialog | null
	rule: string | null
	subject: Subject | null
	/** The first row that belongs to it. */
	from: number
}

/** Rows above the options in which it is looked for. */
const REACH = 40
const MARK = /^(?:\?|◆|🤷|\[\?\])\s+/u
const ASKED = /[?？]\s*(?:\(.*\)|\[.*\])?\s*(?:›.*)?$|[:：]\s*$/u

/** `top`: the first row of the options. */
export function findQuestion(scene: Scene, top: number): Question {
	const paragraphs = readParagraphs(scene, top)
	const known = match(scene, paragraphs)
	const nearest = paragraphs[0]
	const asked = paragraphs.slice(0, 5).find(({ text }) => ASKED.test(text) && !isCommand(text))
	const chosen = known?.paragraph ?? (nearest !== undefined && MARK.test(nearest.text) ? nearest : (asked ?? nearest))
	const text = chosen?.text ?? ""
	const question: Question = {
		text: clean(text).slice(0, 2_000),
		near: nearest?.text ?? "",
		isAsked: ASKED.test(text),
		isMarked: MARK.test(text),
		dialog: known?.dialog ?? null,
		rule: known?.rule ?? null,
		subject: null,
		from: paragraphs.at(-1)?.from ?? top,
	}
	for (const rule of known?.dialog.subjects ?? []) {
		if (known !== null) question.subject ??= findSubject(scene, rule, known.paragraph, top)
	}
	return question
}

interface Paragraph {
	text: string
	from: number
	to: number
}

/** From the nearest up; a text that goes on over several rows is one. */
function readParagraphs(scene: Scene, top: number): Paragraph[] {
	const paragraphs: Paragraph[] = []
	for (let y = top - 1; y >= Math.max(0, top - REACH) && paragraphs.length < 30; y--) {
		if (isBlank(lineAt(scene, y))) continue
		const from = paragraphStart(scene, y)
		const text = joined(scene, from, y)
		if (!isHintAlone(text)) paragraphs.push({ text, from, to: y })
		y = from
	}
	return paragraphs
}

function isHintAlone(text: string): boolean {
	return /^Instructions:$/.test(text) || (isHint(text) && !ASKED.test(text) && !MARK.test(text))
}

function isCommand(text: string): boolean {
	return /^[$#%] /.test(text)
}

interface Known {
	dialog: Dialog
	rule: string
	paragraph: Paragraph
	indent: number
}

/** What a dialog asks. Of several the least deep, then the first: what is asked for stands deeper or below, and may read like one. */
function match(scene: Scene, paragraphs: Paragraph[]): Known | null {
	let best: Known | null = null
	for (const paragraph of paragraphs.slice(0, 20)) {
		const text = clean(paragraph.text)
		const { indent } = lineAt(scene, paragraph.from) ?? { indent: 0 }
		if (best !== null && best.indent < indent) continue
		for (const { id, version, dialogs } of scene.rules) {
			const dialog = dialogs.find(({ asks }) => asks.test(text))
			if (dialog === undefined) continue
			best = { dialog, rule: `${id}/${dialog.id}@${version}`, paragraph, indent }
			break
		}
	}
	return best
}

function clean(text: string): string {
	return text
		.replace(MARK, "")
		.replace(/\s*(?:›|»)(?:\s*-? .*)?$/u, "")
		.replace(/\s*[([](?:use arrow|use the arrow|press <|↑|move up|type to)[^)\]]*[)\]]\s*$/iu, "")
		.trim()
}

function findSubject(scene: Scene, rule: SubjectRule, question: Paragraph, top: number): Subject | null {
	switch (rule.in) {
		case "question": {
			const text = rule.pattern.exec(clean(question.text))?.[1]
			if (text === undefined) return null
			return { is: rule.is, text: text.slice(0, 8_000), isWhole: false }
		}
		case "row":
			return inRow(scene, rule, question, top)
		case "block":
			return inBlock(scene, rule, question)
	}
}

/** The row that has the pattern: all of it where nothing else stands between the question and the options. */
function inRow(scene: Scene, rule: SubjectRule & { in: "row" }, question: Paragraph, top: number): Subject | null {
	const rows = scene.lines.slice(question.to + 1, top).filter(({ text }) => text !== "")
	const at = rows.findIndex(({ text }) => rule.pattern.test(text))
	const row = rows[at]
	if (row === undefined) return above(scene, rule, question)
	// Below a file stand its changes.
	const rest = rule.is === "file" ? [] : rows.slice(at + 1).map(({ text }) => text)
	const text = [rule.pattern.exec(row.text)?.[1] ?? "", ...rest].join("\n")
	// Rows of a command stand deeper than the first, and than the options: so no question among them is the dialog's own.
	// Many blank rows may be those of a command that goes on below them, out of sight.
	const indent = lineAt(scene, question.from)?.indent
	const isFramed = row.indent === indent && [top, top + 1].some((y) => lineAt(scene, y)?.indent === indent)
	const isWhole =
		isFramed &&
		rule.is === "command" &&
		rest.length === 0 &&
		top - row.y < 5 &&
		isPlain(text) &&
		fits(row) &&
		isAlone(scene, question)
	return { is: rule.is, text: text.slice(0, 8_000), isWhole }
}

/** In dialogs that ask below what they show. */
function above(scene: Scene, rule: SubjectRule & { in: "row" }, question: Paragraph): Subject | null {
	for (let y = question.from - 1; y >= Math.max(0, question.from - 12); y--) {
		const text = rule.pattern.exec(lineAt(scene, y)?.text ?? "")?.[1]
		if (text === undefined) continue
		const rest = rule.is === "file" ? "" : joined(scene, y + 1, question.from - 1)
		return { is: rule.is, text: rest === "" ? text : `${text}\n${rest}`, isWhole: false }
	}
	return null
}

/** What stands between a title and the question. Where that is more than one row, one cannot tell what belongs to it. */
function inBlock(scene: Scene, rule: SubjectRule & { in: "block" }, question: Paragraph): Subject | null {
	const { indent } = lineAt(scene, question.from) ?? { indent: 0 }
	let title = question.from - 1
	// What is asked for stands deeper than both, and may read like a title.
	while (
		title >= 0 &&
		!(lineAt(scene, title)?.indent === indent && rule.title.test(lineAt(scene, title)?.text ?? ""))
	) {
		if (--title < question.from - REACH) return null
	}
	if (title < 0) return null
	const block = scene.lines.slice(title + 1, question.from)
	// Rules around the command, the outermost, divide it from what else the dialog says.
	const edges = rule.is === "command" ? block.filter(({ isBorder }) => isBorder) : []
	const [top, end] = edges.length < 2 ? [-1, question.from] : [edges[0]?.y ?? -1, edges.at(-1)?.y ?? question.from]
	const all = block.filter(({ y, text }) => text !== "" && y > top && y < end)
	const deep = all.filter((row) => row.indent > indent)
	const rows = deep.length === 0 ? all : deep
	const [first] = rows
	if (first === undefined) return null
	const told = rule.isExplained === true ? withoutWords(scene, rows) : rows
	const text = told.map((row) => row.text).join("\n")
	const isFramed = first.indent > indent
	const isWhole = isFramed && rows.length === 1 && fits(first) && isPlain(text) && isAlone(scene, question)
	return { is: rule.is, text: text.slice(0, 8_000), isWhole }
}

/** Without the rows at the end in the colour of the dialog's foot, in which its first row is not. */
function withoutWords({ screen: { inks = [] }, last }: Scene, rows: Line[]): Line[] {
	const faint = inks[last] ?? 0
	const end = rows.findLastIndex(({ y }) => inks[y] !== faint)
	return faint === 0 || inks[rows[0]?.y ?? -1] === faint ? rows : rows.slice(0, end + 1)
}

/** It ends before the edge, so that none of it is on the next row or cut. */
function fits({ end, room }: Line): boolean {
	return end + 2 < room
}

/** Nothing that is cut, nor masked. */
function isPlain(text: string): boolean {
	return !/…|\.\.\.$|\*\*\*|[\u0000-\u001f]/u.test(text)
}

/** The same question stands on the screen once: what is asked for might draw another one. */
function isAlone(scene: Scene, question: Paragraph): boolean {
	return (
		scene.lines.filter(({ text }) => text !== "" && question.text.startsWith(text)).length <=
		question.to - question.from + 1
	)
}
