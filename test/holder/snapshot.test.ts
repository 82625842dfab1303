// A snapshot and the bytes after it make the same terminal as all the bytes.
import { describe, expect, it } from "vitest"
import { Terminal } from "../../connector/holder/terminal.ts"
import { SNAPSHOT_BYTES } from "../../protocol/limits.ts"
import { babble, noise } from "./support/babble.ts"
import { dice, recordings, SEED } from "./support/recording.ts"
import { stateOf } from "./support/state.ts"

const CUTS = Number(process.env.HOMEPORT_CUTS ?? 12)

describe("[OUT2] a snapshot is exact", () => {
	it.each(recordings())("at random cuts of $name, and after the rest", ({ cols, rows, bytes }) => {
		const roll = dice(SEED)
		// Comparing takes most of the time, and long scrollbacks have fewer kinds of cuts.
		const cuts = bytes.length > 100_000 ? Math.ceil(CUTS / 4) : CUTS
		for (let cut = 0; cut < cuts; cut++) {
			const at = roll(bytes.length + 1)
			const machine = terminal(cols, rows)
			machine.write(bytes.subarray(0, at))
			const viewer = viewing(machine, bytes.subarray(0, at))
			expect(stateOf(viewer), `seed ${SEED}, cut ${at}`).toEqual(stateOf(machine))
			const rest = at + roll(Math.min(20_000, bytes.length - at + 1))
			machine.write(bytes.subarray(at, rest))
			viewer.write(bytes.subarray(at, rest))
			expect(stateOf(viewer), `seed ${SEED}, cut ${at}, rest to ${rest}`).toEqual(stateOf(machine))
		}
	})
})

describe("[OUT2] a snapshot is exact also for output of no program", () => {
	it.each([
		["text and sequences", babble, 120],
		["noise", noise, 600],
	])("%s", (_, make, length) => {
		for (let round = 0; round < CUTS * 20; round++) {
			const seed = SEED + round
			const roll = dice(seed)
			const [cols, rows] = [3 + roll(45), 2 + roll(13)]
			const bytes = make(roll, 1 + roll(length))
			const at = roll(bytes.length + 1)
			const machine = terminal(cols, rows)
			machine.write(bytes.subarray(0, at))
			const viewer = viewing(machine, bytes.subarray(0, at))
			expect(stateOf(viewer), `seed ${seed}, cut ${at}`).toEqual(stateOf(machine))
			machine.write(bytes.subarray(at))
			viewer.write(bytes.subarray(at))
			expect(stateOf(viewer), `seed ${seed}, cut ${at}, after`).toEqual(stateOf(machine))
		}
	})
})

describe("[OUT2] a snapshot keeps", () => {
	it.each([
		["styles and colours of underlines", "\x1b[4:3ma\x1b[58;5;9mb\x1b[4:5mc\x1b[58:2::1:2:3;21md\x1b[24me\x1b[59;4mf"],
		["palette colours apart from indexed ones", "\x1b[31ma\x1b[38;5;1mb\x1b[91mc\x1b[38;5;9md\x1b[48;2;0;0;1me"],
		["dim beside bold", "\x1b[1ma\x1b[2mb\x1b[22;2mc\x1b[0;1md"],
		["hyperlinks, with their ids", "\x1b]8;;https://a/\x1b\\x\x1b]8;id=1;https://b/;c\x1b\\y\x1b]8;;\x1b\\z"],
		["a cursor past the end of a full row", `\x1b[24;1H${"x".repeat(80)}`],
		["a cursor past the end, with another pen", `\x1b[31m${"x".repeat(80)}\x1b[m`],
		["a pen that erases with its colour", "\x1b[44m\x1b[2J\x1b[5;5Hx\x1b[K"],
		["empty cells beside spaces", "a  b\x1b[5Cc   \x1b[3X"],
		["a wide character that wrapped, and what it left", `${"x".repeat(79)}\x1b[7m漢\x1b[m`],
		["half of a wide character that was overwritten", "漢漢\x1b[4m\x1b[2Gx\x1b[m"],
		["characters that would join when they came together", "e\x1b[m\u0301 👩\x1b[m\u200d\x1b[m👧"],
		["what the next character joins", "e"],
		["what the next character joins, on a full row", `${"x".repeat(79)}e`],
		["insert mode at the end of a word", "\x1b[4hhello\x1b[2Gx"],
		["tab stops", "\x1b[3g\x1b[5G\x1bH\x1b[11G\x1bH"],
		["a scroll region with origin mode", "\x1b[5;10r\x1b[?6h\x1b[2;3Hx"],
		["line drawing", "\x1b(0lqk\x1b)A\x0e#"],
		["the cursor saved in both screens", "\x1b[3;4H\x1b[31m\x1b7\x1b[?1047h\x1b[5;6H\x1b[1m\x1b7\x1b[H"],
		["what is behind the alternate screen", "\x1b[31mbehind\x1b[?1049h\x1b[10;10Hfront"],
		["the scroll region behind the alternate screen", "\x1b[2;9r\x1b[?1049h\x1b[3;4r"],
		["mouse, focus, paste and keypad modes", "\x1b[?1003;1006;1004;2004;1;66h\x1b[?25l\x1b[5 q"],
		["synchronized output", "\x1b[?2026hhalf a frame"],
		["the title, and those put aside", "\x1b]2;one\x07\x1b[22;2t\x1b]2;two\x07"],
		["a line without wrapping", `\x1b[?7l${"x".repeat(90)}`],
		["protected cells", '\x1b[1"qkeep\x1b[0"q not\x1b[?2K'],
		["an unfinished sequence", "text\x1b[38;5;"],
		["an unfinished title", "text\x1b]2;half a ti"],
		["half of a character", "text\xe2\x82"],
	])("%s", (_, text) => {
		// Half a character is spelled in its bytes.
		const bytes = /[\xe2]/.test(text) ? Buffer.from(text, "latin1") : Buffer.from(text)
		const machine = terminal(80, 24)
		machine.write(bytes)
		const viewer = viewing(machine, bytes)
		expect(stateOf(viewer)).toEqual(stateOf(machine))
		for (const rest of ["\u0301", "4mx", "\x1b8y", "\x1b[?1049lz", "\x07\x1b[23;2t", "\tq\r\n\x1bM"]) {
			machine.write(Buffer.from(rest))
			viewer.write(Buffer.from(rest))
			expect(stateOf(viewer), JSON.stringify(rest)).toEqual(stateOf(machine))
		}
	})

	it("an unfinished sequence, though the memory that it came in is used again", () => {
		const machine = terminal(80, 24)
		const bytes = Buffer.from("text\x1b]8;;https://example.com/")
		const before = Buffer.from(bytes)
		machine.write(bytes)
		bytes.fill("x")
		expect(stateOf(viewing(machine, before))).toEqual(stateOf(machine))
		const viewer = viewing(machine, before)
		for (const each of [machine, viewer]) each.write(Buffer.from("a\x1b\\link"))
		expect(stateOf(viewer)).toEqual(stateOf(machine))
	})

	it("keyboard flags of both screens, and colours that the program has set", () => {
		const machine = terminal(80, 24)
		machine.write(Buffer.from("\x1b[>1u\x1b[>5u\x1b[?1049h\x1b[>7u\x1b]11;#102030\x07"))
		const answers: string[] = []
		const viewer = new Terminal(80, 24, (answer) => answers.push(answer))
		viewer.write(machine.snapshot(SNAPSHOT_BYTES).bytes)
		viewer.write(Buffer.from("\x1b[?u\x1b[?1049l\x1b[?u\x1b[<u\x1b[?u\x1b]11;?\x07"))
		expect(answers).toEqual(["\x1b[?7u", "\x1b[?5u", "\x1b[?1u", "\x1b]11;rgb:1010/2020/3030\x1b\\"])
	})
})

describe("a snapshot fits", () => {
	it("into its limit, without the oldest lines", () => {
		const machine = terminal(100, 30)
		for (let line = 0; line < 5_000; line++) machine.write(Buffer.from(`line ${line} ${"x".repeat(line % 90)}\r\n`))
		const whole = machine.snapshot(SNAPSHOT_BYTES).bytes.length
		const { bytes } = machine.snapshot(whole / 3)
		expect(bytes.length).toBeLessThanOrEqual(whole / 3)
		const viewer = terminal(100, 30)
		viewer.write(bytes)
		expect(viewer.lines()).toEqual(machine.lines())
		const { normal } = viewer.core.buffers
		expect(normal.lines.get(normal.ybase - 1)?.translateToString(true)).toMatch(/^line 4970 x+$/)
	})

	it("in a screen too full for it, as an empty one", () => {
		const machine = terminal(1_000, 500)
		for (let cell = 0; cell < 500_000; cell++)
			machine.write(Buffer.from(`\x1b[38;2;${cell % 256};${cell % 255};${cell % 254}mx`))
		expect(machine.snapshot(SNAPSHOT_BYTES).bytes.length).toBeLessThanOrEqual(SNAPSHOT_BYTES)
	})
})

function terminal(cols: number, rows: number): Terminal {
	return new Terminal(cols, rows, () => {})
}

/** A terminal made from the other's snapshot, and what of `output` the snapshot leaves out. */
function viewing(machine: Terminal, output: Uint8Array): Terminal {
	const viewer = terminal(machine.cols, machine.rows)
	const { bytes, before } = machine.snapshot(SNAPSHOT_BYTES)
	viewer.write(bytes)
	viewer.write(output.subarray(output.length - before))
	return viewer
}
