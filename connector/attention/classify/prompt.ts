// A prompt: the row that the cursor stands behind, of a program that waits for a line or a key.
import type { Option } from "../../../protocol/attention.ts"
import {
	ANY_KEY,
	ASKS_CHOICE,
	ASKS_LEAVE,
	ASKS_TEXT,
	NO_ANY_KEY,
	NO_SECRET,
	SECRET,
	TYPE_CAPITALS,
	TYPE_WORD,
	YES,
} from "../rules/generic.ts"
import { readLegend } from "./legend.ts"
import { asksLeave, distinct } from "./option.ts"
import { readReplies, yesAndNo } from "./reply.ts"
import { excerpt, type Scene } from "./scene.ts"
import { width } from "./screen.ts"
import type { Found, Verdict } from "./verdict.ts"

/** The text before the cursor, over all rows that it fills. */
interface Prompt {
	text: string
	/** Blanks between it and the cursor: programs leave one for what is typed. */
	gap: number
	from: number
	to: number
}

export function findPrompt(scene: Scene): Found | (Verdict & { is: "unknown" }) | null {
	const prompt = readPrompt(scene)
	if (prompt === null) return null
	const { text } = prompt
	if (text.length > 600 || isQuoted(text, prompt.gap)) return null
	const mask = masked(text)
	if (mask !== null) return request(scene, prompt, { kind: "secret", text: mask, rule: "secret", takesText: true })
	const replies = readReplies(text)
	if (replies !== null && mayReply(prompt, replies.question)) {
		const { options, question, isLeave, takesText } = replies
		const legend = readLegend(scene, prompt.from, options)
		if (legend !== null) {
			const kind = asksLeave(legend.options.map(({ label }) => label)) ? "approval" : "choice"
			const asked = legend.question || question || text
			return request(scene, prompt, { kind, text: asked, rule: "legend", options: legend.options })
		}
		const asked = (question === "" ? askedAbove(scene, prompt) : question) || text
		const kind = isLeave ? "approval" : "choice"
		const typed = ONE_KEY.test(text) ? options.map((option) => ({ ...option, keys: option.keys.trimEnd() })) : options
		return request(scene, prompt, { kind, text: asked, rule: "replies", options: typed, takesText })
	}
	if (replies?.isLeave === true)
		return { is: "unknown", why: "Replies stand at the cursor, and nothing shows that they are asked for." }
	if (isSecret(text)) return request(scene, prompt, { kind: "secret", text, rule: "secret", takesText: true })
	return (
		typedWord(scene, prompt) ??
		anyKey(scene, prompt) ??
		chosen(scene, prompt) ??
		leave(scene, prompt) ??
		words(scene, prompt)
	)
}

/** "? Go on? › (y/N)": the letter answers at once, and an Enter behind it would answer what is asked next. */
const ONE_KEY = /^\?\s.*›\s*\(y\/n\)$/iu

/** A request found in a prompt. */
function request(scene: Scene, { from }: Prompt, found: Pick<Found, "kind" | "text" | "rule"> & Partial<Found>): Found {
	const { options = [], confidence = 0.9 } = found
	return {
		...{ is: "request", subject: null, selected: null, takesText: false, confidence },
		...found,
		rule: `generic/${found.rule}@1`,
		text: found.text
			.replace(/^\?\s+/, "")
			.replace(/\s*[›»]$/u, "")
			.slice(0, 2_000),
		options: distinct(options),
		excerpt: excerpt(scene, from - 20),
	}
}

function readPrompt(scene: Scene): Prompt | null {
	const { screen } = scene
	let to = screen.cursor.y
	const raw = (y: number) => (screen.lines[y] ?? "").trimEnd()
	let gap = screen.cursor.x - width(raw(to))
	// A marker alone, below what it is for.
	if (/^\s*(?:\[[^\][]{1,12}\]\s*)?(?:>{1,3}|❯|›|»)$/u.test(raw(to))) {
		const above = [to - 1, to - 2].find((y) => raw(y) !== "")
		if (above === undefined) return null
		const list = readReplies(raw(above)) === null ? listAbove(scene, to) : null
		if (list !== null) return list
		if (readReplies(raw(above)) === null) return null
		to = above
		gap = 1
	}
	if (raw(to) === "" || gap < 0 || gap > 8) return placeholder(scene)
	let from = to
	const isFull = (y: number) => screen.isWrapped?.[y + 1] ?? width(raw(y)) >= screen.cols
	while (from > 0 && from > to - 6 && isFull(from - 1)) from--
	let text = ""
	for (let y = from; y <= to; y++) text += y === from ? raw(y).trimStart() : raw(y)
	return { text: text.replace(/^[│┃]\s+/u, ""), gap, from, to }
}

/** A list, what it is for above it, and a marker below. */
function listAbove(scene: Scene, y: number): Prompt | null {
	const count = listed(scene, y).length
	if (count < 2) return null
	for (let at = y - count - 1; at >= Math.max(0, y - count - 4); at--) {
		const text = (scene.screen.lines[at] ?? "").trim()
		if (ASKS_CHOICE.test(text) && /[:：?？]$/u.test(text)) return { text, gap: 1, from: y, to: y }
	}
	return null
}

/** "? Project name: › my-app": what is offered stands behind the cursor. */
function placeholder({ screen }: Scene): Prompt | null {
	const { y } = screen.cursor
	const text = (screen.lines[y] ?? "").trim()
	return /^\?\s.+[›»]\s*\S*/u.test(text) ? { text, gap: 1, from: y, to: y } : null
}

const DIARY =
	/^\s*(?:[+<|]|-(?!-)|[•·*] |\/\/|#(?!\?)|--(?! ?(?:more|press|hit))|\d+[:|)\]]|\d+\s*[+-]\s|\d+\s{2,}|\$ |% |❯|›|»|>|\.\.\. |[⏺⎿✻✽✓✔✗●○■▪]|(?=[a-f]*\d)[0-9a-f]{4,40} |npm (?:notice|warn|ERR!?)\b|(?:INFO|DEBUG|TRACE|FATAL|notice|note|hint|usage|example|e\.g\.)\b|\[?\d{4}-\d\d-\d\d|\[?\d\d:\d\d|\[(?:INFO|DEBUG|WARN\w*|ERROR|TRACE)\]|[{[]\s*["{]|"[^"]*"\s*:)/iu
const CODE =
	/\b(?:read|echo|printf|print(?:ln)?|input|getpass|confirm|prompt|assert\w*|expect|ask|raw_input|console\.\w+|fmt\.\w+|Write-Host)!?\s*\(?\s*(?:-\w+ ?)*["'`(]|=>|;\s*$/iu
const SHELL =
	/^(?:\([^)]*\) )?(?:\[?[\w.-]+@[\w.-]+[:\s][^$#%]{0,120}\]?|[~/][^$#%]{0,120}|PS [A-Z]:\\[^>]{0,120})[$#%>❯] /u

/** Text that tells of a prompt, or a line that somebody types: code, a log, a list, a quotation, a shell's own prompt. */
function isQuoted(text: string, gap: number): boolean {
	if (DIARY.test(text) || SHELL.test(text)) return true
	if (/^WARN(?:ING)?\b/i.test(text) && gap === 0) return true
	if (CODE.test(text)) return true
	const count = (mark: string) => text.split(mark).length - 1
	const apostrophes = text.match(/(?:^|[\s(=])'|'(?=[\s).,:;?]|$)/gu)?.length ?? 0
	return count('"') % 2 === 1 || count("`") % 2 === 1 || apostrophes % 2 === 1
}

const MASK =
	/^(?:(.*?[:：›?>])\s*[*•▪●]{2,}|(.*\S)\s+[[(](?:hidden|input is (?:hidden|masked)|已隐藏)[\])])[:：]?\s*$/iu

/** The question before what is typed behind a mask. */
function masked(text: string): string | null {
	const match = MASK.exec(text)
	const asked = match?.[1] ?? match?.[2] ?? null
	return asked !== null && (SECRET.test(asked) || /^\?/.test(text)) ? asked : null
}

function isSecret(text: string): boolean {
	if (!SECRET.test(text) || NO_SECRET.test(text) || text.length > 300) return false
	// What is offered where nothing is typed.
	const asked = text.replace(/\s*(?:\[[^\]]{0,24}\]|\([^)]{0,60}\))\s*(?=[:：]\s*$)/u, "")
	if (!/[:：›»]\s*$|\s>\s*$|[:：]\s*\([^)]{0,60}\)\s*$/u.test(asked))
		return /^\S{0,12} ?(?:password|密码|passphrase)\s?[?？]$/iu.test(asked)
	// The last clause names it: what stands before may tell of anything.
	const clause = asked.split(/[.!。！]\s+|\?\s+(?=\S)/u).at(-1) ?? asked
	return SECRET.test(clause)
}

/** What may be replied is a part of a question; in a sentence it is told of, and in a word it is a part of it. */
function mayReply({ text, gap }: Prompt, question: string): boolean {
	if (gap > 2 || question.length > 400 || TELLS.test(text) || /[=&/\\'"`]$/.test(question)) return false
	if (gap > 0) return true
	// Without a blank behind it, it must read as a question for leave from its first word on, or as a prompt does.
	const isAsked = ASKS_LEAVE.test(question) && !/^[\w./-]{1,40}: /u.test(question)
	const isPrompt = /^\?\s/u.test(question) || (/[?？]$/u.test(question) && /[:：]$/u.test(text))
	return (isAsked || isPrompt || /^ready\b/i.test(question)) && /[)\]>）】］:：?？]$/u.test(text)
}

const TELLS = /\b(?:skipp\w+|prompts? for|answered|asks|asked|e\.g\.|such as|shows|printed|expected|got)\b[^?]*$/iu

/** The nearest text above a prompt that is all replies. */
function askedAbove({ screen }: Scene, { from }: Prompt): string {
	for (let y = from - 1; y >= Math.max(0, from - 3); y--) {
		const text = (screen.lines[y] ?? "").trim()
		if (text !== "") return text
	}
	return ""
}

/** "Only 'yes' will be accepted", "Type 'accept' to continue:". */
function typedWord(scene: Scene, prompt: Prompt): Found | null {
	const { text, from } = prompt
	if (!/[:：>?？]\s*$/u.test(text)) return null
	const rows = scene.screen.lines.slice(Math.max(0, from - 5), from).map((row) => row.trim())
	const before = rows.join("\n")
	const isBare = /^(?:enter|type|input)\b.{0,20}[:：]\s*$/iu.test(text) || text.length < 3
	const own = TYPE_WORD.exec(text) ?? TYPE_CAPITALS.exec(text)
	const match = own ?? (isBare ? TYPE_WORD.exec(before) : null)
	if (match === null) return null
	const word = match[1] ?? match[2] ?? ""
	const asked =
		own === null ? (rows.findLast((row) => /\?$/.test(row)) ?? rows.findLast((row) => row !== "") ?? text) : text
	if (!YES.test(word)) return request(scene, prompt, { kind: "question", text: asked, rule: "word", takesText: true })
	const options: Option[] = [
		{ label: "Yes", keys: `${word}\r`, means: "yes" },
		{ label: "No", keys: "no\r", means: "no" },
	]
	return request(scene, prompt, { kind: "approval", text: asked, rule: "word", options })
}

function anyKey(scene: Scene, prompt: Prompt): Found | null {
	return isAnyKey(prompt.text) ? carryOn(scene, prompt) : null
}

export function isAnyKey(text: string): boolean {
	if (text.length > 200) return false
	const match = ANY_KEY.exec(text)
	return match !== null && !NO_ANY_KEY.test(text.slice(match.index + match[0].length))
}

function carryOn(scene: Scene, prompt: Prompt): Found {
	const options: Option[] = [{ label: "Continue", keys: "\r", means: "other" }]
	return request(scene, prompt, { kind: "choice", text: prompt.text, rule: "any-key", options })
}

/** A row in the middle of nothing else that asks for a key, the cursor being elsewhere. */
export function anyKeyAt(scene: Scene, y: number): Found | null {
	const text = scene.lines[y]?.text ?? ""
	return isAnyKey(text) && !isQuoted(text, 1) ? carryOn(scene, { text, gap: 1, from: y, to: y }) : null
}

const ENDS = /[:：?？>›»#]\s*$/u
const LISTED = /^\s*(?:\[(\w{1,3})\]|\(?(\d{1,2}|[a-z])[).:\]]|(\d{1,2})\s[-–])\s+(\S.*)$/iu

/** "Enter your choice [1-4]:" below a numbered list. */
function chosen(scene: Scene, prompt: Prompt): Found | null {
	const { text, from } = prompt
	const range =
		/[[(（](\d{1,2})\s?(?:-|–|~|\.\.|to|,|\/)\s?[\d,/ ]*?(\d{1,2})[)\]）](?:\s*\[\d*\])?\s*[:：?？>]*\s*$/u.test(text)
	const isAsked = ASKS_CHOICE.test(text) && ENDS.test(text) && text.length < 160
	const letters = /(?:[[(]\w[)\]]\w*[,/ ]+){2,}/u.test(text) && ENDS.test(text)
	const isBare = /^#\?$/.test(text)
	const options = listed(scene, from)
	if (!range && !isAsked && !letters && !isBare && !isOfList(scene, prompt, options)) return null
	return request(scene, prompt, { kind: "choice", text, rule: "list", options, takesText: true, confidence: 0.85 })
}

/** "Geographic area:", "Your pick>": a prompt of any words right below a list that is numbered from 1 on. */
function isOfList({ screen }: Scene, { text, from, gap }: Prompt, options: readonly Option[]): boolean {
	if (gap < 1 || text.length > 80 || !ENDS.test(text) || (/[?？]\s*$/u.test(text) && !WH.test(text))) return false
	if (!options.every(({ keys }, index) => keys === `${index + 1}\r`) || options.length < 2) return false
	// Steps to take are numbered, too, and end in what to enter.
	const above = screen.lines.slice(Math.max(0, from - 4), from)
	return above.some((row) => cells(row).length > 1 || /^\s*\d+\)\s/u.test(row)) || !ASKS_TEXT.test(text)
}

/** A list that stands above a prompt, and may be chosen from by number or letter. It may stand in columns. */
function listed({ screen }: Scene, from: number): Option[] {
	const rows: Option[][] = []
	for (let y = from - 1; y >= Math.max(0, from - 30); y--) {
		const row = screen.lines[y]?.trim() ?? ""
		const options = cells(row).flatMap((cell) => asOption(cell) ?? [])
		if (options.length === 0) {
			if (rows.length > 0) break
			if (row !== "" && from - y > 3) break
			continue
		}
		rows.unshift(options)
	}
	const hasColumns = rows.some((options) => options.length > 1)
	const options = rows.flat()
	if (hasColumns) options.sort((one, other) => Number.parseInt(one.keys, 10) - Number.parseInt(other.keys, 10))
	return options.length > 1 ? options : []
}

/** The columns of a numbered list, in one row. */
function cells(row: string): string[] {
	return row.split(/\s{2,}(?=\d{1,2}[.)] )/u)
}

function asOption(cell: string): Option | null {
	const match = LISTED.exec(cell)
	if (match === null) return null
	const key = match[1] ?? match[2] ?? match[3] ?? ""
	return { label: (match[4] ?? key).split(/\s{3,}/u)[0] ?? key, keys: `${key}\r`, means: "other" }
}

/** "ARE YOU SURE?": a question for leave that does not say what may be replied. */
function leave(scene: Scene, prompt: Prompt): Found | (Verdict & { is: "unknown" }) | null {
	const text = prompt.text.replace(/^\?\s+/u, "")
	if (!/[?？]\s*$/u.test(text) || !ASKS_LEAVE.test(text) || text.length > 300) return null
	// Without room for an answer it may be the end of what somebody says.
	if (prompt.gap < 1)
		return { is: "unknown", why: "A question stands at the cursor, and nothing shows that it is a prompt." }
	const file = /^[\w./-]{1,40}: (?:remove|overwrite|replace|descend into|unlink)\b.*?['‘"]([^'’"]+)['’"]/u.exec(
		text,
	)?.[1]
	const subject = file === undefined ? null : { is: "file" as const, text: file, isWhole: prompt.from === prompt.to }
	return request(scene, prompt, { kind: "approval", text, rule: "sure", options: yesAndNo(), subject, confidence: 0.8 })
}

const WH = /^(?:\?\s+)?(?:what|which|where|who|when|why|how|whose|qué|cuál|quel|was|wie|welche|什么|哪|请问|如何)/iu

/** Something is told behind the colon. */
const TOLD =
	/\b(?:sent|saved|written|stored|located|found|available|uploaded|downloaded|created|copied|installed|running|listening) (?:to|at|in|on)\s*[:：]\s*$/iu

/** A line of text is asked for. */
function words(scene: Scene, prompt: Prompt): Found | (Verdict & { is: "unknown" }) | null {
	const { text, gap } = prompt
	const asked = text.replace(
		/\s*(?:\[[^\]]{0,60}\]|\([^)]{0,60}\)|\([^)]{0,60}\)\s*\[[^\]]{0,60}\])\s*(?=[:：]?\s*$)/u,
		"",
	)
	const isInquiry = /^\?\s+\S/u.test(text)
	if (isInquiry && (/[›»]/u.test(text) || /[:：?？]\s*$/u.test(asked) || gap > 0))
		return request(scene, prompt, { kind: "question", text, rule: "words", takesText: true })
	// Without a blank behind it only what is surely no sentence.
	if ((gap < 1 && !/：$|\]\s*:$/u.test(text)) || text.length > 240) return null
	const isColon = /[:：]\s*$/u.test(asked)
	const isQuestion = /[?？]\s*$/u.test(asked)
	if ((isColon && ASKS_TEXT.test(asked) && isShort(asked) && !TOLD.test(asked)) || (isQuestion && WH.test(asked)))
		return request(scene, prompt, { kind: "question", text, rule: "words", takesText: true, confidence: 0.8 })
	return isQuestion
		? { is: "unknown", why: "A question stands at the cursor, and nothing shows what may be replied." }
		: null
}

/** Prompts are few words; sentences that end with a colon have something to follow. */
function isShort(text: string): boolean {
	return text.split(/\s+/u).length <= 12
}
