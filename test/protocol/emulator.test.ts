// The emulator that machine and viewers share: what would stop it for good does not, and what it holds is told by what it shows.
import headless from "@xterm/headless"
import { describe, expect, test } from "vitest"
import type { Core } from "../../connector/holder/xterm-core.ts"
import { mendEmulator } from "../../protocol/emulator.ts"
import { screenState } from "../support/screen-state.ts"

test.each(["", "\x1b[?1049h"])(
	"[OUT3] erasing up to a cursor at the very end of the screen goes on after it (%j)",
	async (screen) => {
		const terminal = mended()
		await written(terminal, `${screen}one\r\ntwo\x1b[4;10Hx\x1b[44m`)
		await written(terminal, "\x1b[1J")
		await written(terminal, "\x1b[Hafter")
		expect(textOf(terminal)).toEqual(["after", "", "", ""])
		const { active } = terminal.buffer
		expect(
			active
				.getLine(active.baseY + 3)
				?.getCell(9)
				?.getBgColor(),
		).toBe(4)
	},
)

test.each(["L", "M", "S", "T", "I", "Z", "b"])(
	"[OUT5] the sequence %s does as much as the screen is large, however often it is told to",
	async (final) => {
		const screen = async (count: number) => {
			const terminal = mended()
			await written(terminal, `one\r\ntwo\r\nx\x1b[${count}${final}y`)
			return textOf(terminal)
		}
		expect(await screen(2_147_483_647)).toEqual(await screen(final === "b" ? 40 : 12))
	},
)

test.each([
	["a cell inserted between its halves", "\x1b[3G漢\x1b[4G\x1b[@"],
	["a column inserted between its halves", "\x1b[3G漢\x1b[4G\x1b['}"],
	["a letter over its second half, where lines do not wrap", "\x1b[?7l\x1b[9G漢\x1b[31mx\x1b[X"],
	["another that does not fit, where lines do not wrap", "\x1b[?7l\x1b[9G漢漢"],
])("[OUT2] a wide character leaves nothing of itself after %s", async (_, text) => {
	const terminal = mended()
	await written(terminal, text)
	const line = terminal.buffer.active.getLine(0)
	expect(line?.translateToString(true)).toBe("")
	expect(Array.from({ length: 10 }, (_, x) => line?.getCell(x)?.getWidth())).toEqual(Array(10).fill(1))
})

test("[OUT2] a saved cursor comes back with the underline that it was saved with", async () => {
	const terminal = mended()
	await written(terminal, "\x1b[4:3m\x1b7\x1b[4:5mx\x1b8y")
	expect(screenState(terminal)).toContain('style 3 colour "]y')
	await written(terminal, "\x1b[!p\x1b8z")
	expect(screenState(terminal)).toContain("\nz·")
})

test("[OUT2] a saved cursor stays with its line when the scrollback is erased", async () => {
	const terminal = mended()
	await written(terminal, "1\r\n2\r\n3\r\n4\r\n5\x1b7\x1b[3J\r\n6\x1b8x")
	expect(textOf(terminal)).toEqual(["2", "3", "4", "5x", "6"])
})

describe("[OUT2] a hyperlink", () => {
	const link = (uri: string, text: string) => `\x1b]8;;${uri}\x1b\\${text}\x1b]8;;\x1b\\`

	test("stays with its letters, wherever they go and whatever is deleted where they were", async () => {
		const terminal = mended()
		await written(terminal, `\x1b[2;4r\x1b[4H${link("https://a/", "a")}\x1b[4H\n\x1b[4H\x1b[M`)
		expect(screenState(terminal)).toContain('["link https://a/"]a')
		await written(terminal, "\x1b[r\x1b[3;8Hb")
		for (const cols of [5, 10]) terminal.resize(cols, 5)
		expect(screenState(terminal)).toContain('["link https://a/"]a')
	})

	test("that nothing shows any more is forgotten", async () => {
		const terminal = mended()
		const others = Array.from({ length: 5_000 }, (_, index) => `\x1b[2H${link(`https://${index}/`, "x")}`)
		await written(terminal, link("https://kept/", "kept") + others.join(""))
		const { _oscLinkService: links } = (terminal as unknown as { _core: Core })._core
		const known = Array.from({ length: 5_002 }, (_, number) => links.getLinkData(number)?.uri).filter(Boolean)
		expect(known.length).toBeLessThan(2_000)
		expect(known).toEqual(expect.arrayContaining(["https://kept/", "https://4999/"]))
	})

	test("of no sensible length is none", async () => {
		const terminal = mended()
		await written(terminal, link(`https://${"x".repeat(3_000)}/`, "letters"))
		expect(screenState(terminal)).toContain("\nletters·")
	})
})

function mended(): headless.Terminal {
	const terminal = new headless.Terminal({ cols: 10, rows: 4, allowProposedApi: true })
	mendEmulator(terminal)
	return terminal
}

function written(terminal: headless.Terminal, text: string): Promise<void> {
	return new Promise((resolve) => terminal.write(text, resolve))
}

function textOf(terminal: headless.Terminal): (string | undefined)[] {
	const { active } = terminal.buffer
	return Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true))
}
