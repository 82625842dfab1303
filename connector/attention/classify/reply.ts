// What a prompt says may be replied: "[Y/n]", "(yes/no/[fingerprint])", "(Y)es/(N)o/(A)ll", "[y,n,q,a,d,e,?]".
import type { Option } from "../../../protocol/attention.ts"
import { NO, YES } from "../rules/generic.ts"

export interface Replies {
	/** The question before them. */
	question: string
	options: Option[]
	isLeave: boolean
	/** Words are taken, too. */
	takesText: boolean
}

const OPENERS = "([<（【［"
const CLOSERS = ")]>）】］"
/** What stands behind the replies: a colon, and what Enter alone would reply. */
const TAIL =
	/\s*(?:[:：?？>›»]+|[[(（]\s*(?:default(?:s to)?\b|默认|預設|defaut|par défaut)[^)\]）]{0,30}[)\]）])\s*$/iu
const DEFAULT = /\s*\[[^\][/|,]{1,12}\]\s*$/u
const LETTERED = /[([](\p{L}|\?)[)\]]([\p{L}'’ -]*)/gu

/** Null where the text does not end with what may be replied. */
export function readReplies(text: string): Replies | null {
	const whole = text.slice(-500).trimEnd()
	let rest = whole
	for (let cut = 0; cut < 4; cut++) {
		const replies = grouped(rest, text) ?? lettered(rest)
		if (replies !== null) return { ...replies, question: asking(replies.question, whole.slice(rest.length)) }
		const shorter = TAIL.test(rest) ? rest.replace(TAIL, "") : rest.replace(DEFAULT, "")
		if (shorter === rest) return null
		rest = shorter
	}
	return null
}

/** Its own mark may stand behind the replies: "Proceed (Y/n)?" */
function asking(question: string, tail: string): string {
	const mark = /^\s*([?？])/u.exec(tail)?.[1]
	return question === "" || mark === undefined || /[?？]$/u.test(question) ? question : `${question}${mark}`
}

/** A group in brackets at the end, or a bare "y/n". */
function grouped(text: string, all: string): Replies | null {
	// Without brackets they are replies in a question alone.
	const bare = /[?？]/u.test(all) ? /(?:^|\s)(\[?y(?:es)?\]?(?:\/| or )\[?no?\]?)$/i.exec(text) : null
	if (bare !== null) return fromWords((bare[1] ?? "").split(/\/| or /i), text.slice(0, bare.index), "/")
	const close = text.at(-1) ?? ""
	const open = OPENERS[CLOSERS.indexOf(close)]
	if (close === "" || !CLOSERS.includes(close) || open === undefined) return null
	let depth = 0
	let at = text.length - 1
	for (; at >= 0 && at > text.length - 100; at--) {
		if (text[at] === close) depth++
		else if (text[at] === open && --depth === 0) break
	}
	if (depth !== 0) return null
	const inside = text.slice(at + 1, -1)
	const separator = /[/|,，、]| or | 或 /iu.exec(inside)?.[0] ?? ""
	const words = separator === "" ? [inside] : inside.split(/[/|,，、]| or | 或 /iu)
	return fromWords(words, text.slice(0, at), separator.trim())
}

function fromWords(words: readonly string[], before: string, separator: string): Replies | null {
	const question = before.trim()
	const tokens = words.map((word) => word.trim()).filter((word) => word !== "")
	if (tokens.length === 1) return single(tokens[0] ?? "", question)
	const bare = tokens.map((token) => token.replace(/^[[(]\s*(.*?)\s*[)\]]$/u, "$1").replace(/[[\]()]/g, ""))
	if (bare.some((token) => token.length > 16) || bare.length > 14) return null
	const isFree = (index: number) =>
		bare[index] !== tokens[index] && (bare[index]?.length ?? 0) > 3 && !isAnswer(bare[index])
	const yes = bare.findIndex((token) => YES.test(token))
	const no = bare.findIndex((token) => NO.test(token))
	if (yes === -1 || no === -1 || yes === no) return null
	const options = bare.flatMap((token, index) => (isFree(index) ? [] : [option(token, index === yes, index === no)]))
	// Many letters are a choice among deeds, as for the hunks of a patch.
	const isLeave = bare.length < (separator === "," ? 4 : 5)
	return { question, options, isLeave, takesText: tokens.some((_, index) => isFree(index)) }
}

function isAnswer(token: string | undefined): boolean {
	return token !== undefined && (YES.test(token) || NO.test(token))
}

/** "Ok to proceed? (y)". */
function single(token: string, question: string): Replies | null {
	if (!/^(?:y|yes|n|no)$/i.test(token) || !/[?？]$/u.test(question)) return null
	return { question, isLeave: true, takesText: false, options: yesAndNo() }
}

export function yesAndNo(yes = "y", no = "n"): Option[] {
	return [
		{ label: "Yes", keys: `${yes}\r`, means: "yes" },
		{ label: "No", keys: `${no}\r`, means: "no" },
	]
}

function option(token: string, isYes: boolean, isNo: boolean): Option {
	const typed = /^[a-z]$/i.test(token) && (isYes || isNo) ? token.toLowerCase() : token
	const labels: Record<string, string> = { y: "Yes", n: "No", a: "All", q: "Quit" }
	const label = labels[typed] ?? token
	const means = isYes ? "yes" : isNo ? "no" : /^(?:a|all|always|t|trust)$/i.test(token) ? "always" : "other"
	return { label, keys: `${typed}\r`, means }
}

/** "(Y)es/(N)o/(A)ll", "[y]es, [n]o, [A]ll, [N]one". */
function lettered(text: string): Replies | null {
	const matches = [...text.matchAll(LETTERED)]
	const first = matches[0]
	if (first === undefined || matches.length < 2) return null
	const last = matches.at(-1)
	// They stand together, at the end.
	if (last === undefined || text.length - (last.index + last[0].length) > 4) return null
	const found = matches.map(([, letter = "", rest = ""]) => ({ letter, label: `${letter}${rest}`.trim() }))
	const options = found.map(({ letter, label }, index): Option => {
		const isFirst = found.findIndex((other) => other.letter.toLowerCase() === letter.toLowerCase()) === index
		const shown = label.charAt(0).toUpperCase() + label.slice(1)
		const means = /^no?\b|^don['’]?t|^skip|^quit|^abort|^none/i.test(label)
			? "no"
			: /^all\b|^always/i.test(label)
				? "always"
				: /^y(?:es)?\b/i.test(label)
					? "yes"
					: "other"
		return { label: shown, keys: `${isFirst ? letter.toLowerCase() : letter}\r`, means }
	})
	const isLeave = options.some(({ means }) => means === "yes") && options.some(({ means }) => means === "no")
	return { question: text.slice(0, first.index).trim(), options, isLeave, takesText: false }
}
