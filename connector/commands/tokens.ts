// `homeport tokens`: secrets that programs sign in with.
import type { Token } from "../../protocol/routes/tokens.ts"
import { EXIT, Failure } from "../exit.ts"
import { ago, style, table } from "../output.ts"
import { action, verb } from "../verb.ts"

export function tokens() {
	const list = verb("tokens", {
		summary: "list, make and revoke tokens for programs",
		examples: [
			["homeport tokens", "which there are, and when each was last used"],
			["homeport tokens create ci", "make one; its secret is shown once"],
			["homeport tokens revoke ci", "it is worth nothing from now on"],
		],
	}).action(
		action(async ({ out, signIn }) => {
			const { call } = await signIn()
			out.result(await call("listTokens"), ({ tokens }) =>
				tokens.length === 0 ? "No tokens." : table(["NAME", "BEGINS", "MADE", "LAST USED"], tokens.map(row)),
			)
		}),
	)
	for (const command of [create(), revoke()]) list.addCommand(command)
	return list
}

function row({ name, prefix, createdAt, lastUsedAt }: Token): string[] {
	const now = Date.now()
	return [style("bold", name), prefix, ago(now - createdAt), lastUsedAt === null ? "never" : ago(now - lastUsedAt)]
}

function create() {
	return verb("create", {
		summary: "make a token",
		examples: [["homeport tokens create ci", "prints the secret, once"]],
	})
		.argument("<name>", "what to recognise it by")
		.action(
			action<[string], object>(async ({ out, signIn }, _options, name) => {
				const { call } = await signIn()
				const made = await call("createToken", { body: { name } })
				if (!out.json) out.note("This secret is shown once. Programs send it as `Authorization: Bearer`.")
				out.result(made, ({ secret }) => secret)
			}),
		)
}

function revoke() {
	return verb("revoke", {
		summary: "revoke a token at once",
		examples: [["homeport tokens revoke ci", "programs that use it are refused"]],
	})
		.argument("<name>", "the token's name or id")
		.action(
			action<[string], object>(async ({ out, signIn }, _options, wanted) => {
				const { call } = await signIn()
				const { tokens } = await call("listTokens")
				const [token, other] = tokens.filter(({ id, name }) => id === wanted || name === wanted)
				if (token === undefined) throw new Failure(`There is no token named "${wanted}".`, EXIT.notFound)
				if (other !== undefined)
					throw new Failure(`More than one token is named "${wanted}". Say its id; --json shows it.`, EXIT.usage)
				await call("revokeToken", { params: { token: token.id } })
				out.result({ revoked: token.id }, () => "")
			}),
		)
}
