// Whenever a viewer comes, and however often the window changes, its terminal is the machine's.
import { describe, expect, it } from "vitest"
import { Terminal } from "../../connector/holder/terminal.ts"
import { SNAPSHOT_BYTES } from "../../protocol/limits.ts"
import { drawing } from "../chaos/drawing.ts"
import { Dice } from "../support/dice.ts"
import { coreState, firstDifference } from "../support/screen-state.ts"
import { babble, noise } from "./support/babble.ts"
import { dice, SEED } from "./support/recording.ts"

const ROUNDS = Number(process.env.HOMEPORT_ROUNDS ?? 60)

describe("[OUT2] after any changes of size a snapshot is exact, and stays it", () => {
	it.each<[string, (roll: (below: number) => number) => Buffer]>([
		["text and sequences", (roll) => babble(roll, 1 + roll(120))],
		["noise", (roll) => noise(roll, 1 + roll(600))],
		["drawings", (roll) => drawings(new Dice(roll(2 ** 32)))],
	])("of %s", (_, make) => {
		for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
			const roll = dice(seed)
			const size = () => [3 + roll(45), 2 + roll(13)] as const
			const machine = new Terminal(...size(), () => {})
			let viewer = viewing(machine)
			for (let step = 0; step < 12; step++) {
				const bytes = make(roll)
				for (const each of [machine, viewer]) each.write(bytes)
				if (roll(3) === 0) viewer = viewing(machine)
				if (roll(4) !== 0) {
					const [cols, rows] = size()
					for (const each of [machine, viewer]) each.resize(cols, rows)
				}
				const difference = firstDifference(coreState(machine.core), coreState(viewer.core))
				expect(difference, `seed ${seed}, step ${step}`).toBeNull()
			}
		}
	})
})

describe("[OUT2] after a change of size a snapshot keeps", () => {
	it.each<[string, [number, number], string, [number, number], string]>([
		["that the next letter joins none", [20, 3], "\x1b[15Ce", [10, 3], "\u0301"],
		[
			"a row of what was left of wide letters",
			[2, 3],
			"\x1b[31m漢\x1b[Gx\x1b[G\x1b[P\x1b[2G漢\x1b[G\x1b[K",
			[2, 4],
			"",
		],
	])("%s", (_, from, text, to, rest) => {
		const machine = new Terminal(...from, () => {})
		machine.write(Buffer.from(text))
		machine.resize(...to)
		const viewer = viewing(machine)
		for (const each of [machine, viewer]) each.write(Buffer.from(rest))
		expect(firstDifference(coreState(machine.core), coreState(viewer.core))).toBeNull()
	})
})

describe("[OUT3] a change of size leaves", () => {
	it.each([
		["a wide character whole, or none of it", "\x1b[2;7H漢字", 8, 3, ["", "      漢"]],
		["wide characters that wrap", "漢字漢字漢\r\n", 5, 3, ["漢字", "漢字", "漢"]],
		[
			"letters with marks where they were",
			"e\u0301e\u0300e\u0302e\u0303e\u0304e\u0301e\u0300e\u0302\r\n",
			5,
			3,
			["e\u0301e\u0300e\u0302e\u0303e\u0304", "e\u0301e\u0300e\u0302"],
		],
	])("%s", (_, text, cols, rows, shown) => {
		const terminal = new Terminal(10, 3, () => {})
		terminal.write(Buffer.from(text))
		terminal.resize(cols, rows)
		const { lines } = terminal.core.buffers.normal
		expect(shown.map((_, index) => lines.get(index)?.translateToString(true))).toEqual(shown)
	})
})

function drawings(seeded: Dice): Buffer {
	let text = ""
	while (text.length < 800) text += drawing(seeded)
	return Buffer.from(text)
}

/** A terminal made from a snapshot of the other. */
function viewing(machine: Terminal): Terminal {
	const viewer = new Terminal(machine.cols, machine.rows, () => {})
	viewer.write(machine.snapshot(SNAPSHOT_BYTES).bytes)
	return viewer
}
