// How agents are told, when they start, to say what they wait for: by arguments and variables alone, none of the person's
// files is touched.
import { existsSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { EVENT_OSC } from "../holder/signals.ts"
import { AGENT, EVENT_BYTES } from "./event.ts"
import { OPENCODE_PLUGIN } from "./opencode-plugin.ts"

const HOOK_SECONDS = 10

/** What an agent is given for that, before its other arguments; nothing where it is not known how, or the person says their own. */
export function hookArguments(runtime: string, argv: readonly string[], word: string): string[] {
	const gives = (option: string) => argv.some((given) => given === option || given.startsWith(`${option}=`))
	switch (runtime) {
		case "claude-code":
			return gives("--settings") ? [] : ["--settings", JSON.stringify(claudeCode(`claude-code.${word}`))]
		case "codex":
			return CODEX.flatMap((setting) => ["-c", setting])
		default:
			return []
	}
}

/** Where HOOK_FILES are, as the agent sees them. */
export interface HookFolder {
	path: string
	/** Nobody but root could write to it, or to what it is in. */
	isRoots: boolean
}

/** The same for agents that take no such argument: variables. */
export function hookVariables(
	runtime: string,
	environment: Record<string, string>,
	word: string | null,
	folder: HookFolder | null,
): Record<string, string> {
	if (word === null || folder === null) return {}
	const says = { [AGENT]: `${runtime}.${word}` }
	switch (runtime) {
		case "gemini": {
			const isTaken = GEMINI_DEFAULTS in environment || GEMINI_SYSTEM_DEFAULTS.some(existsSync)
			return isTaken || !folder.isRoots ? {} : { [GEMINI_DEFAULTS]: join(folder.path, GEMINI_FILE), ...says }
		}
		case "opencode":
			return OPENCODE_SETTINGS in environment ? {} : { [OPENCODE_SETTINGS]: join(folder.path, OPENCODE_FILE), ...says }
		default:
			return {}
	}
}

/** A folder of this machine, as an agent on the machine itself sees it. */
export function hookFolder(path: string): HookFolder {
	return { path, isRoots: isRoots(path) }
}

function isRoots(folder: string): boolean {
	const { uid, mode } = statSync(folder)
	return uid === 0 && (mode & 0o022) === 0 && (folder === "/" || isRoots(dirname(folder)))
}

/**
 * Gemini CLI adds the hooks of all its settings together, and takes system settings from nowhere that anybody but root could
 * write to. This file is in the place of the system's defaults, which give way to everything else, and left alone where the
 * system has some. Source: https://geminicli.com/docs/hooks/reference
 */
const GEMINI_DEFAULTS = "GEMINI_CLI_SYSTEM_DEFAULTS_PATH"
const GEMINI_SYSTEM_DEFAULTS = [
	"/etc/gemini-cli/system-defaults.json",
	"/Library/Application Support/GeminiCli/system-defaults.json",
]
const GEMINI_FILE = "gemini.json"

/** OpenCode adds the plugins of these settings of its terminal interface to those of the person's own (opencode-plugin.ts). */
const OPENCODE_SETTINGS = "OPENCODE_TUI_CONFIG"
const OPENCODE_FILE = "opencode-tui.json"
const OPENCODE_PLUGIN_FILE = "opencode.js"

/** What the variables point to, and what that points to: each file's name, and what is in it. */
export const HOOK_FILES: Record<string, string> = {
	[GEMINI_FILE]: JSON.stringify(gemini()),
	[OPENCODE_FILE]: JSON.stringify({ plugin: [`./${OPENCODE_PLUGIN_FILE}`] }),
	[OPENCODE_PLUGIN_FILE]: OPENCODE_PLUGIN,
}

function gemini() {
	const hook = { name: "homeport", type: "command", command: hookCommand(`"$${AGENT}"`), timeout: HOOK_SECONDS * 1_000 }
	return {
		hooks: Object.fromEntries(
			["Notification", "BeforeAgent", "AfterAgent"].map((event) => [event, [{ hooks: [hook] }]]),
		),
	}
}

/** Source: https://code.claude.com/docs/en/hooks. These are added to the hooks that there are. */
function claudeCode(from: string) {
	const hooks = [{ hooks: [{ type: "command", command: hookCommand(from), timeout: HOOK_SECONDS }] }]
	return { hooks: Object.fromEntries(CLAUDE_CODE.map((event) => [event, hooks])) }
}

const CLAUDE_CODE = ["PermissionRequest", "Notification", "UserPromptSubmit", "Stop", "StopFailure"]

/**
 * It notifies by its terminal, whether or not anybody looks at that. Its hooks would say more, but each wants to be trusted
 * by the person first, and its `notify` may be the person's own. Source: https://developers.openai.com/codex/config-reference
 */
const CODEX = ["tui.notifications=true", 'tui.notification_method="osc9"', 'tui.notification_condition="always"']

/**
 * A shell command that hands its standard input on as an event. A hook has no terminal of its own: that of the agent is
 * found among what its parents have open. It is written to in one go, so that nothing comes in between; where there is
 * none, nothing happens, and it ends with `without`. An event that is too long is cut, and then says nothing. It has no
 * braces around variables: Gemini CLI would put those of its own environment there.
 */
export function hookCommand(from: string, without = 0): string {
	return `{ e=$(head -c ${EVENT_BYTES} | base64 | tr -d '\\n'); p=$PPID; n=0
while [ "$n" -lt 8 ] && [ "$p" -ge 1 ]; do
for f in 1 2 0; do
if [ -d /proc/self ]; then t=/proc/$p/fd/$f; else t=/dev/$(ps -o tty= -p "$p" | tr -d ' '); fi
if [ -c "$t" ] && [ -t 3 ] 3>>"$t"; then printf '\\033]%s;%s;%s\\007' ${EVENT_OSC} ${from} "$e" | dd obs=262144 >>"$t"; exit 0; fi
done
if [ -d /proc/self ]; then p=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$p/status"); else p=$(ps -o ppid= -p "$p" | tr -d ' '); fi
n=$((n+1))
done; exit ${without}; } 2>/dev/null`
}
