// A secret that a person types or a program pipes in: never part of a command line, and never on the screen.
import { createInterface } from "node:readline/promises"
import { buffer } from "node:stream/consumers"
import { Failure } from "./exit.ts"

/** Asks for it by `label` on a terminal; reads all of standard input elsewhere. Throws Failure for what is not UTF-8. */
export async function readHidden(label: string): Promise<string> {
	if (!process.stdin.isTTY) return utf8(await buffer(process.stdin))
	process.stderr.write(`${label} (not shown): `)
	// Written nowhere, so that no screen and no scrollback keeps it.
	const prompt = createInterface({ input: process.stdin, output: undefined, terminal: true })
	try {
		return await prompt.question("")
	} finally {
		prompt.close()
		process.stderr.write("\n")
	}
}

function utf8(bytes: Uint8Array): string {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
	} catch {
		throw new Failure(
			"usage",
			"What was given is not text in UTF-8, so nothing was saved. Encode it, for example as base64.",
		)
	}
}
