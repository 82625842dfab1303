// A real agent CLI for tests: installed once into the user's cache, pinned, and told to speak to a model server of our own.
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import envPaths from "env-paths"

const run = promisify(execFile)

const PACKAGE = "@anthropic-ai/claude-code"
const VERSION = "2.1.197"
/** Any key does: the model server does not look. */
const KEY = "test-key-of-nobody-00000000"

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
	const home = mkdtempSync(join(tmpdir(), "homeport-agent-"))
	const cwd = join(home, "work")
	mkdirSync(cwd)
	// Where installers of the user's own put programs.
	const bin = join(home, ".local/bin")
	mkdirSync(bin, { recursive: true })
	symlinkSync(program, join(bin, "claude"))
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
			TERM: "xterm-256color",
			ANTHROPIC_BASE_URL: modelUrl,
			ANTHROPIC_API_KEY: KEY,
			CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
			CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL: "1",
			DISABLE_AUTOUPDATER: "1",
		},
		forget: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }),
	}
}

async function install(): Promise<string> {
	const folder = join(envPaths("homeport-tests", { suffix: "" }).cache, `claude-code-${VERSION}`)
	const program = join(folder, "node_modules/.bin/claude")
	if (existsSync(program)) return program
	mkdirSync(folder, { recursive: true })
	const options = ["--prefix", folder, "--no-audit", "--no-fund", "--no-save"]
	await run("npm", ["install", ...options, `${PACKAGE}@${VERSION}`], { cwd: folder })
	return program
}
