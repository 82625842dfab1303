// The variables that a session's program finds.
import type { SessionId } from "../../protocol/ids.ts"

/** `whole`: what the link process composed of its own and the person's variables. */
export function programEnvironment(
	whole: Record<string, string>,
	session: SessionId,
	cwd: string,
): Record<string, string> {
	const kept = Object.entries(whole).filter(([name]) => !isForeign(name, whole))
	return {
		...Object.fromEntries(kept),
		TERM: "xterm-256color",
		COLORTERM: "truecolor",
		PWD: cwd,
		HOMEPORT_SESSION: session,
	}
}

/** The connector's own secrets and settings; those of npm, when it runs the connector; and those of a terminal around it. */
function isForeign(name: string, whole: Record<string, string>): boolean {
	if (name.startsWith("HOMEPORT_")) return true
	if (whole.npm_lifecycle_event !== undefined && (name.startsWith("npm_") || name === "INIT_CWD" || name === "NODE"))
		return true
	return TERMINAL.has(name)
}

const TERMINAL = new Set([
	"TMUX",
	"TMUX_PANE",
	"STY",
	"WINDOW",
	"WINDOWID",
	"TERMCAP",
	"COLUMNS",
	"LINES",
	"TERM_PROGRAM",
	"TERM_PROGRAM_VERSION",
	"VTE_VERSION",
	"KITTY_WINDOW_ID",
	"WT_SESSION",
])
