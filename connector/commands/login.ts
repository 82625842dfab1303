// `homeport login`: signs the command in to a home, by a token that is never part of a command line.
import { createInterface } from "node:readline/promises"
import { text as readAll } from "node:stream/consumers"
import { signedIn, writeCredentials } from "../credentials.ts"
import { openDataFolder } from "../data-folder.ts"
import { EXIT, Failure } from "../exit.ts"
import { action, verb } from "../verb.ts"

export function login() {
	return verb("login", {
		summary: "sign this command in to a home elsewhere",
		description:
			"The token is asked for, or read from standard input or HOMEPORT_TOKEN: command lines can be read by every process of the computer. It is kept in the data folder, readable by you only.",
		examples: [
			["homeport login https://home.example", "asks for the token"],
			["homeport login https://home.example < token.txt", "takes it from a file"],
		],
	})
		.argument("<url>", "the home's address")
		.action(
			action<[string], object>(async ({ folder, out }, _options, given) => {
				const url = originOf(given)
				const token = (process.env.HOMEPORT_TOKEN ?? (await askToken())).trim()
				if (token === "") throw new Failure("No token was given. `homeport tokens create` makes one.", EXIT.usage)
				const me = await signedIn({ url, token })("me")
				openDataFolder(folder)
				await writeCredentials(folder.credentials, { url, token })
				out.result(
					{ url, ...me },
					({ name, role, workspace }) => `Signed in to ${workspace.name} as ${name} (${role}).`,
				)
			}),
		)
}

/** The address that a person gave, without path or slash. Throws Failure. */
export function originOf(given: string): string {
	const url = URL.parse(given.includes("://") ? given : `https://${given}`)
	if (url === null || !/^https?:$/.test(url.protocol))
		throw new Failure(`${given} is not an address of a home.`, EXIT.usage)
	return url.origin
}

async function askToken(): Promise<string> {
	if (!process.stdin.isTTY) return readAll(process.stdin)
	process.stderr.write("Token (not shown): ")
	// Written nowhere, so that no screen and no scrollback keeps it.
	const prompt = createInterface({ input: process.stdin, output: undefined, terminal: true })
	try {
		return await prompt.question("")
	} finally {
		prompt.close()
		process.stderr.write("\n")
	}
}
