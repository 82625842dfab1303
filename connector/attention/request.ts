// A request as this machine keeps it: what everyone is told, and what it is known again by.
import { createHash } from "node:crypto"
import * as z from "zod"
import {
	Attention,
	EXCERPT_LINES,
	LABEL_CHARS,
	QUESTION_CHARS,
	SUBJECT_CHARS,
	type Subject,
} from "../../protocol/attention.ts"
import type { Found } from "./classify/verdict.ts"

export const Request = z.object({
	attention: Attention,
	/** Of what the screen showed of it; null while it is known by an event alone. */
	print: z.string().nullable(),
})
export type Request = z.infer<typeof Request>

/** Equal for two screens that ask the same: its words, what it is about, and the ways to answer, but not which is chosen. */
export function printOf({ kind, text, subject, options, takesText }: Found): string {
	const parts = [kind, plain(text), subject === null ? null : [subject.is, plain(subject.text)], takesText]
	const labels = options.map(({ label }) => plain(label))
	return createHash("sha256")
		.update(JSON.stringify([...parts, labels]))
		.digest("hex")
		.slice(0, 32)
}

function plain(text: string): string {
	return text.replaceAll(/\s+/g, " ").trim()
}

/**
 * What an event says that it is about, where it is what the screen asks for; null where it is something else. `beside`:
 * what the agent shows below a command, which a screen cannot be told from it.
 */
export function agreed(said: Subject, shown: Subject | null, beside = ""): Subject | null {
	// Nothing on the screen vouches for it.
	if (shown === null || said.is === "other") return said.is === "other" && shown?.is !== "command" ? said : null
	if (said.is === "file") return shown.is !== "command" && isSameFile(said.text, shown.text) ? said : null
	if (shown.is !== "command") return null
	const [whole, seen] = [bare(said.text), bare(shown.text)]
	if (whole === seen || whole + bare(beside) === seen) return said
	const start = seen.replace(/(?:…|\.\.\.)$/, "")
	return !shown.isWhole && start.length >= LEAST_START && whole.startsWith(start) ? said : null
}

/** So much of a command that goes on beyond the screen is told from another's. */
const LEAST_START = 12

/** A screen breaks lines where it will. */
function bare(text: string): string {
	return text.replaceAll(/\s+/g, "")
}

function isSameFile(path: string, shown: string): boolean {
	const name = shown.trim().replace(/^\.\//, "")
	return name !== "" && (path === name || path.endsWith(`/${name.replace(/^~\//, "")}`))
}

/** Within the bounds of what is told: an option that cannot be told whole is left out, and a subject that is cut says so. */
export function bounded(attention: Attention): Attention {
	const { text, subject, options, excerpt } = attention
	const isCut = subject !== null && subject.text.length > SUBJECT_CHARS
	return {
		...attention,
		text: text.slice(0, QUESTION_CHARS),
		subject: isCut ? { ...subject, text: subject.text.slice(0, SUBJECT_CHARS), isWhole: false } : subject,
		options: options
			.filter(({ label, keys }) => label !== "" && label.length <= LABEL_CHARS && keys.length <= KEYS_CHARS)
			.slice(0, MOST_OPTIONS),
		excerpt: excerpt.slice(-EXCERPT_LINES).map((line) => line.slice(0, MOST_COLUMNS)),
	}
}

const KEYS_CHARS = 256
const MOST_OPTIONS = 16
const MOST_COLUMNS = 1_000
