// The keyboard protocol that agents ask for: which flags hold, and what each key becomes.
import headless from "@xterm/headless"
import { describe, expect, it } from "vitest"
import { encodeKey, encodeLegacy, type Key, KittyKeyboard } from "../../web/kitty.ts"

const key = (name: string, held: Partial<Key> = {}): Key => ({
	key: name,
	code: "",
	shift: false,
	alt: false,
	ctrl: false,
	...held,
})

async function flagsAfter(...writes: string[]): Promise<number> {
	const terminal = new headless.Terminal({ allowProposedApi: true })
	const keyboard = new KittyKeyboard(() => terminal.buffer.active.type)
	keyboard.register(terminal.parser)
	for (const text of writes) await new Promise<void>((parsed) => terminal.write(text, parsed))
	return keyboard.flags
}

describe("the flags", () => {
	it.each([
		["none at first", [], 0],
		["those pushed last", ["\x1b[>1u", "\x1b[>5u"], 5],
		["those before, once popped", ["\x1b[>1u", "\x1b[>5u", "\x1b[<u"], 1],
		["none after popping more than there are", ["\x1b[>1u", "\x1b[<9u"], 0],
		["those set, added and removed", ["\x1b[=1u", "\x1b[=4;2u", "\x1b[=1;3u"], 4],
		["the other screen's own", ["\x1b[>1u", "\x1b[?1049h"], 0],
		["the main screen's again", ["\x1b[>1u", "\x1b[?1049h", "\x1b[>3u", "\x1b[?1049l"], 1],
		["none after a full reset", ["\x1b[>1u", "\x1bc"], 0],
	])("are %s", async (_, writes, flags) => {
		expect(await flagsAfter(...writes)).toBe(flags)
	})
})

describe("encodeKey", () => {
	it("leaves every key alone while no program has asked", () => {
		expect(encodeKey(key("Enter", { shift: true }), 0)).toBeNull()
	})

	it.each<[string, Key, string | null]>([
		["Shift+Enter", key("Enter", { shift: true }), "\x1b[13;2u"],
		["Enter", key("Enter"), null],
		["Escape", key("Escape"), "\x1b[27u"],
		["Ctrl+I", key("i", { ctrl: true }), "\x1b[105;5u"],
		["Ctrl+Shift+A", key("A", { ctrl: true, shift: true }), "\x1b[97;6u"],
		["Alt+a", key("a", { alt: true }), "\x1b[97;3u"],
		["Ctrl+Shift+2", key("@", { ctrl: true, shift: true, code: "Digit2" }), "\x1b[50;6u"],
		["Shift+Tab", key("Tab", { shift: true }), "\x1b[9;2u"],
		["Ctrl+Backspace", key("Backspace", { ctrl: true }), "\x1b[127;5u"],
		["a", key("a"), null],
		["A", key("A", { shift: true }), null],
		["ArrowUp", key("ArrowUp"), null],
	])("tells %s apart when asked to disambiguate", (_, pressed, bytes) => {
		expect(encodeKey(pressed, 1)).toBe(bytes)
	})

	it("tells every key as a code when asked for all of them, with its text when asked for that", () => {
		expect(encodeKey(key("a"), 8)).toBe("\x1b[97u")
		expect(encodeKey(key("A", { shift: true }), 24)).toBe("\x1b[97;2;65u")
		expect(encodeKey(key("Enter"), 8)).toBe("\x1b[13u")
	})
})

describe("encodeLegacy", () => {
	it.each<[string, Key, boolean, string]>([
		["an arrow", key("ArrowUp"), false, "\x1b[A"],
		["an arrow in application mode", key("ArrowUp"), true, "\x1bOA"],
		["Ctrl and an arrow", key("ArrowLeft", { ctrl: true }), true, "\x1b[1;5D"],
		["PageUp", key("PageUp"), false, "\x1b[5~"],
		["Escape", key("Escape"), false, "\x1b"],
		["Ctrl and a letter", key("c", { ctrl: true }), false, "\x03"],
		["Alt and a letter", key("b", { alt: true }), false, "\x1bb"],
		["Shift+Tab", key("Tab", { shift: true }), false, "\x1b[Z"],
	])("gives the key bar %s", (_, pressed, application, bytes) => {
		expect(encodeLegacy(pressed, application)).toBe(bytes)
	})
})
