// The program under test: writes known bytes to its terminal, records every key, and says at its end what it wrote.
import { createHash } from "node:crypto"
import { appendFileSync, writeFileSync } from "node:fs"
import { Dice } from "../support/dice.ts"
import { drawing } from "./drawing.ts"

/*
 * Arguments: a path that its records begin with, a seed, and how many bytes to write by itself. It expects a terminal in
 * raw mode without echo. Keys are tokens that end in ";": each is answered with a drawing of its own. "flood;" begins
 * the flood; "end;" ends the program with code 7 once everything is written.
 */
const [path = "", seed = "0", flood = "0"] = process.argv.slice(2)
const dice = new Dice(Number(seed))
const hash = createHash("sha256")
let written = 0
let left = 0
let isEnding = false
let token = ""

function write(text: string): void {
	const bytes = Buffer.from(text)
	appendFileSync(`${path}.out`, bytes)
	hash.update(bytes)
	written += bytes.length
	process.stdout.write(bytes)
}

function floodOn(): void {
	if (left <= 0) {
		writeFileSync(`${path}.flooded`, "")
		return isEnding ? end() : undefined
	}
	let text = ""
	while (text.length < 4_096) text += drawing(dice)
	left -= text.length
	write(text)
	setImmediate(floodOn)
}

function end(): void {
	write("\x1b[m\r\nthe end\r\n")
	writeFileSync(`${path}.json`, JSON.stringify({ bytes: written, sha256: hash.digest("hex") }))
	process.exitCode = 7
	process.stdin.destroy()
}

process.stdin.on("data", (bytes) => {
	appendFileSync(`${path}.keys`, bytes)
	for (const char of bytes.toString()) {
		token += char
		if (char !== ";") continue
		if (token === "flood;") {
			left = Number(flood)
			floodOn()
		} else if (token === "end;") {
			isEnding = true
			if (left <= 0) end()
		} else write(drawing(dice) + token)
		token = ""
	}
})

write("ready\r\n")
