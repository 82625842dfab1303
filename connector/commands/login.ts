// `homeport login`: signs the command in to a workspace of a home, by a browser or by a token.
import { hostname } from "node:os"
import { originOf, saveLogin, signedIn, signedOut } from "../credentials.ts"
import { openDataFolder } from "../data-folder.ts"
import { askByDevice } from "../device.ts"
import { Failure } from "../exit.ts"
import { nameFrom } from "../names.ts"
import { readHidden } from "../read-hidden.ts"
import { action, type Context, verb } from "../verb.ts"

export function login() {
	return verb("login", {
		summary: "sign this command in to a home elsewhere",
		description:
			"A browser where you are signed in approves a short code, in the workspace that you choose there; again for another workspace. Where no browser can, --token asks for a token, or reads it from standard input or HOMEPORT_TOKEN: command lines can be read by every process of the computer. What it gets is kept in the data folder, readable by you only.",
		examples: [
			["homeport login https://home.example", "shows a code to approve in a browser"],
			["homeport login https://home.example --token", "asks for a token"],
			["homeport login https://home.example --token < token.txt", "takes it from a file"],
		],
	})
		.argument("<url>", "the home's address")
		.option("--token", "sign in by a token")
		.action(
			action<[string], { token?: boolean }>(async (context, options, given) => {
				const { folder, out } = context
				const url = originOf(given)
				const isByToken = options.token === true || (process.env.HOMEPORT_TOKEN ?? "") !== ""
				const token = isByToken ? await givenToken() : await grantedToken(context, url)
				const me = await signedIn({ url, token, source: isByToken ? "what was given" : "the browser" })("me")
				openDataFolder(folder)
				await saveLogin(folder.credentials, { url, token, workspace: me.workspace, home: false })
				out.result(
					{ url, ...me },
					({ name, role, workspace }) => `Signed in to ${workspace.name} as ${name} (${role}).`,
				)
			}),
		)
}

async function grantedToken({ out }: Context, url: string): Promise<string> {
	const name = nameFrom(`homeport command on ${hostname()}`, "homeport command")
	const granted = await askByDevice(signedOut(url), { is: "login", name }, out)
	if (granted.is !== "login") throw new Error("invariant: a login was asked for")
	return granted.secret
}

async function givenToken(): Promise<string> {
	const token = (process.env.HOMEPORT_TOKEN || (await readHidden("Token"))).trim()
	if (token === "") throw new Failure("usage", "No token was given. The console makes one.")
	return token
}
