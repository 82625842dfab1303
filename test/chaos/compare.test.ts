// The harness can fail: its comparisons find damage that was done on purpose.
import { describe, expect, test } from "vitest"
import { Dice } from "../support/dice.ts"
import { firstDifference, screenState } from "../support/screen-state.ts"
import { createTerminal } from "../support/terminal.ts"
import { damage, isWhole, keyDamage } from "./compare.ts"

const sent = new Dice(1).bytes(5_000)
const cut = (from: number, to: number) => Uint8Array.of(...sent.subarray(0, from), ...sent.subarray(to))

describe("damage of output", () => {
	test("none is found where there is none, also from the middle", () => {
		expect(isWhole(damage(sent, sent))).toBe(true)
		expect(isWhole(damage(sent, sent.subarray(1_234), 1_234))).toBe(true)
		expect(isWhole(damage(new Uint8Array(), new Uint8Array()))).toBe(true)
	})

	test.each([
		["one lost byte", cut(100, 101), { lost: 1, doubled: 0, reordered: 0 }],
		["a lost frame", cut(1_000, 2_000), { lost: 1_000, doubled: 0, reordered: 0 }],
		["a lost end", sent.subarray(0, 4_000), { lost: 1_000, doubled: 0, reordered: 0 }],
		["everything lost", new Uint8Array(), { lost: 5_000, doubled: 0, reordered: 0 }],
		[
			"a doubled frame",
			Uint8Array.of(...sent.subarray(0, 2_000), ...sent.subarray(1_500)),
			{ lost: 0, doubled: 500, reordered: 0 },
		],
		["a changed byte", sent.with(700, (sent[700] ?? 0) ^ 1), { lost: 0, doubled: 0, reordered: 1 }],
	])("%s is found", (_, arrived, expected) => {
		const found = damage(sent, arrived)
		if (expected.reordered === 0) expect(found).toEqual(expected)
		else expect(isWhole(found)).toBe(false)
	})

	test("frames that changed places are found", () => {
		const swapped = Uint8Array.of(
			...sent.subarray(0, 1_000),
			...sent.subarray(2_000, 3_000),
			...sent.subarray(1_000, 2_000),
			...sent.subarray(3_000),
		)
		expect(isWhole(damage(sent, swapped))).toBe(false)
	})
})

describe("damage of keys", () => {
	const keys = ["a", "b", "c", "d"]
	test.each([
		["none", ["a", "b", "c", "d"], { lost: 0, doubled: 0, reordered: 0 }],
		["a lost key", ["a", "c", "d"], { lost: 1, doubled: 0, reordered: 0 }],
		["a doubled key", ["a", "b", "b", "c", "d"], { lost: 0, doubled: 1, reordered: 0 }],
		["keys that changed places", ["a", "c", "b", "d"], { lost: 0, doubled: 0, reordered: 1 }],
		["a key that nobody typed", ["a", "b", "x", "c", "d"], { lost: 0, doubled: 0, reordered: 1 }],
	])("%s is found", (_, arrived, expected) => {
		expect(keyDamage(keys, arrived)).toEqual(expected)
	})
})

describe("difference of terminals", () => {
	const fed = async (text: string) => {
		const terminal = createTerminal(40, 10)
		await new Promise<void>((resolve) => terminal.write(text, resolve))
		return screenState(terminal)
	}
	const drawn = "one\r\n\x1b[31mtwo\x1b[m\r\n漢字 wide"

	test("two terminals with the same history are equal", async () => {
		expect(firstDifference(await fed(drawn), await fed(drawn))).toBeNull()
	})

	test.each([
		["a letter", "", "x"],
		["a colour that stays", "", "\x1b[32m"],
		["the cursor's place", "", "\x1b[D"],
		["a hidden cursor", "", "\x1b[?25l"],
		["bracketed paste", "", "\x1b[?2004h"],
		["mouse reports", "", "\x1b[?1000h"],
		["their encoding", "\x1b[?1000h", "\x1b[?1000h\x1b[?1006h"],
		["application cursor keys", "", "\x1b[?1h"],
		["the alternate screen", "", "\x1b[?1049h"],
		["a title", "", "\x1b]2;hello\x07"],
		["a scroll region", "", "\x1b[2;5r\x1b[3;8H"],
		["a saved cursor", "", "\x1b7"],
		["a tab stop", "", "\x1bH"],
		["a line in the scrollback", "\r\n".repeat(20), `above${"\r\n".repeat(20)}`],
		["a wrapped line", "\r\n\x1b[K".padEnd(60, "y"), `\r\n\x1b[K${"y".repeat(40)}\r\n${"y".repeat(15)}`],
	])("%s makes them differ", async (_, one, other) => {
		expect(firstDifference(await fed(drawn + one), await fed(drawn + other))).not.toBeNull()
	})
})
