// What the API writes to a program: whole, in parts, and as far as a program that does not read lets it.
import { execFileSync } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "vitest"
import { Input } from "../../connector/holder/input.ts"
import { run } from "./support/holder.ts"

it("[INP1] what is withdrawn is never written, and what the terminal will not get is told once", () => {
	let room = 3
	let taken = ""
	let flush = () => {}
	const input = new Input({
		write(bytes) {
			const count = Math.min(room, bytes.length)
			room -= count
			taken += Buffer.from(bytes.subarray(0, count)).toString()
			return count
		},
		written() {},
		expects() {},
		later: (again) => {
			flush = again
		},
	})
	const told: [string, number][] = []
	const add = (text: string) => input.add(Buffer.from(text), (left) => told.push([text, left]))
	const withdraw = add("hello")
	add("world")
	withdraw()
	withdraw()
	expect(told).toEqual([["hello", 2]])
	room = 2
	flush()
	input.end()
	expect(taken).toBe("helwo")
	expect(told).toEqual([
		["hello", 2],
		["world", 3],
	])
})

it("a paste in parts stands between one pair of brackets", async () => {
	const { link, holder } = await run("printf '\\033[?2004h'; stty raw -echo; echo ready; exec cat")
	const viewer = link.attach()
	await viewer.shows("ready")
	const asked = { session: holder.session, viewer: viewer.id, paste: true, enter: false }
	await link.ask("write", { ...asked, text: "one", part: "first" })
	await link.ask("write", { ...asked, text: "two", part: "middle" })
	expect(await link.ask("write", { ...asked, text: "six", part: "last", enter: true })).toEqual({
		bytes: 10,
		dropped: 0,
	})
	await expect.poll(log).toBe("\x1b[?2004hready\n\x1b[200~onetwosix\x1b[201~\r")

	async function log(): Promise<string> {
		const { base64 } = await link.ask("log", { session: holder.session, from: 0, limit: 1_000 })
		return Buffer.from(base64, "base64").toString()
	}
})

/** Takes keys that come fast for a paste, and so an Enter soon after them for a line's end in it, as Codex does. */
const TAKES_KEYS_FOR_A_PASTE = `
process.stdin.setRawMode(true)
let text = ""
let typedAt = 0
process.stdin.on("data", (data) => {
	for (const key of String(data)) {
		const isEnter = key === "\\r"
		if (isEnter && Date.now() - typedAt > 120) process.stdout.write("sent <" + text + ">")
		text += isEnter ? "\\n" : key
		typedAt = Date.now()
	}
	process.stdout.write(".")
})
process.stdout.write("\\x1b[?2004hready")`

it("Enter is pressed when no program takes it for a part of a paste any more, however fast the text came", async () => {
	const { link, holder } = await run(`exec '${process.execPath}' -e '${TAKES_KEYS_FOR_A_PASTE}'`)
	const viewer = link.attach()
	await viewer.shows("ready")
	const asked = { session: holder.session, viewer: viewer.id, paste: false, enter: true }
	expect(await link.ask("write", { ...asked, text: "fix the login" })).toEqual({ bytes: 14, dropped: 0 })
	await viewer.shows("sent <fix the login>")
})

it("[INP1] a program that does not read: what its terminal took is told, the rest is never typed, and the paste ends", async () => {
	const fifo = join(mkdtempSync(join(tmpdir(), "homeport-fifo-")), "go")
	execFileSync("mkfifo", [fifo])
	const { link, holder } = await run(`printf '\\033[?2004h'; stty raw -echo; echo ready; cat < ${fifo}; exec cat`)
	const viewer = link.attach()
	await viewer.shows("ready")
	const text = "x".repeat(500_000)
	const asked = { session: holder.session, viewer: viewer.id, text, paste: true, enter: true }
	const { bytes, dropped } = await link.ask("write", asked)
	expect(bytes + dropped).toBe("\x1b[200~".length + text.length + "\x1b[201~".length)
	expect(Math.min(bytes, dropped)).toBeGreaterThan(1_000)
	writeFileSync(fifo, "")
	expect(await link.ask("write", { ...asked, text: "END", paste: false })).toEqual({ bytes: 4, dropped: 0 })
	const taken = bytes - "\x1b[200~".length
	await expect.poll(log).toBe(`\x1b[?2004hready\n\x1b[200~(${taken})\x1b[201~END\r`)

	async function log(): Promise<string> {
		const { base64 } = await link.ask("log", { session: holder.session, from: 0, limit: 500_000 })
		return Buffer.from(base64, "base64")
			.toString()
			.replace(/x{2,}/, (run) => `(${run.length})`)
	}
}, 30_000)
