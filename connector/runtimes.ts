// Runtimes as data: what each is called, how it is executed, how it is got, and which keys it needs.
import { execFile } from "node:child_process"
import { access, constants, stat } from "node:fs/promises"
import { homedir, userInfo } from "node:os"
import { basename, delimiter, isAbsolute, join } from "node:path"
import { Refusal } from "../protocol/errors.ts"
import type { Profile } from "../protocol/profile.ts"
import { CUSTOM, type RuntimeInfo, SHELL } from "../protocol/session.ts"
import { hookArguments } from "./attention/hooks.ts"
import { AIDER } from "./attention/rules/aider.ts"
import { CLAUDE_CODE } from "./attention/rules/claude-code.ts"
import { CODEX } from "./attention/rules/codex.ts"
import { GEMINI } from "./attention/rules/gemini.ts"
import { OPENCODE } from "./attention/rules/opencode.ts"
import { findProfile, readProfiles } from "./profiles.ts"

export interface Runtime {
	id: string
	label: string
	/** The program's name on the PATH. */
	program: () => string
	arguments: string[]
	install: string
	/** What has it at an exact version; null where nothing does. */
	package: { by: "npm" | "pip"; name: string } | null
	/** Any one of these makes it ready: environment variables, or files under the home directory. */
	keys: { variables: string[]; files: string[] }
	/** Files and folders under the home directory that hold its settings and sign-in: a private home has them, too. */
	configuration: string[]
	/** Without a key the program signs the person in, in its terminal. */
	signsIn: boolean
	/** The arguments that take up its last conversation in the same directory; null where it cannot. */
	resume: string[] | null
	/** How it is told at its start what a conversation is called; null where it lets itself not be told. */
	naming: Naming | null
	/** A first argument that is no option is what it is asked: when it takes up a conversation it is not asked again. */
	isAskedFirst: boolean
	/** Regular expressions: one that matches the screen's text says that it waits for a person. */
	waits: string[]
	/** The profile that it was made of. */
	profile: Profile | null
}

/** `{}` stands for the conversation's name, a UUID. */
export interface Naming {
	begin: string[]
	resume: string[]
	/** Where under the home directory it is, once something was said in it; a star stands for any folder. */
	file: string
	/** Arguments with which the person says themselves what it takes up: nothing is added to these. */
	unless: string[]
}

const NO_KEYS = { variables: [], files: [] }
/** A program that has no conversation. */
const OF_ITSELF = { resume: null, naming: null, isAskedFirst: false, waits: [], profile: null }

/** Sources: each tool's own documentation of its installation and of where it keeps its sign-in, and its `--help`. */
export const RUNTIMES: Runtime[] = [
	{
		id: SHELL,
		label: "Shell",
		program: () => process.env.SHELL ?? userInfo().shell ?? "/bin/sh",
		arguments: ["-l"],
		install: "Every machine has one.",
		package: null,
		keys: NO_KEYS,
		configuration: [],
		signsIn: false,
		...OF_ITSELF,
	},
	{
		id: "claude-code",
		label: "Claude Code",
		program: () => "claude",
		arguments: [],
		install: "npm install -g @anthropic-ai/claude-code",
		package: { by: "npm", name: "@anthropic-ai/claude-code" },
		keys: {
			variables: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK"],
			files: [".claude/.credentials.json"],
		},
		configuration: [".claude", ".claude.json"],
		signsIn: true,
		resume: ["--continue"],
		naming: {
			begin: ["--session-id", "{}"],
			resume: ["--resume", "{}"],
			file: ".claude/projects/*/{}.jsonl",
			unless: ["--session-id", "--resume", "-r", "--continue", "-c", "--print", "-p", "--no-session-persistence"],
		},
		isAskedFirst: true,
		waits: CLAUDE_CODE.waits,
		profile: null,
	},
	{
		id: "codex",
		label: "Codex",
		program: () => "codex",
		arguments: [],
		install: "npm install -g @openai/codex",
		package: { by: "npm", name: "@openai/codex" },
		keys: { variables: ["OPENAI_API_KEY", "CODEX_API_KEY"], files: [".codex/auth.json"] },
		configuration: [".codex"],
		signsIn: true,
		resume: ["resume", "--last"],
		naming: null,
		isAskedFirst: true,
		waits: CODEX.waits,
		profile: null,
	},
	{
		id: "gemini",
		label: "Gemini CLI",
		program: () => "gemini",
		arguments: [],
		install: "npm install -g @google/gemini-cli",
		package: { by: "npm", name: "@google/gemini-cli" },
		keys: { variables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"], files: [".gemini/oauth_creds.json"] },
		configuration: [".gemini"],
		signsIn: true,
		resume: ["--resume", "latest"],
		naming: null,
		isAskedFirst: true,
		waits: GEMINI.waits,
		profile: null,
	},
	{
		id: "opencode",
		label: "OpenCode",
		program: () => "opencode",
		arguments: [],
		install: "npm install -g opencode-ai",
		package: { by: "npm", name: "opencode-ai" },
		keys: {
			variables: ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"],
			files: [".local/share/opencode/auth.json", ".config/opencode/opencode.json"],
		},
		configuration: [".local/share/opencode", ".config/opencode"],
		signsIn: true,
		resume: ["--continue"],
		naming: null,
		isAskedFirst: false,
		waits: OPENCODE.waits,
		profile: null,
	},
	{
		id: "aider",
		label: "Aider",
		program: () => "aider",
		arguments: [],
		install: "python3 -m pip install aider-install && aider-install",
		package: { by: "pip", name: "aider-chat" },
		keys: {
			variables: ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY", "DEEPSEEK_API_KEY"],
			files: [".aider.conf.yml"],
		},
		configuration: [".aider.conf.yml"],
		signsIn: false,
		resume: ["--restore-chat-history"],
		naming: null,
		isAskedFirst: false,
		waits: AIDER.waits,
		profile: null,
	},
]

/** How a program is begun. */
export interface Begin {
	/** Although none of the runtime's keys was found. */
	withoutKey?: boolean
	/** What the new conversation is called, or the one that is taken up. */
	conversation?: string | null
	resume?: boolean
	/** By which its own events are known; without it, it is not told to give any. */
	word?: string | null
	/** Where it begins; without one no path of a command is relative. */
	cwd?: string | null
	/** That folder is still to be made, and nobody knows yet what will be in it. */
	isMade?: boolean
}

/** The runtime of this name; null for CUSTOM. Throws Refusal("invalid_request") where there is none. */
export async function findRuntime(dataDir: string, id: string): Promise<Runtime | null> {
	if (id === CUSTOM) return null
	const known = RUNTIMES.find((runtime) => runtime.id === id)
	if (known !== undefined) return known
	const profile = await findProfile(dataDir, id)
	if (profile !== undefined) return runtimeOf(profile)
	const profiles = (await readProfiles(dataDir)).map(({ id }) => id)
	const ids = [...RUNTIMES.map(({ id }) => id), ...profiles, CUSTOM].join(", ")
	throw new Refusal("invalid_request", `There is no runtime "${id}"; there are ${ids}.`)
}

function runtimeOf(profile: Profile): Runtime {
	const { id, label, arguments: args, install, keys, configuration, signsIn, resume, waits } = profile
	return {
		...{ id, label, arguments: args, install, keys, configuration, signsIn, resume, waits, profile },
		program: () => profile.program,
		package: null,
		naming: null,
		isAskedFirst: false,
	}
}

/** What a session of this runtime executes. Throws Refusal: program_missing, key_missing, invalid_request. */
export async function command(
	runtime: Runtime | null,
	argv: string[],
	environment: Record<string, string>,
	begin: Begin = {},
): Promise<{ program: string; arguments: string[] }> {
	if (runtime === null) {
		const [name, ...rest] = ofCustom(argv)
		return { program: await programOf(name, begin), arguments: rest }
	}
	let program: string
	try {
		program = await findProgram(runtime.program())
	} catch {
		const how = runtime.install === "" ? `${runtime.program()} was not found.` : `Get it with: ${runtime.install}`
		throw new Refusal("program_missing", how)
	}
	await mustHaveKey(runtime, environment, begin)
	return { program, arguments: [...runtime.arguments, ...wordsOf(runtime, argv, begin)] }
}

/**
 * The same for a session in a substrate, where a container or VM has programs of its own: their names are looked up
 * there. Throws Refusal as `command` does.
 */
export async function insideCommand(
	substrate: "sandbox" | "container" | "vm",
	runtime: Runtime | null,
	argv: string[],
	environment: Record<string, string>,
	begin: Begin = {},
): Promise<string[]> {
	if (substrate === "sandbox") {
		const { program, arguments: args } = await command(runtime, argv, environment, begin)
		return [program, ...args]
	}
	if (runtime === null) return ofCustom(argv)
	await mustHaveKey(runtime, environment, begin)
	const program = runtime.profile?.program ?? basename(runtime.program())
	return [runtime.id === SHELL ? "sh" : program, ...runtime.arguments, ...wordsOf(runtime, argv, begin)]
}

/** The person's own keys for a runtime: the one thing of the connector's environment that a substrate is given. */
export function ownKeys(runtime: Runtime | null): Record<string, string> {
	const environment = sessionEnvironment()
	const names = runtime?.keys.variables ?? []
	return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])))
}

/** Whether a new conversation of it can be given a name. */
export function canBeNamed({ naming }: Runtime, argv: string[]): boolean {
	return naming !== null && !saysItself(naming, argv)
}

function ofCustom(argv: string[]): [string, ...string[]] {
	const [name, ...rest] = argv
	if (name === undefined) throw new Refusal("invalid_request", "A custom session needs a command.")
	return [name, ...rest]
}

/** What the person gave, and before that what says which conversation it is. */
function wordsOf(runtime: Runtime, argv: string[], begin: Begin): string[] {
	const hooks = begin.word == null ? [] : hookArguments(runtime.id, argv, begin.word)
	return [...hooks, ...conversationWords(runtime, argv, begin)]
}

function conversationWords({ resume, naming, isAskedFirst }: Runtime, argv: string[], begin: Begin): string[] {
	if (naming !== null && saysItself(naming, argv)) return argv
	const name = begin.conversation ?? null
	const named = (words: string[]) => words.map((word) => (word === "{}" ? (name ?? "") : word))
	if (begin.resume !== true) return naming === null || name === null ? argv : [...named(naming.begin), ...argv]
	const words = naming === null || name === null ? (resume ?? []) : named(naming.resume)
	const isAsked = isAskedFirst && argv[0]?.startsWith("-") === false
	return [...words, ...(isAsked ? argv.slice(1) : argv)]
}

function saysItself({ unless }: Naming, argv: string[]): boolean {
	return argv.some((word) => unless.includes(word.split("=")[0] ?? ""))
}

async function mustHaveKey(
	known: Runtime,
	environment: Record<string, string>,
	{ withoutKey = false }: Begin,
): Promise<void> {
	const missing = withoutKey && known.signsIn ? [] : await missingKeys(known, environment)
	if (missing.length > 0)
		throw new Refusal("key_missing", `Set one of these, or sign in on the machine: ${missing.join(", ")}.`)
}

/** Every runtime as this machine has it now, those that people made included. */
export async function detectRuntimes(dataDir: string, environment: Record<string, string>): Promise<RuntimeInfo[]> {
	const made = (await readProfiles(dataDir)).map(runtimeOf)
	return Promise.all(
		[...RUNTIMES, ...made].map(async (runtime) => {
			const program = await findProgram(runtime.program()).catch(() => null)
			return {
				id: runtime.id,
				label: runtime.label,
				program,
				version: program === null || runtime.id === SHELL ? null : await version(program, environment),
				install: runtime.install,
				missingKeys: await missingKeys(runtime, { ...runtime.profile?.environment, ...environment }),
				signsIn: runtime.signsIn,
				isProfile: runtime.profile !== null,
				waits: runtime.waits,
			}
		}),
	)
}

/** The environment of sessions: the person's, as it is here, less what npm and Homeport put there for themselves. */
export function sessionEnvironment(): Record<string, string> {
	const isUnderNpm = process.env.npm_execpath !== undefined
	const environment: Record<string, string> = {}
	for (const [name, value] of Object.entries(process.env)) {
		if (value === undefined || /^(npm_|HOMEPORT_|NODE_OPTIONS$)/.test(name)) continue
		if (!isUnderNpm || !isFromNpm(name, value)) environment[name] = value
	}
	environment.PATH = searchPath().join(delimiter)
	return environment
}

/** What npm says to the programs that it starts, beside what it says with its name. */
function isFromNpm(name: string, value: string): boolean {
	if (name === "EDITOR") return value === (process.env.npm_config_editor ?? NPM_EDITOR)
	return name === "INIT_CWD" || name === "NODE" || name === "COLOR"
}

/** Told to be the editor of who has named none. */
const NPM_EDITOR = "vi"

/** Where programs are looked for: the PATH without npm's additions, then where installers put things. */
function searchPath(): string[] {
	const own = (process.env.PATH ?? "")
		.split(delimiter)
		.filter((folder) => isAbsolute(folder) && !/node_modules/.test(folder))
	const usual = [
		join(homedir(), ".local/bin"),
		join(homedir(), ".npm-global/bin"),
		join(homedir(), ".bun/bin"),
		"/opt/homebrew/bin",
		"/usr/local/bin",
		"/usr/bin",
		"/bin",
	]
	return [...new Set([...own, ...usual])]
}

/** What a command names: a path from where it begins, or a program on the PATH. */
async function programOf(name: string, { cwd = null, isMade = false }: Begin): Promise<string> {
	if (cwd === null || isAbsolute(name) || !name.includes("/")) return findProgram(name)
	const path = join(cwd, name)
	if (isMade || (await isProgram(path))) return path
	throw new Refusal("program_missing", `${name} was not found in ${cwd}, or is no program.`)
}

async function findProgram(name: string): Promise<string> {
	const candidates = name.includes("/") ? [name] : searchPath().map((folder) => join(folder, name))
	for (const candidate of candidates) {
		if (!isAbsolute(candidate)) break
		if (await isProgram(candidate)) return candidate
	}
	throw new Refusal("program_missing", `${name} was not found.`)
}

async function isProgram(path: string): Promise<boolean> {
	try {
		await access(path, constants.X_OK)
		return (await stat(path)).isFile()
	} catch {
		return false
	}
}

async function missingKeys({ keys }: Runtime, environment: Record<string, string>): Promise<string[]> {
	if (keys.variables.length === 0 && keys.files.length === 0) return []
	if (keys.variables.some((name) => (environment[name] ?? "") !== "")) return []
	const home = environment.HOME ?? homedir()
	for (const file of keys.files) if (await exists(join(home, file))) return []
	return keys.variables.length > 0 ? keys.variables : keys.files.map((file) => `~/${file}`)
}

async function exists(path: string): Promise<boolean> {
	try {
		await access(path)
		return true
	} catch {
		return false
	}
}

/** The first thing that looks like a version in what `--version` prints; null when it prints none in time. */
function version(program: string, environment: Record<string, string>): Promise<string | null> {
	return new Promise((resolve) => {
		execFile(program, ["--version"], { timeout: VERSION_MS, env: environment }, (_error, stdout) => {
			resolve(/\d+\.\d+(?:\.\d+)?[\w.+-]*/.exec(stdout)?.[0] ?? null)
		})
	})
}

/** Some agents take seconds to start on a slow disk. */
const VERSION_MS = 10_000
