// The variables that a session's program finds.
import type { SessionId } from "../../protocol/ids.ts"

/** `whole`: what the link process composed of its own and the person's variables. */
export function programEnvironment(
	whole: Record<string, string>,
	session: SessionId,
	cwd: string,
): Record<string, string> {
	const kept = Object.entries(whole).filter(([name]) => !name.startsWith("HOMEPORT_") && !AROUND.has(name))
	return {
		...Object.fromEntries(kept),
		TERM: "xterm-256color",
		COLORTERM: "truecolor",
		PWD: cwd,
		HOMEPORT_SESSION: session,
	}
}

/** What the terminal and the shell around the connector have said of themselves. */
const AROUND = new Set([
	"_",
	"SHLVL",
	"OLDPWD",
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
