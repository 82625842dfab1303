// What rules say of commands and files, and whether a command or a file fits it.
import { parse } from "unbash"
import { baseName, onlyCommand, type Words } from "./command.ts"

/**
 * `git status` is these words; `npm test *` these and any more; `npm run build:*` has a last word that begins so. A star
 * between words is any one word. Null for a pattern that is not words.
 */
function wordsOf(pattern: string): string[] | null {
	const { commands, errors } = parse(pattern)
	const [statement, ...others] = commands
	if ((errors ?? []).length > 0 || others.length > 0 || statement?.command.type !== "Command") return null
	const { name, args, prefix, redirects } = statement.command
	if (name === undefined || prefix.length > 0 || redirects.length > 0) return null
	return [name, ...args].map((word) => (word.type === "Word" ? word.value : word.text))
}

/** Whether a pattern can fit anything at all: it is one command, and no shell changes its words. */
export function isCommandPattern(pattern: string): boolean {
	return wordsOf(pattern) !== null && "words" in onlyCommand(pattern.replaceAll("*", "x"))
}

/** Whether this command, word by word, is one that the pattern allows. */
export function fitsCommand(pattern: string, words: string[]): boolean {
	const wanted = wordsOf(pattern)
	return wanted !== null && fits(wanted, words)
}

/** Whether a command could be one that the pattern forbids: also by a path to the same program, and past options. */
export function couldBeCommand(pattern: string, words: Words): boolean {
	const wanted = wordsOf(pattern)
	if (wanted === null) return false
	const [name, ...rest] = words
	return fits(wanted, words) || fitsPastOptions(wanted, [baseName(name ?? null), ...rest])
}

/**
 * Whether the words fit when options that the pattern does not say are left out: `git -C . push` is a push. Which option
 * takes the next word only the program knows: each could.
 */
function fitsPastOptions(wanted: string[], words: Words): boolean {
	const takesMore = wanted.at(-1) === "*"
	const before = takesMore ? wanted.slice(0, -1) : wanted
	// How many words can have been gone through: no pattern makes this slow.
	let reached = new Set([0])
	for (const [index, word] of before.entries()) {
		const isLast = !takesMore && index === before.length - 1
		const next = new Set<number>()
		for (const at of reached) if (isWord(word, words[at], isLast)) next.add(at + 1)
		reached = index === before.length - 1 ? next : pastOptions(next, words)
	}
	return takesMore ? reached.size > 0 : reached.has(words.length)
}

function pastOptions(reached: Set<number>, words: Words): Set<number> {
	// A set gives what is added while it is gone through, too.
	for (const at of reached) {
		if (words[at]?.startsWith("-") !== true) continue
		reached.add(at + 1)
		if (at + 1 < words.length && words[at + 1]?.startsWith("-") !== true) reached.add(at + 2)
	}
	return reached
}

function fits(wanted: string[], words: Words): boolean {
	const last = wanted.at(-1)
	if (last === "*") {
		const before = wanted.slice(0, -1)
		return words.length >= before.length && before.every((word, index) => isWord(word, words[index], false))
	}
	return words.length === wanted.length && wanted.every((word, at) => isWord(word, words[at], at === wanted.length - 1))
}

function isWord(wanted: string, word: string | null | undefined, isLast: boolean): boolean {
	if (word === null || word === undefined) return false
	if (wanted === "*") return true
	if (isLast && wanted.endsWith("*")) return word.startsWith(wanted.slice(0, -1))
	return word === wanted
}

/**
 * Whether a path is one that the glob means, both from the directory `cwd` on where they are not absolute: `*` is what
 * stands in one name, `**` is any names. Null where a path leads up, or from somebody's home: where to is not known.
 */
export function fitsFile(glob: string, path: string, cwd: string): boolean | null {
	const names = placeOf(path, cwd)
	const wanted = placeOf(glob, cwd)
	return names === null || wanted === null ? null : fitsNames(wanted, names)
}

/** The names of an absolute path. */
function placeOf(path: string, cwd: string): string[] | null {
	if (/[\0\r\n]/.test(path) || path.trim() === "" || path.startsWith("~")) return null
	const names = (path.startsWith("/") ? path : `${cwd}/${path}`)
		.split("/")
		.filter((name) => name !== "" && name !== ".")
	return names.includes("..") ? null : names
}

/** Whether a path stays in the directory; null where nobody knows. */
export function isWithin(path: string, cwd: string): boolean | null {
	const names = placeOf(path, cwd)
	const own = placeOf(cwd, "/")
	if (names === null || own === null) return null
	return own.length < names.length && own.every((name, index) => names[index] === name)
}

function fitsNames(wanted: string[], names: string[]): boolean {
	// Which names the pattern up to here can have taken: no pattern makes this slow.
	let reached = new Set([0])
	for (const name of wanted) {
		const next = new Set<number>()
		for (const at of reached) {
			if (name === "**") for (let to = at; to <= names.length; to++) next.add(to)
			else if (at < names.length && fitsName(name, names[at] ?? "")) next.add(at + 1)
		}
		reached = next
	}
	return reached.has(names.length)
}

function fitsName(wanted: string, name: string): boolean {
	let reached = new Set([0])
	for (const char of wanted) {
		const next = new Set<number>()
		for (const at of reached) {
			if (char === "*") for (let to = at; to <= name.length; to++) next.add(to)
			else if (at < name.length && (char === "?" || name[at] === char)) next.add(at + 1)
		}
		reached = next
	}
	return reached.has(name.length)
}
