// `homeport send`: types into a session.
import { readFile } from "node:fs/promises"
import { text as readAll } from "node:stream/consumers"
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
		description: "It ends when the session's terminal has taken the text. Enter is sent apart from the text.",
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
				const text = options.file === undefined ? (given ?? "") : await readInput(options.file)
				const { call } = await signIn()
				const session = await findSession(call, name)
				const { bytes } = await call("sendInput", {
					params: { machine: session.machine, session: session.id },
					body: { text, paste: options.file !== undefined, enter: options.enter },
				})
				out.result({ session: session.id, bytes }, () => "")
			}),
		)
}

async function readInput(path: string): Promise<string> {
	try {
		return path === "-" ? await readAll(process.stdin) : await readFile(path, "utf8")
	} catch (error) {
		throw new Failure("file", `${path} cannot be read (${error instanceof Error ? error.message : error}).`)
	}
}
