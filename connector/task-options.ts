// What the command line says of a task: a manifest's file, and options that go before what stands in it.
import { resolve } from "node:path"
import { type Command, InvalidArgumentError, Option } from "commander"
import { NETWORKS, SUBSTRATES } from "../protocol/substrate.ts"
import { Changes, Manifest } from "../protocol/task.ts"
import type { Credentials } from "./credentials.ts"
import { duration } from "./duration.ts"
import { Failure } from "./exit.ts"
import { readIdentity } from "./identity.ts"
import { inputsFrom, readManifest } from "./manifest-file.ts"
import { gather } from "./many.ts"
import { readText } from "./written-file.ts"

export interface TaskOptions {
	file?: string
	name?: string
	prompt?: string
	promptFile?: string
	machine?: string
	machineTag: string[]
	newVm?: string | true
	runtime?: string
	model?: string
	interactive?: boolean
	cwd?: string
	worktree?: boolean
	repository?: string
	ref?: string
	credential?: string
	substrate?: (typeof SUBSTRATES)[number]
	network?: (typeof NETWORKS)[number]
	allow: string[]
	image?: string
	loadout?: string
	secret: string[]
	env: string[]
	input: string[]
	artifact: string[]
	timeLimit?: number
	retries?: number
	key?: string
	priority?: number
	changes?: Manifest["changes"]["do"]
	branch?: string
	message?: string
}

export function withTaskOptions(command: Command): Command {
	return command
		.option("-f, --file <file>", "the manifest, in YAML or JSON; - for standard input")
		.option("--name <name>", "what to call it")
		.option("--prompt <text>", "what the runtime is asked")
		.option("--prompt-file <file>", "the same from a file; - for standard input")
		.option("--machine <name>", "on this machine (default: any that can)")
		.option("--machine-tag <tag>", "on a machine that has it; repeated: all of them", gather, [])
		.option("--new-vm [loadout]", "in a VM that is made for it, and removed after it")
		.option("--runtime <runtime>", "claude-code, codex, gemini, opencode, aider, shell, a profile, or custom")
		.option("--model <model>", "the runtime's model")
		.option("--interactive", "its agent may ask a person and hears what it is told, until it says that it is done")
		.option("--cwd <folder>", "work in this folder: of this computer, unless --machine says another")
		.option("--worktree", "in a worktree of that folder's repository, on a branch of its own; with --substrate host")
		.option("--repository <url>", "work in a clone of this repository")
		.option("--ref <ref>", "the branch, tag or commit of it")
		.option("--credential <secret>", "the secret that git signs in with for it")
		.addOption(new Option("--substrate <kind>", "what it runs in (default: the machine's)").choices(SUBSTRATES))
		.addOption(new Option("--network <kind>", "what it reaches (default: full)").choices(NETWORKS))
		.option("--allow <host>", "a host that it reaches, such as *.example.com; repeat it. Nothing else then", gather, [])
		.option("--image <name>", "the container's image, or that of its VM")
		.option("--loadout <name>", "what is installed first in its container's image or its VM")
		.option("--secret <name>", "a secret of the workspace that it gets; VARIABLE=NAME as another variable", gather, [])
		.option("--env <variable=value>", "a variable; repeat it", gather, [])
		.option("--input <file>", "a file for its inbox; PATH=FILE under another name there", gather, [])
		.option("--artifact <glob>", "what must be in its outbox at the end; repeat it", gather, [])
		.option("--time-limit <time>", "at most so long, such as 90, 15m or 2h (default: 1h)", duration)
		.option("--retries <count>", "try a failure again, so often at most", whole)
		.option("--key <key>", "one at a time of those with the same key")
		.option("--priority <number>", "higher goes first (default: 0)", whole)
		.addOption(new Option("--changes <what>", "what happens to what it has changed").choices(Changes.options))
		.option("--branch <name>", "the branch for them")
		.option("--message <text>", "the commit's message")
}

interface Given {
	credentials: Credentials
	/** Where this computer's identity is. */
	identity: string
}

/** The manifest that the command line says, on top of its file's or of `base`. Throws Failure. */
export async function manifestFrom(
	options: TaskOptions,
	argv: string[],
	{ credentials, identity }: Given,
	base?: Manifest,
): Promise<Manifest> {
	const { file, prompt, promptFile } = options
	if (prompt !== undefined && promptFile !== undefined)
		throw new Failure("usage", "One of --prompt and --prompt-file is enough.")
	if (file === "-" && promptFile === "-")
		throw new Failure("usage", "Only one of --file and --prompt-file is standard input.")
	const said = file === undefined ? (base ?? Manifest.parse({})) : await readManifest(file, credentials)
	const words = promptFile === undefined ? prompt : await readText(promptFile)
	const inputs = await inputsFrom(options.input, credentials)
	const here = options.cwd === undefined ? undefined : await machineHere(identity)
	const workOn = workOnFrom(options, said.workOn)
	const { name, model, interactive, substrate, image, loadout, timeLimit, priority } = options
	return {
		...said,
		...given({
			name,
			model,
			interactive,
			substrate,
			image,
			loadout,
			priority,
			workOn,
			prompt: words,
			timeoutSeconds: timeLimit,
		}),
		...given({ runtime: options.runtime ?? (argv.length > 0 && file === undefined ? "custom" : undefined) }),
		...given({ argv: argv.length > 0 ? argv : undefined, network: networkFrom(options) }),
		...given({ concurrency: options.key === undefined ? undefined : { key: options.key, atOnce: 1 } }),
		...given({ retries: options.retries === undefined ? undefined : { ...said.retries, max: options.retries } }),
		target: targetFrom(options, said.target, here),
		secrets: { ...said.secrets, ...pairs(options.secret, (name) => [name, name]) },
		environment: { ...said.environment, ...pairs(options.env, noValue) },
		inputs: [...said.inputs.filter(({ path }) => inputs.every((other) => other.path !== path)), ...inputs],
		artifacts: [...new Set([...said.artifacts, ...options.artifact])],
		changes: {
			...said.changes,
			...given({ do: options.changes, branch: options.branch, message: options.message }),
		},
	}
}

function targetFrom(
	{ machine, machineTag, newVm, cwd }: TaskOptions,
	said: Manifest["target"],
	here: string | undefined,
): Manifest["target"] {
	const tags = machineTag.length > 0 ? machineTag : said.tags
	const vm = newVm === undefined ? said.newVm : newVm === true ? {} : { loadout: newVm }
	const isSaid = [machine, said.machine, vm].some((one) => one !== undefined) || tags.length > 0
	// A folder is one of this computer where nothing says another.
	const where = machine ?? said.machine ?? (cwd !== undefined && !isSaid ? here : undefined)
	return { tags, ...given({ machine: where, newVm: vm }) }
}

function workOnFrom(
	{ cwd, worktree, repository, ref, credential }: TaskOptions,
	said: Manifest["workOn"],
): Manifest["workOn"] {
	if (cwd !== undefined && repository !== undefined)
		throw new Failure("usage", "One of --cwd and --repository is enough.")
	if (cwd !== undefined)
		return { is: "directory", path: cwd.startsWith("~") ? cwd : resolve(cwd), worktree: worktree === true }
	const secret = credential === undefined ? undefined : { secret: credential, user: "x-access-token" }
	const more = given({ ref, credential: secret })
	if (repository !== undefined) return { is: "repository", url: repository, ...more }
	if (worktree && said?.is !== "directory") throw new Failure("usage", "--worktree goes with --cwd.")
	if (worktree && said?.is === "directory") return { ...said, worktree }
	if (Object.keys(more).length > 0 && said?.is !== "repository")
		throw new Failure("usage", "--ref and --credential go with --repository.")
	return said?.is === "repository" ? { ...said, ...more } : said
}

function networkFrom({ network, allow }: TaskOptions): Manifest["network"] | undefined {
	if (allow.length > 0 && network !== undefined && network !== "allow-list")
		throw new Failure("usage", `--allow makes an allow-list: leave --network ${network} out.`)
	if (network === "allow-list" && allow.length === 0)
		throw new Failure("usage", "Say the hosts of the allow-list with --allow.")
	if (allow.length > 0) return { is: "allow-list", hosts: allow }
	return network === "full" || network === "none" ? { is: network } : undefined
}

async function machineHere(identity: string): Promise<string | undefined> {
	return (await readIdentity(identity))?.machine
}

/** Words such as NAME=VALUE as an object; `bare` says what one without a value means. */
function pairs(words: string[], bare: (word: string) => [string, string]): Record<string, string> {
	return Object.fromEntries(
		words.map((word) => {
			const at = word.indexOf("=")
			return at === -1 ? bare(word) : [word.slice(0, at), word.slice(at + 1)]
		}),
	)
}

function noValue(word: string): never {
	throw new Failure("usage", `Say --env as VARIABLE=VALUE; "${word}" has no value.`)
}

/** Without what is not said. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
		[K in keyof T]?: Exclude<T[K], undefined>
	}
}

export function whole(text: string): number {
	const number = Number(text)
	if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(number))
		throw new InvalidArgumentError("It must be a whole number.")
	return number
}
