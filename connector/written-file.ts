// A file that a person writes in YAML or JSON, such as a task's manifest: read, checked, every mistake told by its line.
import { readFile } from "node:fs/promises"
import { buffer } from "node:stream/consumers"
import { LineCounter, parseDocument, stringify } from "yaml"
import type * as z from "zod"
import { Failure } from "./exit.ts"
import { faultsOf, type Mistake, mistakesBy } from "./yaml-mistakes.ts"

/** Of what aliases stand for, in all: a few of them can mean more than any memory holds. */
const MOST_ALIASES = 100

/** `-`: standard input. Throws Failure with every mistake. */
export async function readWritten<T>(path: string, schema: z.ZodType<T>): Promise<T> {
	return checkWritten(await readText(path), path === "-" ? "standard input" : path, schema)
}

/** `called`: what the mistakes are told of. */
export function checkWritten<T>(text: string, called: string, schema: z.ZodType<T>): T {
	const refuse = (mistakes: Mistake[]): never => {
		throw new Failure("usage", mistakes.map((one) => `${called}:${one.line}:${one.column}: ${one.message}`).join("\n"))
	}
	const lines = new LineCounter()
	const deep = { line: 1, column: 1, message: "It is nested too deeply." }
	let value: unknown
	let document: ReturnType<typeof parseDocument>
	try {
		document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, version: "1.2" })
		const faults = faultsOf(document, lines)
		if (faults.length > 0) return refuse(faults)
		value = document.toJS({ maxAliasCount: MOST_ALIASES })
	} catch (error) {
		if (error instanceof RangeError) return refuse([deep])
		if (error instanceof ReferenceError) return refuse([{ line: 1, column: 1, message: "Its aliases mean too much." }])
		throw error
	}
	const parsed = schema.safeParse(value ?? {})
	return parsed.success ? parsed.data : refuse(mistakesBy(schema, parsed.error, document, lines))
}

/** What such a file says, to be edited and read again. */
export function asYaml(value: object): string {
	const text = stringify(value, { aliasDuplicateObjects: false }).trimEnd()
	// The library quotes texts with these, and leaves them in: a terminal would take them for commands.
	return text.replace(/[\x7f-\x9f]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16)}`)
}

/** `-`: standard input. */
export async function readText(path: string): Promise<string> {
	return (await readBytes(path)).toString("utf8")
}

/** `-`: standard input. Throws Failure. */
export async function readBytes(path: string): Promise<Buffer> {
	if (path === "-") return buffer(process.stdin)
	return readFile(path).catch((error: unknown) => cannotRead(path, error))
}

export function cannotRead(path: string, error: unknown): never {
	const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : ""
	throw new Failure("file", `${path} cannot be read${code}.`)
}
