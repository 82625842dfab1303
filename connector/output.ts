// What a command says: lines for a person, or one JSON value for a program. Colour only where a person looks.
import { styleText } from "node:util"
import stringWidth from "string-width"
import { maskTokens } from "../protocol/token-shapes.ts"
import { explainFailure } from "./exit.ts"

const words = process.argv.slice(2)
const end = words.indexOf("--")
/** Whether JSON is asked for, known before the command line is parsed: what is wrong with it is told so, too. */
export const WANTS_JSON = (end === -1 ? words : words.slice(0, end)).includes("--json")

export interface Output {
	json: boolean
	/** The result: `value` as one line of JSON, or what `text` makes of it. Nothing is printed for an empty text. */
	result<T>(value: T, text: (value: T) => string): void
	/** Something a person should know on the way; never a part of the result. */
	note(line: string): void
}

export function output(): Output {
	return {
		json: WANTS_JSON,
		result(value, text) {
			const line = WANTS_JSON ? JSON.stringify(value) : text(value)
			if (line !== "") process.stdout.write(`${line}\n`)
		},
		note(line) {
			process.stderr.write(`${line}\n`)
		},
	}
}

let unread = (): void => process.exit()

/** What is done once nobody reads standard output any more, as behind `head`; without this the command just ends. */
export function whenUnread(deed: () => void): void {
	unread = deed
}

export function endUnread(): void {
	unread()
}

/** Tells why the command failed, and sets the exit code. */
export function fail(error: unknown): void {
	const { message: said, code, exit } = explainFailure(error)
	const message = maskTokens(said)
	process.stderr.write(WANTS_JSON ? `${JSON.stringify({ error: { code, message } })}\n` : `${message}\n`)
	process.exitCode = exit
}

type Style = Parameters<typeof styleText>[0]

/** Styled on a terminal, plain elsewhere and where NO_COLOR asks for it. */
export function style(format: Style, text: string): string {
	return styleText(format, text, { stream: process.stdout })
}

/** Rows as columns, each as wide as its widest cell; the last is not padded. */
export function table(head: string[], rows: string[][]): string {
	const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => stringWidth(row[i] ?? ""))))
	const line = (cells: string[]) =>
		cells
			.map((cell, i) => (i === cells.length - 1 ? cell : cell + " ".repeat((widths[i] ?? 0) - stringWidth(cell))))
			.join("  ")
			.trimEnd()
	return [style("dim", line(head)), ...rows.map(line)].join("\n")
}

/** A time as a person says it: "12 s ago". */
export function ago(ms: number): string {
	return `${age(ms)} ago`
}

/** How long, as a person says it: "12 s". */
export function age(ms: number): string {
	const seconds = Math.max(0, Math.round(ms / 1000))
	if (seconds < 60) return `${seconds} s`
	if (seconds < 3600) return `${Math.round(seconds / 60)} min`
	if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`
	return `${Math.round(seconds / 86_400)} days`
}

/** A size as a person says it: "1.5 GiB". */
export function bytes(count: number): string {
	const step = Math.min(3, Math.max(0, Math.floor(Math.log2(Math.max(1, count)) / 10)))
	const size = count / 1024 ** step
	return `${size < 10 && step > 0 ? size.toFixed(1) : Math.round(size)} ${["B", "KiB", "MiB", "GiB"][step]}`
}
