// `homeport send`: types into a session.
import { readFile } from "node:fs/promises"
import { buffer } from "node:stream/consumers"
import { INPUT_UNACKED_BYTES } from "../../protocol/limits.ts"
import { Failure } from "../exit.ts"
import { findSession } from "../lookup.ts"
import { typeInto } from "../type-into.ts"
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
				const bytes = await typeInto(call, session, text, { paste: options.file !== undefined, enter: options.enter })
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
