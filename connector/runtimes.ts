// Runtimes as data: what each is called, how it is executed, how it is got, and which keys it needs.
import { execFile } from "node:child_process"
import { access, constants, stat } from "node:fs/promises"
import { homedir, userInfo } from "node:os"
import { basename, delimiter, isAbsolute, join } from "node:path"
import { Refusal } from "../protocol/errors.ts"
import { CUSTOM, type RuntimeInfo, SHELL } from "../protocol/session.ts"

interface Runtime {
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
}

const NO_KEYS = { variables: [], files: [] }

/** Sources: each tool's own documentation of its installation and of where it keeps its sign-in. */
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
	},
]

/** What a session of this runtime executes. Throws Refusal: program_missing, key_missing, invalid_request. */
export async function command(
	runtime: string,
	argv: string[],
	environment: Record<string, string>,
	withoutKey = false,
): Promise<{ program: string; arguments: string[] }> {
	if (runtime === CUSTOM) {
		const [name, ...rest] = argv
		if (name === undefined) throw new Refusal("invalid_request", "A custom session needs a command.")
		return { program: await findProgram(name), arguments: rest }
	}
	const known = findRuntime(runtime)
	let program: string
	try {
		program = await findProgram(known.program())
	} catch {
		throw new Refusal("program_missing", `Get it with: ${known.install}`)
	}
	await mustHaveKey(known, environment, withoutKey)
	return { program, arguments: [...known.arguments, ...argv] }
}

/**
 * The same for a session in a substrate, where a container or VM has programs of its own: their names are looked up
 * there. Throws Refusal as `command` does.
 */
export async function insideCommand(
	substrate: "sandbox" | "container" | "vm",
	runtime: string,
	argv: string[],
	environment: Record<string, string>,
	withoutKey: boolean,
): Promise<string[]> {
	if (substrate === "sandbox") {
		const { program, arguments: args } = await command(runtime, argv, environment, withoutKey)
		return [program, ...args]
	}
	if (runtime === CUSTOM) {
		if (argv.length === 0) throw new Refusal("invalid_request", "A custom session needs a command.")
		return argv
	}
	const known = findRuntime(runtime)
	await mustHaveKey(known, environment, withoutKey)
	return [runtime === SHELL ? "sh" : basename(known.program()), ...known.arguments, ...argv]
}

/** Files and folders under the home directory that hold a runtime's settings and sign-in. */
export function runtimeConfiguration(runtime: string): string[] {
	return RUNTIMES.find(({ id }) => id === runtime)?.configuration ?? []
}

function findRuntime(runtime: string): Runtime {
	const known = RUNTIMES.find(({ id }) => id === runtime)
	if (known !== undefined) return known
	const ids = [...RUNTIMES.map(({ id }) => id), CUSTOM].join(", ")
	throw new Refusal("invalid_request", `There is no runtime "${runtime}"; there are ${ids}.`)
}

async function mustHaveKey(known: Runtime, environment: Record<string, string>, withoutKey: boolean): Promise<void> {
	const missing = withoutKey && known.signsIn ? [] : await missingKeys(known, environment)
	if (missing.length > 0)
		throw new Refusal("key_missing", `Set one of these, or sign in on the machine: ${missing.join(", ")}.`)
}

/** Every runtime as this machine has it now. */
export function detectRuntimes(environment: Record<string, string>): Promise<RuntimeInfo[]> {
	return Promise.all(
		RUNTIMES.map(async (runtime) => {
			const program = await findProgram(runtime.program()).catch(() => null)
			return {
				id: runtime.id,
				label: runtime.label,
				program,
				version: program === null || runtime.id === SHELL ? null : await version(program, environment),
				install: runtime.install,
				missingKeys: await missingKeys(runtime, environment),
				signsIn: runtime.signsIn,
				isProfile: false,
				waits: [],
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
	return keys.variables
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
