// A secret that a person types or a program pipes in: never part of a command line, and never on the screen.
import { createInterface } from "node:readline/promises"
import { text as readAll } from "node:stream/consumers"

/** Asks for it by `label` on a terminal; reads all of standard input elsewhere. */
export async function readHidden(label: string): Promise<string> {
	if (!process.stdin.isTTY) return readAll(process.stdin)
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
