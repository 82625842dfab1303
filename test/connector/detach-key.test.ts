// The one double press that is not the program's.
import { expect, test } from "vitest"
import { type DetachKey, DetachWatch, detachKey } from "../../connector/terminal/detach-key.ts"

function mustBeKey(text: string): DetachKey {
	const key = detachKey(text)
	if (key === undefined) throw new Error(`${text} is no key`)
	return key
}

test("[INP4] the key pressed twice detaches, whatever the terminal sends for it", () => {
	for (const code of ["\x1c", "\x1b[92;5u", "\x1b[92;5:1u", "\x1b[27;5;92~"]) {
		const watch = new DetachWatch(mustBeKey("ctrl-\\"))
		expect(watch.take(code)).toEqual({ is: "pass", text: "" })
		expect(watch.isWaiting).toBe(true)
		expect(watch.take(code)).toEqual({ is: "detach" })
	}
	expect(new DetachWatch(mustBeKey("ctrl-\\")).take("\x1c\x1c")).toEqual({ is: "detach" })
})

test("[INP4] the release of the key, where the terminal tells of it, is no press", () => {
	const watch = new DetachWatch(mustBeKey("ctrl-\\"))
	expect(watch.take("\x1b[92;5:1u\x1b[92;5:3u")).toEqual({ is: "pass", text: "" })
	expect(watch.take("\x1b[92;5:1u")).toEqual({ is: "detach" })
})

test("[INP1] a single press reaches the program before what follows it, and alone when nothing does", () => {
	const watch = new DetachWatch(mustBeKey("ctrl-\\"))
	expect(watch.take("a\x1cb")).toEqual({ is: "pass", text: "a\x1cb" })
	expect(watch.take("\x1c")).toEqual({ is: "pass", text: "" })
	expect(watch.expire()).toBe("\x1c")
	expect(watch.isWaiting).toBe(false)
})

test("another control key can be chosen, and nothing else", () => {
	expect(mustBeKey("ctrl-]").codes[0]).toBe("\x1d")
	expect(mustBeKey("^A").codes[0]).toBe("\x01")
	expect(mustBeKey("ctrl-\\").name).toBe("Ctrl-\\")
	for (const text of ["a", "ctrl-", "ctrl-1", "alt-x"]) expect(detachKey(text)).toBeUndefined()
})
