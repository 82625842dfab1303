// `homeport tokens`: secrets that programs sign in with.
import { InvalidArgumentError } from "commander"
import { ACTIONS, type Action } from "../../protocol/roles.ts"
import type { Token } from "../../protocol/routes/tokens.ts"
import { commas } from "../commas.ts"
import { Failure } from "../exit.ts"
import { ago, style, table } from "../output.ts"
import { action, verb } from "../verb.ts"

export function tokens() {
	const list = verb("tokens", {
		summary: "list, make and revoke tokens for programs",
		examples: [
			["homeport tokens", "which there are, and when each was last used"],
			["homeport tokens create ci", "make one; its secret is shown once"],
			["homeport tokens create dash --actions session:watch --tags lab --expires 30d", "one that may do little"],
			["homeport tokens revoke ci", "it is worth nothing from now on"],
		],
	}).action(
		action(async ({ out, signIn }) => {
			const { call } = await signIn()
			out.result(await call("listTokens"), ({ tokens }) =>
				tokens.length === 0
					? "No tokens."
					: table(["NAME", "BEGINS", "MAY", "MACHINES", "MADE", "LAST USED", "EXPIRES"], tokens.map(row)),
			)
		}),
	)
	for (const command of [create(), revoke()]) list.addCommand(command)
	return list
}

function row({ name, prefix, actions, tags, createdAt, lastUsedAt, expiresAt }: Token): string[] {
	const now = Date.now()
	return [
		style("bold", name),
		prefix,
		actions?.join(",") ?? "all that I may",
		tags?.join(",") ?? "all",
		ago(now - createdAt),
		lastUsedAt === null ? "never" : ago(now - lastUsedAt),
		expiresAt === null ? "never" : new Date(expiresAt).toISOString(),
	]
}

interface Narrow {
	actions?: Action[]
	tags?: string[]
	expires?: number
}

function create() {
	return verb("create", {
		summary: "make a token",
		description: `It may do all that you may here, or only what --actions names: ${ACTIONS.join(", ")}.`,
		examples: [
			["homeport tokens create ci", "prints the secret, once"],
			["homeport tokens create dash --actions session:watch,machine:read --expires 30d", "one that only watches"],
		],
	})
		.argument("<name>", "what to recognise it by")
		.option("--actions <list>", "what it may do, with commas between (default: all that you may)", actionsOf)
		.option("--tags <list>", "only machines that have one of these tags", commas)
		.option("--expires <time>", "how long it is good, as 12h or 30d (default: until it is revoked)", durationOf)
		.action(
			action<[string], Narrow>(async ({ out, signIn }, { actions, tags, expires }, name) => {
				const { call } = await signIn()
				const made = await call("createToken", {
					body: {
						name,
						actions: actions ?? null,
						tags: tags ?? null,
						expiresAt: expires === undefined ? null : Date.now() + expires,
					},
				})
				if (!out.json) out.note("This secret is shown once. Programs send it as `Authorization: Bearer`.")
				out.result(made, ({ secret }) => secret)
			}),
		)
}

function actionsOf(text: string): Action[] {
	return commas(text).map((word) => {
		const action = ACTIONS.find((action) => action === word)
		if (action === undefined) throw new InvalidArgumentError(`There is no action "${word}".`)
		return action
	})
}

/** Milliseconds. */
function durationOf(text: string): number {
	const [, count, unit] = /^([1-9]\d{0,4})(m|h|d)$/.exec(text) ?? []
	if (count === undefined) throw new InvalidArgumentError("Say it as 90m, 12h or 30d.")
	return Number(count) * (unit === "m" ? 60_000 : unit === "h" ? 3_600_000 : 86_400_000)
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
				if (token === undefined) throw new Failure("not_found", `There is no token named "${wanted}".`)
				if (other !== undefined)
					throw new Failure("ambiguous", `More than one token is named "${wanted}". Say its id; --json shows it.`)
				await call("revokeToken", { params: { token: token.id } })
				out.result({ revoked: token.id }, () => "")
			}),
		)
}
