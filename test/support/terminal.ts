// An xterm without a window, which takes sequences and measures letters as the console's does.

import headless from "@xterm/headless"
import { UnicodeGraphemesAddon } from "../../connector/holder/graphemes.ts"
import { mendEmulator } from "../../protocol/emulator.ts"
import { SCROLLBACK_LINES } from "../../protocol/limits.ts"

export type Terminal = headless.Terminal

export function createTerminal(cols: number, rows: number, scrollback = SCROLLBACK_LINES): Terminal {
	const terminal = new headless.Terminal({
		cols,
		rows,
		scrollback,
		allowProposedApi: true,
		logLevel: "off",
		windowOptions: { pushTitle: true, popTitle: true },
	})
	terminal.loadAddon(new UnicodeGraphemesAddon())
	mendEmulator(terminal)
	return terminal
}
