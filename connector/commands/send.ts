// `homeport send`: types into a session.
import { readFile } from "node:fs/promises"
import { buffer } from "node:stream/consumers"
import type { Client } from "../../protocol/client.ts"
import { Refusal } from "../../protocol/errors.ts"
import { INPUT_UNACKED_BYTES } from "../../protocol/limits.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import { Failure } from "../exit.ts"
import { findSession } from "../lookup.ts"
import { action, verb } from "../verb.ts"

interface Options {
	enter: boolean
	file?: string
}

export function send() {
	return verb("send", {
		summary: "type text into a session, then Enter",
		description:
			"It ends when the session's terminal has taken the text, or says how much was taken when the program does not read. Enter is sent apart from the text.",
		examples: [
			['homeport send build "make test"', "a line"],
			['homeport send agent "yes" --no-enter', "without Enter"],
			["homeport send agent --file prompt.md", "a file, as one paste"],
			["git diff | homeport send agent --file -", "standard input, as one paste"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.argument("[text]", "what to type")
		.option("--no-enter", "do not press Enter after it")
		.option("--file <path>", "send this file as one paste; - for standard input")
		.action(
			action<[string, string | undefined], Options>(async ({ out, signIn }, options, name, given) => {
				if ((given === undefined) === (options.file === undefined))
					throw new Failure("usage", "Give either a text or --file.")
				const text = options.file === undefined ? (given ?? "") : await readText(options.file)
				const { call } = await signIn()
				const session = await findSession(call, name)
				const bytes = await write(call, session, text, { paste: options.file !== undefined, enter: options.enter })
				out.result({ session: session.id, bytes }, () => "")
			}),
		)
}

async function readText(path: string): Promise<string> {
	const bytes = await (path === "-" ? buffer(process.stdin) : readFile(path)).catch((error: Error) => {
		throw new Failure("file", `${path} cannot be read (${error.message}).`)
	})
	if (bytes.length > INPUT_UNACKED_BYTES)
		throw new Failure(
			"file",
			`${path} has ${bytes.length} bytes, and at most ${INPUT_UNACKED_BYTES} are typed. Put the file on the machine and send its path.`,
		)
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
	} catch {
		throw new Failure("file", `${path} is not text in UTF-8. Put the file on the machine and send its path.`)
	}
}

/** Writes part after part, each when the terminal has the one before; gives the number of bytes that it took. */
async function write(
	call: Client,
	session: Session,
	text: string,
	{ paste, enter }: { paste: boolean; enter: boolean },
): Promise<number> {
	const params = { machine: session.machine, session: session.id }
	const parts = partsOf(paste ? text.replace(/\r?\n/g, "\r") : text)
	let taken = 0
	for (const [index, part] of parts.entries()) {
		const isLast = index === parts.length - 1
		const within = parts.length === 1 ? {} : ({ part: index === 0 ? "first" : isLast ? "last" : "middle" } as const)
		const body = { text: part, paste, ...within, enter: enter && isLast }
		const { bytes, dropped } = await call("sendInput", { params, body }).catch((error: unknown) => {
			if (index === 0 || !(error instanceof Refusal)) throw error
			throw new Refusal(error.code, `Before that the terminal took ${taken} bytes.`)
		})
		taken += bytes
		if (dropped === 0) continue
		const unsent = parts.slice(index + 1).reduce((sum, later) => sum + Buffer.byteLength(later), 0)
		throw new Failure(
			"not_read",
			`${session.name} does not read: its terminal took ${taken} bytes, and the other ${dropped + unsent} were not typed.`,
		)
	}
	return taken
}

/** As a terminal may take them: half of a letter or of an escape sequence stands at no end. */
function partsOf(text: string): string[] {
	const parts: string[] = []
	let start = 0
	do {
		let end = start + PART_CHARS
		if (end < text.length) end -= UNFINISHED.exec(text.slice(start, end))?.[0].length ?? 0
		parts.push(text.slice(start, end))
		start = end
	} while (start < text.length)
	return parts
}

/** A program that reads at all reads this much within WRITE_MS. */
const PART_CHARS = 32 * 1024
const UNFINISHED = /(?:\x1b[^~]{0,5}|[\ud800-\udbff])$/
