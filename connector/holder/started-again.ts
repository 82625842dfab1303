// What stands between two runs in a session's output: it ends what the last program left, and says when the next began.

/** Takes back what a program sets and a dead one cannot: of this terminal, and of those that show the same bytes. */
export function leaveProgram(): Buffer {
	return Buffer.from(LEAVE, "latin1")
}

/** Below everything that stands on the screen. `rows`: the screen as `leaveProgram` leaves it. */
export function startedAgain(rows: readonly string[], at: Date): Buffer {
	const last = rows.findLastIndex((row) => row !== "")
	const place = last === -1 ? "\x1b[1;1H" : `\x1b[${last + 1};1H\r\n`
	return Buffer.from(`${place}\x1b[2m── started again, ${spell(at)} ──\x1b[22m\r\n`)
}

/** By the machine's own clock, as its prompt would say it. */
function spell(at: Date): string {
	return at.toLocaleString("sv-SE").slice(0, "2026-11-21 14:50".length)
}

const off = (...modes: number[]) => modes.map((mode) => `\x1b[?${mode}l`).join("")

const LEAVE = [
	// Ends whatever sequence the last byte stands in.
	"\x18",
	// The key flags of both screens, and then the other screen; 1049 would move the cursor of one that is shown already.
	"\x1b[?1047h\x1b[<99u\x1b[?1047l\x1b[<99u",
	// Mouse, focus, brackets around pastes, synchronised output, application keys.
	off(9, 1000, 1002, 1003, 1005, 1006, 1015, 1016, 1004, 2004, 2026, 1, 45, 66),
	"\x1b>\x1b[4l\x1b[20l\x1b[?7h\x1b[?12l\x1b[?25h\x1b[0 q",
	// Colours and title.
	"\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\\x1b]2;\x1b\\",
	"\x1b]8;;\x1b\\\x1b[m\x1b(B\x0f",
	// The rest: margins, origin, saved cursor.
	"\x1b[!p",
].join("")
