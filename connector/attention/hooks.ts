// How agents are told, when they start, to say what they wait for: by arguments alone, none of the person's files is touched.
import { EVENT_OSC } from "../holder/signals.ts"

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

/** Source: https://code.claude.com/docs/en/hooks. These are added to the hooks that there are. */
function claudeCode(from: string) {
	const hooks = [{ hooks: [{ type: "command", command: hookCommand(from), timeout: HOOK_SECONDS }] }]
	return { hooks: Object.fromEntries(CLAUDE_CODE.map((event) => [event, hooks])) }
}

const CLAUDE_CODE = ["PermissionRequest", "Notification", "UserPromptSubmit", "Stop", "StopFailure"]
const HOOK_SECONDS = 10

/**
 * It notifies by its terminal, whether or not anybody looks at that. Its hooks would say more, but each wants to be trusted
 * by the person first, and its `notify` may be the person's own. Source: https://developers.openai.com/codex/config-reference
 */
const CODEX = ["tui.notifications=true", 'tui.notification_method="osc9"', 'tui.notification_condition="always"']

/**
 * A shell command that hands its standard input on as an event. A hook has no terminal of its own: that of the agent is
 * found among what its parents have open. It is written to in one go, so that nothing comes in between; where there is
 * none, nothing happens, and it ends with `without`. An event that is too long is cut, and then says nothing.
 */
export function hookCommand(from: string, without = 0): string {
	return `{ e=$(head -c ${EVENT_BYTES} | base64 | tr -d '\\n'); p=$PPID; n=0
while [ "$n" -lt 8 ] && [ "\${p:-0}" -ge 1 ]; do
for f in 1 2 0; do
if [ -d /proc/self ]; then t=/proc/$p/fd/$f; else t=/dev/$(ps -o tty= -p "$p" | tr -d ' '); fi
if [ -c "$t" ] && [ -t 3 ] 3>>"$t"; then printf '\\033]%s;%s;%s\\007' ${EVENT_OSC} ${from} "$e" | dd obs=262144 >>"$t"; exit 0; fi
done
if [ -d /proc/self ]; then p=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$p/status"); else p=$(ps -o ppid= -p "$p" | tr -d ' '); fi
n=$((n+1))
done; exit ${without}; } 2>/dev/null`
}

/** In base64 this is less than what a holder takes. */
const EVENT_BYTES = 128 * 1024
