// A viewer's terminal keeps silent whatever a program asks it.
import headless from "@xterm/headless"
import { describe, expect, it } from "vitest"
import { isFocusReport, swallowQueries } from "../../web/queries.ts"

const QUERIES: [name: string, query: string][] = [
	["primary attributes", "\x1b[c"],
	["primary attributes, with a parameter", "\x1b[0c"],
	["secondary attributes", "\x1b[>c"],
	["tertiary attributes", "\x1b[=c"],
	["status", "\x1b[5n"],
	["cursor position", "\x1b[6n"],
	["extended cursor position", "\x1b[?6n"],
	["colour scheme", "\x1b[?996n"],
	["an ANSI mode", "\x1b[4$p"],
	["a DEC mode", "\x1b[?2026$p"],
	["settings", "\x1bP$qm\x1b\\"],
	["capabilities", "\x1bP+q544e\x1b\\"],
	["a palette colour", "\x1b]4;1;?\x1b\\"],
	["the foreground", "\x1b]10;?\x07"],
	["the background", "\x1b]11;?\x1b\\"],
	["the cursor's colour", "\x1b]12;?\x07"],
	["the window in cells", "\x1b[18t"],
	["the window in pixels", "\x1b[14t"],
	["name and version", "\x1b[>q"],
	["keyboard flags", "\x1b[?u"],
	["terminal parameters", "\x1b[x"],
]

function terminal(): { write: (text: string) => Promise<void>; said: string[]; titles: string[] } {
	const viewer = new headless.Terminal({
		allowProposedApi: true,
		windowOptions: { getWinSizeChars: true, getWinSizePixels: true, pushTitle: true, popTitle: true },
	})
	const said: string[] = []
	const titles: string[] = []
	swallowQueries(viewer.parser)
	viewer.onData((data) => said.push(data))
	viewer.onTitleChange((title) => titles.push(title))
	return { write: (text) => new Promise<void>((parsed) => viewer.write(text, parsed)), said, titles }
}

describe("a viewer", () => {
	it.each(QUERIES)("[OUT7] asked for %s answers nothing", async (_, query) => {
		const { write, said } = terminal()
		await write(query)
		expect(said).toEqual([])
	})

	it("still pushes and pops its title", async () => {
		const { write, titles } = terminal()
		await write("\x1b]2;one\x07\x1b[22;0t\x1b]2;two\x07\x1b[23;0t")
		expect(titles).toEqual(["one", "two", "one"])
	})

	it("[OUT7] reports no focus, since other screens may have it", () => {
		expect(["\x1b[I", "\x1b[O", "\x1b[A", "a"].map(isFocusReport)).toEqual([true, true, false, false])
	})
})
