// `homeport secrets`: keys that the workspace's sessions get, by runtime. A value goes in and never comes out.
import { InvalidArgumentError } from "commander"
import type { Client } from "../../protocol/client.ts"
import type { Secret } from "../../protocol/routes/secrets.ts"
import { CUSTOM } from "../../protocol/session.ts"
import { commas } from "../commas.ts"
import { EXIT, Failure } from "../exit.ts"
import { typed } from "../invocation.ts"
import { ago, style, table } from "../output.ts"
import { readHidden } from "../read-hidden.ts"
import { RUNTIMES } from "../runtimes.ts"
import { action, verb } from "../verb.ts"

export function secrets() {
	const list = verb("secrets", {
		summary: "keep keys that sessions get, by runtime",
		description:
			"A secret is sealed when it is saved, shown to nobody again, and given only to sessions of the runtimes that it is bound to, as an environment variable.",
		examples: [
			["homeport secrets", "which there are, and where each goes"],
			["homeport secrets set ANTHROPIC_API_KEY --runtimes claude-code,aider", "asks for the value"],
			["homeport secrets set GH_TOKEN < token.txt", "takes it from a file"],
			["homeport secrets bind GH_TOKEN --runtimes claude-code", "who gets it from now on"],
			["homeport secrets check ANTHROPIC_API_KEY", "whether the provider takes it"],
			["homeport secrets rm GH_TOKEN", "forget it"],
		],
	}).action(
		action(async ({ out, signIn }) => {
			const { call } = await signIn()
			out.result(await call("listSecrets"), ({ secrets }) =>
				secrets.length === 0
					? `No secrets. \`${typed("secrets", "set", "NAME")}\` keeps one.`
					: table(["NAME", "VARIABLE", "RUNTIMES", "SAVED", "LAST USED"], secrets.map(row)),
			)
		}),
	)
	for (const command of [set(), bind(), check(), remove(), reseal()]) list.addCommand(command)
	return list
}

function row({ name, variable, runtimes, updatedAt, lastUsedAt }: Secret): string[] {
	const now = Date.now()
	const bound = runtimes.length === 0 ? "none yet" : runtimes.join(", ")
	return [
		style("bold", name),
		variable,
		bound,
		ago(now - updatedAt),
		lastUsedAt === null ? "never" : ago(now - lastUsedAt),
	]
}

interface Binding {
	variable?: string
	runtimes?: string[]
}

const VARIABLE = ["--variable <name>", "the environment variable that holds it (default: its name)"] as const
const BOUND_TO = ["--runtimes <ids>", "runtimes whose sessions get it, with commas between", runtimesOf] as const

function runtimesOf(text: string): string[] {
	const known = [...RUNTIMES.map(({ id }) => id), CUSTOM]
	const wanted = commas(text)
	const unknown = wanted.find((id) => !known.includes(id))
	if (unknown !== undefined)
		throw new InvalidArgumentError(`There is no runtime "${unknown}"; there are ${known.join(", ")}.`)
	return wanted
}

function bindingOf({ variable, runtimes }: Binding): Binding {
	return { ...(variable !== undefined && { variable }), ...(runtimes !== undefined && { runtimes }) }
}

function set() {
	return verb("set", {
		summary: "keep a secret, or give it a new value",
		description: "The value is asked for or read from standard input: every process can read a command line.",
		examples: [
			["homeport secrets set ANTHROPIC_API_KEY --runtimes claude-code", "asks for the value"],
			["homeport secrets set DEPLOY_KEY --variable SSH_KEY < id_ed25519", "from a file, as another variable"],
		],
	})
		.argument("<name>", "capital letters, digits and underscores")
		.option(...VARIABLE)
		.option(...BOUND_TO)
		.action(
			action<[string], Binding>(async ({ out, signIn }, options, secret) => {
				const { call } = await signIn()
				// A file ends its last line; a key that ends so is one that somebody saved with an editor.
				const value = (await readHidden(`Value of ${secret}`)).replace(/\r?\n$/, "")
				if (value === "") throw new Failure("usage", "No value was given, so nothing was saved.")
				const saved = await call("saveSecret", { params: { secret }, body: { value, ...bindingOf(options) } })
				out.result(saved, described)
			}),
		)
}

function described({ name, variable, runtimes }: Secret): string {
	if (runtimes.length === 0)
		return `Saved ${name}. No session gets it yet: \`${typed("secrets", "bind", name, "--runtimes", "RUNTIMES")}\`.`
	return `Saved ${name}. Sessions of ${runtimes.join(", ")} get it as ${variable}.`
}

function bind() {
	return verb("bind", {
		summary: "change which runtimes get a secret, and as which variable",
		examples: [["homeport secrets bind GH_TOKEN --runtimes claude-code,codex", "these two, and no other"]],
	})
		.argument("<name>", "the secret's name")
		.option(...VARIABLE)
		.option(...BOUND_TO)
		.action(
			action<[string], Binding>(async ({ out, signIn }, options, secret) => {
				const binding = bindingOf(options)
				if (Object.keys(binding).length === 0) throw new Failure("usage", "Say --runtimes or --variable.")
				const { call } = await signIn()
				await named(call, secret)
				out.result(await call("bindSecret", { params: { secret }, body: binding }), described)
			}),
		)
}

function check() {
	return verb("check", {
		summary: "ask the provider whether it takes a secret",
		examples: [["homeport secrets check ANTHROPIC_API_KEY", "costs nothing"]],
	})
		.argument("<name>", "the secret's name")
		.action(
			action<[string], object>(async ({ out, signIn }, _options, secret) => {
				const { call } = await signIn()
				const checked = await call("checkSecret", { params: { secret } })
				out.result(checked, ({ said }) => said)
				if (checked.isValid === false) process.exitCode = EXIT.failed
			}),
		)
}

function remove() {
	return verb("rm", {
		summary: "forget a secret",
		description: "Sessions that have it keep it until they end.",
		examples: [["homeport secrets rm GH_TOKEN", "no session gets it from now on"]],
	})
		.argument("<name>", "the secret's name")
		.action(
			action<[string], object>(async ({ out, signIn }, _options, secret) => {
				const { call } = await signIn()
				await named(call, secret)
				await call("removeSecret", { params: { secret } })
				out.result({ removed: secret }, () => "")
			}),
		)
}

async function named(call: Client, secret: string): Promise<void> {
	const { secrets } = await call("listSecrets")
	if (!secrets.some(({ name }) => name === secret))
		throw new Failure("not_found", `There is no secret named "${secret}".`)
}

function reseal() {
	return verb("reseal", {
		summary: "seal every secret of the workspace anew, under the newest key",
		description: "After the key ring has got a new key; the old one may then be taken out of the ring.",
		examples: [["homeport secrets reseal", "after `homeport up --rotate-secret-key`"]],
	}).action(
		action(async ({ out, signIn }) => {
			const { call } = await signIn()
			out.result(await call("resealSecrets"), ({ resealed, version }) => `Sealed ${resealed} under key ${version}.`)
		}),
	)
}
