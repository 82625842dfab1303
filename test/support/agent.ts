// A real agent CLI for tests: installed once into the user's cache, pinned, and told to speak to a model server of our own.
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { promisify } from "node:util"
import envPaths from "env-paths"

const run = promisify(execFile)

const CLAUDE = { package: "@anthropic-ai/claude-code", version: "2.1.197", folder: "claude-code", program: "claude" }
/** Any key does: the model server does not look. */
const KEY = "test-key-of-nobody-00000000"

/** Packages of agents for tests, each at the version that their screens are known of. */
const CODEX = { package: "@openai/codex", version: "0.169.0", folder: "codex", program: "codex" }
const GEMINI = { package: "@google/gemini-cli", version: "0.61.0", folder: "gemini-cli", program: "gemini" }
const OPENCODE = { package: "opencode-ai", version: "1.18.33", folder: "opencode", program: "opencode" }

export interface Agent {
	/** What to start. */
	argv: string[]
	environment: Record<string, string>
	/** The directory that it works in. */
	cwd: string
	forget(): void
}

/** The agent with a home of its own in which all first questions are answered already. */
export async function prepareAgent(modelUrl: string): Promise<Agent> {
	const program = await install()
	const { home, cwd, path } = homeWith(program, "claude", tmpdir())
	const settings = {
		hasCompletedOnboarding: true,
		theme: "dark",
		projects: { [cwd]: { hasTrustDialogAccepted: true } },
		customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
	}
	writeFileSync(join(home, ".claude.json"), JSON.stringify(settings))
	return {
		argv: [program],
		cwd,
		environment: {
			HOME: home,
			PATH: path,
			TERM: "xterm-256color",
			ANTHROPIC_BASE_URL: modelUrl,
			ANTHROPIC_API_KEY: KEY,
			CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
			CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL: "1",
			DISABLE_AUTOUPDATER: "1",
		},
		forget: () => rmSync(home, REMOVED),
	}
}

/** Codex; its home must not lie under the temporary directory, or its sandbox refuses to help. */
export async function prepareCodex(modelUrl: string): Promise<Agent> {
	const program = await install(CODEX)
	const homes = join(envPaths("homeport-tests", { suffix: "" }).cache, "homes")
	mkdirSync(homes, { recursive: true })
	const { home, cwd, path } = homeWith(program, "codex", homes)
	mkdirSync(join(home, ".codex"))
	const config = `model = "fake-model"
model_provider = "fake"
check_for_update_on_startup = false
[model_providers.fake]
name = "fake"
base_url = "${modelUrl}/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
[analytics]
enabled = false
[projects."${cwd}"]
trust_level = "trusted"
`
	writeFileSync(join(home, ".codex/config.toml"), config)
	const environment = { HOME: home, PATH: path, TERM: "xterm-256color", OPENAI_API_KEY: KEY }
	return { argv: [program], cwd, environment, forget: () => rmSync(home, REMOVED) }
}

export async function prepareGemini(modelUrl: string): Promise<Agent> {
	const program = await install(GEMINI)
	const { home, cwd, path } = homeWith(program, "gemini", tmpdir())
	mkdirSync(join(home, ".gemini"))
	const settings = {
		security: { folderTrust: { enabled: false }, auth: { selectedType: "gemini-api-key" } },
		privacy: { usageStatisticsEnabled: false },
		general: { disableAutoUpdate: true, disableUpdateNag: true },
	}
	writeFileSync(join(home, ".gemini/settings.json"), JSON.stringify(settings))
	const environment = {
		HOME: home,
		PATH: path,
		TERM: "xterm-256color",
		GEMINI_API_KEY: KEY,
		GOOGLE_GEMINI_BASE_URL: modelUrl,
	}
	return { argv: [program], cwd, environment, forget: () => rmSync(home, REMOVED) }
}

export async function prepareOpenCode(modelUrl: string): Promise<Agent> {
	const program = await install(OPENCODE)
	const { home, cwd, path } = homeWith(program, "opencode", tmpdir())
	const folder = join(home, ".config/opencode")
	mkdirSync(folder, { recursive: true })
	const options = { baseURL: `${modelUrl}/v1`, apiKey: KEY }
	const models = { "fake-model": { name: "Fake", tool_call: true, limit: { context: 100_000, output: 10_000 } } }
	const settings = {
		$schema: "https://opencode.ai/config.json",
		provider: { fake: { npm: "@ai-sdk/openai-compatible", name: "Fake", options, models } },
		model: "fake/fake-model",
		small_model: "fake/fake-model",
		permission: { bash: "ask", edit: "ask" },
		autoupdate: false,
		share: "disabled",
	}
	writeFileSync(join(folder, "opencode.json"), JSON.stringify(settings))
	const environment = { HOME: home, PATH: path, TERM: "xterm-256color", OPENCODE_DISABLE_MODELS_FETCH: "1" }
	return { argv: [program], cwd, environment, forget: () => rmSync(home, REMOVED) }
}

const REMOVED = { recursive: true, force: true, maxRetries: 5 }

/** A home with a place to work in, and the program where installers of the user's own put programs: found before one that the computer has. */
function homeWith(program: string, name: string, folder: string): { home: string; cwd: string; path: string } {
	const home = mkdtempSync(join(folder, "homeport-agent-"))
	const cwd = join(home, "work")
	mkdirSync(cwd)
	const bin = join(home, ".local/bin")
	mkdirSync(bin, { recursive: true })
	symlinkSync(program, join(bin, name))
	return { home, cwd, path: [bin, process.env.PATH].join(delimiter) }
}

async function install(what = CLAUDE): Promise<string> {
	const folder = join(envPaths("homeport-tests", { suffix: "" }).cache, `${what.folder}-${what.version}`)
	const program = join(folder, "node_modules/.bin", what.program)
	if (existsSync(program)) return program
	mkdirSync(folder, { recursive: true })
	const options = ["--prefix", folder, "--no-audit", "--no-fund", "--no-save"]
	await run("npm", ["install", ...options, `${what.package}@${what.version}`], { cwd: folder })
	return program
}
