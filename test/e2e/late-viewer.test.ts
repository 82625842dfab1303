// A viewer that comes late into programs which draw: its terminal equals that of the viewer who was there from the start.
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { newSessionId } from "../../protocol/ids.ts"
import { type Home, startHome } from "../support/home.ts"
import { firstDifference } from "../support/screen-state.ts"
import { type Attached, Viewer } from "../support/viewer.ts"

const TMUX = `homeport-test-${process.pid}`

let home: Home
let folder: string

beforeAll(async () => {
	home = await startHome()
	folder = mkdtempSync(join(tmpdir(), "homeport-late-"))
	const line = (n: number) => `line ${n} naïve 漢字かな 한글 🙂 👩‍👩‍👧 e\u0301 ${"│─┐".repeat(n % 9)}`
	writeFileSync(
		join(folder, "text.c"),
		Array.from({ length: 400 }, (_, n) => `/* ${line(n)} */ int f${n}(void);`).join("\n"),
	)
})

afterAll(async () => {
	await home?.stop()
	// It has left the terminal's processes by design, and ends with its session only where that is killed.
	spawnSync("tmux", ["-L", TMUX, "kill-server"], { stdio: "ignore" })
	rmSync(folder, { recursive: true, force: true })
})

interface Program {
	argv: string[]
	/** Shown once it has drawn. */
	drawn: string | RegExp
	/** Brings it into a more interesting state. */
	stirs?: (attached: Attached) => Promise<void>
}

const PROGRAMS: Record<string, (file: string) => Program> = {
	vim: (file) => ({
		argv: ["vim", "-u", "NONE", "-c", "set nocompatible mouse=a number title nowrap", file],
		drawn: "line 20",
		stirs: async (attached) => {
			attached.type(":split\r")
			attached.type("\x06\x06")
			attached.type("/line 120\r")
			await attached.shows("line 120")
			attached.type("ihello 漢字 ")
			await attached.shows("hello 漢字")
		},
	}),
	less: (file) => ({
		argv: ["less", "-R", "+G", file],
		drawn: "int f399",
		stirs: async (attached) => {
			attached.type("?f200\r")
			await attached.shows("int f200")
		},
	}),
	htop: () => ({
		// One drawing: a clock that ticks would make two viewers look at two moments.
		argv: ["htop", "-d", "600"],
		drawn: /F10.?Quit|Quit/,
	}),
	tmux: () => ({
		argv: ["tmux", "-L", TMUX, "-f", "/dev/null", "new", "env PS1='in tmux> ' bash --norc"],
		drawn: "in tmux>",
		stirs: async (attached) => {
			attached.type("printf '\\033[1;35mcolour\\033[m %s\\n' 漢字\r")
			await attached.shows("colour 漢字")
			attached.type("\x02%")
			await attached.shows(/│/)
		},
	}),
	bash: () => ({
		argv: ["env", "PS1=plain> ", "bash", "--norc"],
		drawn: "plain>",
		stirs: async (attached) => {
			attached.type("for i in $(seq 300); do echo row $i; done; printf '\\033]2;a title\\007'\r")
			await attached.shows("row 300")
		},
	}),
}

test.each(Object.keys(PROGRAMS))("[OUT2] a late viewer into %s sees the same screen as the first", async (name) => {
	const program = PROGRAMS[name]?.("text.c")
	if (program === undefined) throw new Error("invariant: the name is of the table")
	const session = newSessionId()
	const params = { machine: home.machine.id }
	await home.call("startSession", {
		params,
		body: { id: session, runtime: "custom", argv: program.argv, cwd: folder, environment: { TERM: "xterm-256color" } },
	})
	const place = { url: home.url, token: home.token, machine: home.machine.id }
	const viewer = new Viewer(place)
	const first = await viewer.attach(session)
	await first.shows(program.drawn)
	await program.stirs?.(first)
	const late = new Viewer(place)
	const second = await late.attach(session)
	expect(await difference(first, second)).toBeNull()
	// And both go on equally.
	first.type(name === "bash" ? "echo on\r" : "\x1b")
	if (name === "bash") await Promise.all([first.shows(/^on$/m), second.shows(/^on$/m)])
	expect(await difference(first, second)).toBeNull()
	viewer.close()
	late.close()
	await home.call("signalSession", { params: { ...params, session }, body: { signal: "SIGKILL" } })
})

/** Compares two screens of one session at a moment when both stand at the same byte. */
async function difference(first: Attached, second: Attached): Promise<string | null> {
	for (;;) {
		const from = first.viewing.sequence
		const [one, other] = [await first.screen.state(), await second.screen.state()]
		const isSettled = [first, second].every(({ viewing }) => viewing.sequence === from)
		if (isSettled) return firstDifference(one, other)
		const least = Math.max(first.viewing.sequence, second.viewing.sequence)
		for (const { viewer, viewing } of [first, second])
			await viewer.until("both stand at one byte", () => viewing.sequence >= least)
	}
}
