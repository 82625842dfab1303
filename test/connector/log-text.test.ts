// Output as lines of text.
import { expect, test } from "vitest"
import { LogText } from "../../connector/terminal/log-text.ts"

function textOf(output: string, chunk = output.length): string[] {
	const text = new LogText(20, 5)
	const bytes = Buffer.from(output)
	const lines: string[] = []
	for (let at = 0; at < bytes.length; at += chunk) lines.push(...text.take(bytes.subarray(at, at + chunk)))
	return [...lines, ...text.rest()]
}

test("colours, carriage returns and wide characters come out as a person saw them", () => {
	expect(textOf("\x1b[31mred\x1b[0m\r\n50%\r100%\r\n中文 ok\r\n")).toEqual(["red", "100%", "中文 ok"])
})

test("a line longer than the screen is wide stays one line", () => {
	const long = "x".repeat(73)
	expect(textOf(`${long}\r\nend`)).toEqual([long, "end"])
})

test("more lines than the screen or the terminal's memory holds all come, once and in order", () => {
	const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i}`)
	expect(textOf(`${lines.join("\r\n")}\r\n`)).toEqual(lines)
	expect(textOf(`${lines.slice(0, 300).join("\r\n")}\r\n`, 7)).toEqual(lines.slice(0, 300))
})

test("a line is given as soon as it is finished, and not before", () => {
	const text = new LogText(20, 5)
	expect(text.take(Buffer.from("first\r\nsec"))).toEqual(["first"])
	expect(text.take(Buffer.from("ond\r\n"))).toEqual(["second"])
	expect(text.rest()).toEqual([])
})

test("what a full-screen program draws is left out", () => {
	expect(textOf("before\r\n\x1b[?1049h\x1b[2J\x1b[Hfull screen\r\n\x1b[?1049lafter\r\n", 9)).toEqual([
		"before",
		"after",
	])
})

test("a cleared screen loses no line", () => {
	expect(textOf("one\r\ntwo\r\n\x1b[H\x1b[2Jthree\r\n")).toEqual(["one", "two", "three"])
})
