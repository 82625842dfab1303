// What is taken out of an outbox: files alone, within bounds; and an attempt on a disk that is full, or that has lost its session.
import { execFileSync } from "node:child_process"
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { RUNTIMES } from "../../connector/runtimes.ts"
import { BOUNDS, collect, mustHave } from "../../connector/tasks/collect.ts"
import { runFolder } from "../../connector/tasks/inputs.ts"
import { attemptFolder, newKept, Place, sessionOf, writeKept } from "../../connector/tasks/kept.ts"
import { words } from "../../connector/tasks/words.ts"
import { assignment, script, taskFolder, taskMachine } from "../support/attempts.ts"

/** Only root makes devices and mounts. */
const isRoot = process.getuid?.() === 0

function outbox() {
	const cwd = taskFolder()
	const box = join(cwd, ".homeport/outbox")
	mkdirSync(box, { recursive: true })
	return { cwd, box, to: join(taskFolder(), "artifacts") }
}

test("links, pipes, sockets, devices and names that cannot be shown stay, each with its reason; files come", async () => {
	const { cwd, box, to } = outbox()
	mkdirSync(join(box, "sub"))
	writeFileSync(join(box, "sub/page.html"), "<p>")
	writeFileSync(join(box, "picture"), Buffer.from("\x89PNG\r\n\x1a\n\0\0", "latin1"))
	writeFileSync(join(box, "empty"), "")
	symlinkSync("/etc/passwd", join(box, "link"))
	symlinkSync("/etc", join(box, "folder"))
	execFileSync("mkfifo", [join(box, "pipe")])
	if (isRoot) execFileSync("mknod", [join(box, "device"), "c", "1", "5"])
	writeFileSync(Buffer.concat([Buffer.from(`${box}/`), Buffer.from([0xff, 0xfe])]), "x")
	const server = createServer().listen(join(box, "socket"))
	onTestFinished(() => void server.close())
	await new Promise((resolve) => server.once("listening", resolve))
	const collected = await collect(cwd, to)
	expect(collected.artifacts.map(({ path, size, type }) => [path, size, type])).toEqual([
		["empty", 0, "text/plain"],
		["picture", 10, "image/png"],
		["sub/page.html", 3, "text/html"],
	])
	expect(collected.refused).toHaveLength(isRoot ? 6 : 5)
	if (isRoot) expect(collected.refused).toContain("device is a device, so it was not taken.")
	expect(collected.refused).toContain("folder is a link, so it was not taken.")
	expect(collected.refused).toContain("pipe is a pipe, so it was not taken.")
	expect(collected.refused).toContain("socket is a socket, so it was not taken.")
	expect(readdirSync(to).sort()).toEqual(collected.artifacts.map(({ hash }) => hash).sort())
	expect(() => mustHave(collected, ["*.html"])).toThrow(/^Nothing in the outbox is called \*\.html\.$/)
	mustHave(collected, ["**/*.html", "pict*"])
})

test("an outbox that is a link, or in a folder that is one, leads nowhere", async () => {
	for (const name of [".homeport", ".homeport/outbox"]) {
		const { cwd, to } = outbox()
		const other = taskFolder()
		mkdirSync(join(other, "outbox"))
		writeFileSync(join(other, "outbox/secret"), "x")
		writeFileSync(join(other, "secret"), "x")
		rmSync(join(cwd, name), { recursive: true })
		symlinkSync(other, join(cwd, name))
		expect(await collect(cwd, to)).toEqual({
			artifacts: [],
			refused: [".homeport/outbox is no folder, so it was not taken."],
		})
	}
})

test("too many, too large and too much are refused whole", async () => {
	const { cwd, box, to } = outbox()
	for (let count = 0; count < 5; count++) writeFileSync(join(box, String(count)), "12345")
	linkSync(join(box, "0"), join(box, "same"))
	const tried = (bounds: Partial<typeof BOUNDS>) => collect(cwd, to, { ...BOUNDS, ...bounds })
	await expect(tried({ files: 5 })).rejects.toMatchObject({ because: "collect" })
	expect(readdirSync(join(to, "..")).length).toBe(0)
	await expect(tried({ fileBytes: 4 })).rejects.toThrow("0 has 5 bytes")
	await expect(tried({ bytes: 29 })).rejects.toThrow("more than there is room for")
	expect((await tried({ files: 6, bytes: 30, fileBytes: 5 })).artifacts).toHaveLength(6)
	// What a try before has left goes.
	writeFileSync(join(to, "part-0"), "x")
	await tried({})
	expect(readdirSync(to)).toHaveLength(1)
})

test.runIf(isRoot)("a disk that is full is a failure of preparing that says so, and nothing was begun", async () => {
	const path = taskFolder()
	execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", path])
	onTestFinished(() => void execFileSync("umount", ["-l", path]))
	const { run, ledger } = await taskMachine()
	const workOn = { is: "directory", path }
	const base64 = Buffer.alloc(200_000, "x").toString("base64")
	const inputs = ["a", "b"].map((name) => ({ path: name, from: { is: "content", base64 } }))
	await run({ ...script("touch begun"), workOn, inputs })
	const end = await ledger.end()
	expect(end).toMatchObject({ is: "failed", because: "prepare", session: null })
	expect(end.reason).toContain("the disk is full")
	expect(readdirSync(path)).toEqual([".homeport"])
})

test("a program that was begun and whose session is gone is lost, and is not begun again", async () => {
	const dataDir = taskFolder()
	const cwd = taskFolder()
	const given = assignment({ ...script("echo again >> ran"), workOn: { is: "directory", path: cwd } })
	mkdirSync(join(cwd, runFolder(sessionOf(given)).once), { recursive: true })
	const place = Place.parse({ cwd, is: "directory", branch: null, base: null, remote: null, into: null })
	await writeKept(attemptFolder(dataDir, given), { ...newKept(given, ""), step: "begin", place })
	const { ledger, attempts } = await taskMachine({}, dataDir)
	expect(await ledger.end()).toMatchObject({ is: "lost", exitCode: null })
	await attempts.take(given)
	expect(readdirSync(cwd)).toEqual([".homeport"])
})

test("what an attempt is kept in is its owner's alone", async () => {
	const { run, ledger, dataDir } = await taskMachine()
	const given = await run(script("true"))
	await ledger.end()
	const modes = execFileSync("find", [attemptFolder(dataDir, given), "-printf", "%m %f\n"], { encoding: "utf8" })
	expect(modes.split("\n").filter((line) => line.endsWith("attempt.json"))).toEqual(["600 attempt.json"])
	expect(readFileSync(join(attemptFolder(dataDir, given), "attempt.json"), "utf8")).toContain(given.task)
})

test("each runtime is begun in its one-shot form, with its model", () => {
	const begun = (id: string, more: object = {}) => {
		const runtime = RUNTIMES.find((runtime) => runtime.id === id) ?? null
		return words(runtime, assignment({ runtime: id, prompt: "Mend it", ...more }).manifest, "p")
	}
	const model = { model: "m", argv: ["--x"] }
	expect(begun("claude-code", model).argv).toEqual(["-p", "Mend it", "--model", "m", "--x"])
	expect(begun("codex", model).argv).toEqual(["exec", "--model", "m", "--x", "Mend it"])
	expect(begun("gemini", model).argv).toEqual(["--model", "m", "--x", "-p", "Mend it"])
	expect(begun("opencode", model).argv).toEqual(["run", "--model", "m", "--x", "Mend it"])
	expect(begun("aider", model).argv).toEqual(["--message", "Mend it", "--model", "m", "--x"])
	const long = { prompt: "x".repeat(100_000) }
	expect(begun("claude-code", long)).toEqual({ argv: ["-p"], stdin: "p" })
	expect(begun("codex", { prompt: "--help" })).toEqual({ argv: ["exec", "-"], stdin: "p" })
	expect(begun("aider", long)).toEqual({ argv: ["--message-file", "p"], stdin: null })
	expect(begun("custom", { argv: ["run", "{prompt}", "{file}"] }).argv).toEqual(["run", "Mend it", "p"])
	expect(() => begun("custom", { argv: ["run"] })).toThrow("says neither")
	expect(() => begun("shell", { model: "m" })).toThrow("takes no model")
	expect(() => begun("claude-code", { prompt: "" })).toThrow("needs a prompt")
	expect(() => begun("codex", { prompt: "a\0b" })).toThrow("NUL")
})
