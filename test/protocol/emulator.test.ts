// The emulator that machine and viewers share: what would stop it for good does not.
import headless from "@xterm/headless"
import { expect, test } from "vitest"
import { mendEmulator } from "../../protocol/emulator.ts"

test.each(["", "\x1b[?1049h"])(
	"[OUT3] erasing up to a cursor at the very end of the screen goes on after it (%j)",
	async (screen) => {
		const terminal = new headless.Terminal({ cols: 10, rows: 3, allowProposedApi: true })
		mendEmulator(terminal)
		const write = (text: string) => new Promise<void>((resolve) => terminal.write(text, resolve))
		await write(`${screen}one\r\ntwo\x1b[3;10Hx\x1b[44m`)
		await write("\x1b[1J")
		await write("\x1b[Hafter")
		const { active } = terminal.buffer
		const lines = [0, 1, 2].map((y) => active.getLine(active.baseY + y)?.translateToString(true))
		expect(lines).toEqual(["after", "", ""])
		expect(
			active
				.getLine(active.baseY + 2)
				?.getCell(9)
				?.getBgColor(),
		).toBe(4)
	},
)

test.each(["L", "M", "S", "T", "I", "Z", "b"])(
	"[OUT5] the sequence %s does as much as the screen is large, however often it is told to",
	async (final) => {
		const screen = async (count: number) => {
			const terminal = new headless.Terminal({ cols: 10, rows: 4, allowProposedApi: true })
			mendEmulator(terminal)
			await new Promise<void>((resolve) => terminal.write(`one\r\ntwo\r\nx\x1b[${count}${final}y`, resolve))
			const { active } = terminal.buffer
			return Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true))
		}
		expect(await screen(2_147_483_647)).toEqual(await screen(final === "b" ? 40 : 12))
	},
)
