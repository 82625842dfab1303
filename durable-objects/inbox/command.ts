// A command line as a shell takes it apart: the one command that it is, or every command that is anywhere in it.
import { type Command, forEachChild, parse, type SyntaxNode, type Word } from "unbash"

/** A word that the shell changes before it gets there is null: nobody knows what it will be. */
export type Words = (string | null)[]

/**
 * The words of the one command that a shell runs for this text; a sentence that says why it is more than that, or less
 * sure, where it is. What is said to be one command is so for every shell: it is parsed, and has nothing that some shell
 * takes for more than letters.
 */
export function onlyCommand(said: string): { words: string[] } | { why: string } {
	const text = said.replaceAll(/^[ \t\n]+|[ \t\n]+$/g, "")
	const script = parse(text)
	if (hasErrors(script)) return { why: "A shell would not take it." }
	const [statement, ...others] = script.commands
	if (statement === undefined) return { why: "There is no command in it." }
	if (others.length > 0) return { why: "It is more than one command." }
	const { command } = statement
	if (statement.background === true) return { why: "It goes on in the background." }
	if (command.type !== "Command") return { why: "It is more than one plain command." }
	if (command.prefix.some(({ type }) => type === "Assignment")) return { why: "It sets variables." }
	if (command.redirects.some((redirect) => !isHarmless(redirect))) return { why: "It redirects." }
	const [name, ...args] = [command.name, ...command.args]
	if (name === undefined) return { why: "There is no command in it." }
	const words = [name, ...args].map((word) => (word.type === "Word" ? literal(word) : null))
	if (!words.every((word) => word !== null)) return { why: "A shell would change words of it before it runs." }
	// Comments and what ends a list stand outside the command.
	if (text !== text.slice(command.pos, command.end)) return { why: "There is more beside the command." }
	if (!isPlain(text)) return { why: "It has characters that some shells take for more than letters." }
	return { words }
}

/**
 * Every command that could run for this text, however deep: in lists, pipes, substitutions, and what other commands are
 * told to run. Where some shell would not take a part of it, nobody knows all of them: it is not understood.
 */
export function everyCommand(text: string, depth = 0): { commands: Words[]; isUnderstood: boolean } {
	const script = parse(text)
	const commands: Words[] = []
	let isUnderstood = true
	const visit = (node: SyntaxNode): void => {
		if (node.type === "Script" && hasErrors(node)) isUnderstood = false
		if (node.type === "Command") {
			const words = wordsOf(node)
			if (words.length > 0) commands.push(words)
			for (const inner of within(words)) {
				if (typeof inner !== "string") commands.push(inner)
				else if (depth === MOST_DEEP) isUnderstood = false
				else {
					const deeper = everyCommand(inner, depth + 1)
					isUnderstood &&= deeper.isUnderstood
					commands.push(...deeper.commands)
				}
			}
		}
		forEachChild(node, visit)
	}
	visit(script)
	return { commands, isUnderstood }
}

/** What stands around the commands of a text: files that they are led to or from, and variables that are set for them. */
export function around(text: string): { files: (string | null)[]; setsVariables: boolean } {
	const files: (string | null)[] = []
	let setsVariables = false
	const visit = (node: SyntaxNode): void => {
		if (node.type === "Assignment") setsVariables = true
		if (node.type === "Redirect" && !isHarmless(node))
			files.push(node.target === undefined ? null : literal(node.target))
		forEachChild(node, visit)
	}
	visit(parse(text))
	return { files, setsVariables }
}

/** What a command is said to run by a command such as `sudo` or `sh -c`: words, or the text of another script. */
function within(words: Words): (Words | string)[] {
	if (!RUNNERS.has(baseName(words[0] ?? null) ?? "")) return scriptsOf(words)
	// Which of their words is an option's value only they know: from each on could be what they run.
	const ends = words.map((_, index) => words.slice(index))
	return [...ends.slice(1), ...ends.flatMap(scriptsOf)]
}

/** The text that a command such as `sh -c` or `eval` has among its words. */
function scriptsOf(words: Words): string[] {
	const name = baseName(words[0] ?? null)
	if (name === null) return []
	if (name === "eval") return [words.slice(1).join(" ")]
	if (!SHELLS.has(name)) return []
	const at = words.findIndex((word, index) => index > 0 && word !== null && SCRIPT_OPTION.test(word))
	const option = at < 0 ? null : (words[at] ?? null)
	if (option === null) return []
	const script = /^--.*=|^-c(?=.)/.test(option) ? option.replace(/^--.*?=|^-c/, "") : words[at + 1]
	return typeof script === "string" ? [script] : []
}

function wordsOf({ name, args }: Command): Words {
	if (name === undefined) return []
	return [name, ...args].map((word) => (word.type === "Word" ? literal(word) : word.text))
}

/** The word without its quotes; null for one that the shell changes. */
function literal({ text, value, parts }: Word): string | null {
	if (/^[~=]/.test(text)) return null
	const isLiteral = (parts ?? []).every(
		(part) =>
			part.type === "Literal" ||
			part.type === "SingleQuoted" ||
			part.type === "AnsiCQuoted" ||
			(part.type === "DoubleQuoted" && part.parts.every(({ type }) => type === "Literal")),
	)
	return isLiteral ? value : null
}

/** Only between what is open already, or to nowhere. */
function isHarmless(redirect: { type: string; operator: string; target?: Word | undefined }): boolean {
	if (redirect.type !== "Redirect" || redirect.target === undefined) return false
	const target = redirect.target.text
	if (redirect.operator === ">&" && /^[0-9-]+$/.test(target)) return true
	return redirect.operator !== "<" && target === "/dev/null"
}

/** Beside quoted text that holds nothing special, only what no shell takes for more than letters. */
function isPlain(text: string): boolean {
	const unquoted = text
		.replaceAll(/'[^'\r\n\0]*'/g, "")
		.replaceAll(/"[^"$`\\!\r\n\0]*"/g, "")
		.replaceAll(/[0-9]?>(&[0-9]|\s*\/dev\/null)(?=\s|$)/g, "")
	return /^[\p{L}\p{N} \t@%+:,._/=-]*$/u.test(unquoted)
}

function hasErrors({ errors }: { errors?: readonly unknown[] | undefined }): boolean {
	return (errors ?? []).length > 0
}

export function baseName(word: string | null): string | null {
	return word === null ? null : (word.split("/").at(-1) ?? word)
}

/** They take a script behind an option. */
const SHELLS = new Set([
	...["sh", "bash", "zsh", "dash", "ash", "ksh", "mksh", "fish", "su", "runuser", "sg", "script", "flock"],
])
/** `-c`, `-lc`; `-cTEXT` and `--command=TEXT` have it in the same word. */
const SCRIPT_OPTION = /^(-[A-Za-z]*c|-c.+|--command(=.*)?)$/s
/** Commands that run another one, which stands among their words. */
const RUNNERS = new Set([
	...[
		"sudo",
		"doas",
		"su",
		"env",
		"command",
		"builtin",
		"exec",
		"nohup",
		"runuser",
		"time",
		"timeout",
		"nice",
		"ionice",
	],
	...["xargs", "parallel", "stdbuf", "setsid", "watch", "find", "fd", "chroot", "unshare", "nsenter", "flock"],
	...["docker", "podman", "ssh", "npx", "busybox", "strace", "script", "systemd-run", "caffeinate", "arch"],
])
/** A script in a script in a script is no command that somebody means well with. */
const MOST_DEEP = 4
