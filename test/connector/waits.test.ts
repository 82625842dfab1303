// How built-in runtimes show that they wait for a person, and what must not be taken for that.
import { expect, test } from "vitest"
import { AIDER } from "../../connector/attention/rules/aider.ts"
import { CLAUDE_CODE } from "../../connector/attention/rules/claude-code.ts"
import { CODEX } from "../../connector/attention/rules/codex.ts"
import { GEMINI } from "../../connector/attention/rules/gemini.ts"
import { OPENCODE } from "../../connector/attention/rules/opencode.ts"

const WAITS = {
	"claude-code": CLAUDE_CODE.waits,
	codex: CODEX.waits,
	gemini: GEMINI.waits,
	opencode: OPENCODE.waits,
	aider: AIDER.waits,
}

const matches = (runtime: keyof typeof WAITS, screen: string) =>
	WAITS[runtime].some((pattern) => new RegExp(pattern, "mu").test(screen))

test.each([
	[
		"claude-code",
		"│ Do you want to proceed?      │\n│ ❯ 1. Yes                     │\n│   2. No                      │",
	],
	[
		"claude-code",
		" Bash command\n\n   npm test\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend",
	],
	["claude-code", " Do you want to make this edit to main.ts?\n   1. Yes\n ❯ 2. Yes, allow all edits\n   3. No"],
	["claude-code", " Do you want to create notes.txt?\n ❯ 1. Yes\n   2. No"],
	[
		"claude-code",
		" WARNING: running in Bypass Permissions mode\n\n ❯ 1. No, exit\n   2. Yes, I accept\n\n Enter to confirm · Esc to exit",
	],
	["claude-code", " Would you like to proceed?\n\n ❯ 1. Yes, and auto-accept edits\n   2. No, keep planning"],
	[
		"claude-code",
		" Which database?\n\n ❯ 1. SQLite\n   2. Postgres\n\n Enter to select · ↑/↓ to navigate · Esc to cancel",
	],
	[
		"codex",
		"  Would you like to run the following command?\n\n  $ npm install\n\n› 1. Yes, proceed (y)\n  2. No (esc)\n\n  Press enter to confirm or esc to cancel",
	],
	["codex", "│Allow command?\n│\n│  ❯ Yes (y)\n│    No, and keep going (n)"],
	["gemini", "│ Allow execution of [Shell]?  │\n│ ● 1. Allow once              │\n│   2. No, suggest changes (esc) │"],
	["gemini", "│ ● Yes, allow once │\n ⠏ Waiting for user confirmation..."],
	[
		"opencode",
		"△ Permission required\n  # Run the tests\n  $ npm test\n\n Allow once   Allow always   Reject          ⇆ select  enter confirm",
	],
	["opencode", "  ┃  2. Blue\n  ┃     cold\n  ┃\n  ┃  ⇆ tab  ↑↓ select  enter confirm  esc dismiss\n  ┃"],
	["aider", "Add src/app.py to the chat? (Y)es/(N)o/(A)ll/(S)kip all/(D)on't ask again [Yes]: "],
	["aider", "Run shell command? (Y)es/(N)o/(D)on't ask again [Yes]:"],
] as const)("%s waits: %j", (runtime, screen) => {
	expect(matches(runtime, screen)).toBe(true)
})

test.each([
	"test prompts for confirmation (y/n) ... ok",
	'+    println!("Are you sure you want to delete?");',
	"  42:  return confirm('Do you want to proceed?');",
	"INFO: skipping prompt [Y/n] because --yes was given",
	"Run shell command? (Y)es/(N)o/(D)on't ask again [Yes]: y\nRunning npm test",
	"✻ Cooking… (12s · ↓ 1.2k tokens · esc to interrupt)",
	"╭──────────────╮\n│ ❯            │\n╰──────────────╯\n  ? for shortcuts",
	'────────\n❯ Try "fix lint errors"\n────────\n  ⏵⏵ accept edits on (shift+tab to cycle)',
	"~/src main *\n❯ ",
	"❯ fix the login te",
	"How can I help you today?",
	"> 1. Yes is what I would answer",
	'{"question":"Are you sure?","options":["(y/n)"]}',
	"PASS src/a.test.ts\nTests: 12 passed",
])("no runtime waits: %j", (screen) => {
	for (const runtime of Object.keys(WAITS) as (keyof typeof WAITS)[])
		expect(matches(runtime, screen), runtime).toBe(false)
})
