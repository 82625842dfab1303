// attach in a real terminal: a PTY of the test's own, with an xterm that shows what the person would see.
import { type IPty, spawn } from "@lydell/node-pty"
import headless from "@xterm/headless"
import { afterAll, beforeAll, expect, test } from "vitest"
import { homeport } from "../support/command.ts"
import { HOMEPORT, type Home, NODE, startHome } from "../support/home.ts"
import { until } from "../support/until.ts"

let home: Home
beforeAll(async () => {
	home = await startHome()
})
afterAll(() => home.stop())

/** A person at a terminal that runs one command. */
class Person {
	readonly #pty: IPty
	readonly #terminal: headless.Terminal
	/** What the terminal answered by itself: replies to queries. */
	replies = ""
	readonly exit: Promise<number>

	constructor(args: string[], cols = 80, rows = 24) {
		this.#terminal = new headless.Terminal({ cols, rows, allowProposedApi: true })
		const env = { ...process.env, HOMEPORT_DATA_DIR: home.dataDir, TERM: "xterm-256color" }
		this.#pty = spawn(NODE, [HOMEPORT, ...args], { cols, rows, env, name: "xterm-256color" })
		this.#pty.onData((data) => this.#terminal.write(data))
		this.#terminal.onData((reply) => {
			this.replies += reply
			this.#pty.write(reply)
		})
		this.exit = new Promise((resolve) => this.#pty.onExit(({ exitCode }) => resolve(exitCode)))
	}

	type(keys: string): void {
		this.#pty.write(keys)
	}

	resize(cols: number, rows: number): void {
		this.#terminal.resize(cols, rows)
		this.#pty.resize(cols, rows)
	}

	get screen(): string {
		const { active } = this.#terminal.buffer
		const rows = Array.from({ length: this.#terminal.rows }, (_, y) => active.getLine(active.baseY + y))
		return rows.map((row) => row?.translateToString(true) ?? "").join("\n")
	}

	get modes(): headless.IModes {
		return this.#terminal.modes
	}

	get isAlternate(): boolean {
		return this.#terminal.buffer.active.type === "alternate"
	}

	sees(text: string | RegExp): Promise<void> {
		return until(`the screen shows ${text}; it shows:\n${this.screen}`, async () =>
			typeof text === "string" ? this.screen.includes(text) : text.test(this.screen),
		)
	}

	kill(): void {
		this.#pty.kill("SIGKILL")
	}
}

const DETACH = "\x1c\x1c"

test("[INP4] a person types into a session, sees it, and detaches by the key that was shown; the program goes on", async () => {
	await homeport(home.dataDir, ["spawn", "--name", "cat", "--", "cat"])
	const person = new Person(["attach", "cat"])
	await person.sees("Ctrl-\\ twice")
	person.type("hello\r")
	await person.sees(/hello\nhello/)
	person.type(DETACH)
	expect(await person.exit).toBe(0)
	await person.sees("detached; it goes on")
	const { sessions } = await home.call("listSessions")
	expect(sessions.find(({ name }) => name === "cat")?.state.is).toBe("running")
})

test("[INP1][LNK4] keys that a hung link does not take are told within seconds, and arrive once it goes on", async () => {
	await homeport(home.dataDir, ["spawn", "--name", "hung", "--", "cat"])
	const person = new Person(["attach", "hung"])
	await person.sees("Ctrl-\\ twice")
	await until("the hint is gone", async () => !person.screen.includes("twice"))
	process.kill(home.pids.connector, "SIGSTOP")
	try {
		person.type("hello\r")
		await person.sees("does not answer: 6 bytes are not acknowledged")
	} finally {
		process.kill(home.pids.connector, "SIGCONT")
	}
	await person.sees(/^hello\nhello\n/)
	await until("the notice is gone", async () => !person.screen.includes("not acknowledged"))
	person.type(DETACH)
	expect(await person.exit).toBe(0)
})

test("[INP3] the session takes the window's size and follows it", async () => {
	await homeport(home.dataDir, ["spawn", "--name", "size", "--", "sh"])
	const person = new Person(["attach", "size"], 91, 19)
	person.type("stty size\r")
	await person.sees(/^19 91$/m)
	person.resize(60, 30)
	await until("the session has the new size", async () => {
		const { sessions } = await home.call("listSessions")
		const size = sessions.find(({ name }) => name === "size")
		return size?.cols === 60 && size.rows === 30
	})
	person.type("stty size\r")
	await person.sees(/^30 60$/m)
	person.type(DETACH)
	expect(await person.exit).toBe(0)
})

test("[OUT7] the person's terminal is never asked, and answers nothing into the session", async () => {
	await homeport(home.dataDir, ["spawn", "--name", "asks", "--", "sh"])
	const person = new Person(["attach", "asks"])
	person.type("printf 'A\\033[c\\033[6n\\033]11;?\\007\\033[?u\\033[>qB\\n'; sleep 0.2; echo do''ne\r")
	await person.sees("done")
	expect(person.replies).toBe("")
	person.type(DETACH)
	await person.exit
})

test("the terminal is left as it was found: screen, mouse, paste, cursor", async () => {
	const draw = "printf '\\033[?1049h\\033[?1003h\\033[?1006h\\033[?2004h\\033[?25l\\033[?1hdrawn'; cat"
	await homeport(home.dataDir, ["spawn", "--name", "modes", "--", "sh", "-c", draw])
	const person = new Person(["attach", "modes"])
	await person.sees("drawn")
	expect(person.isAlternate).toBe(true)
	expect(person.modes).toMatchObject({ mouseTrackingMode: "any", bracketedPasteMode: true })
	person.type(DETACH)
	expect(await person.exit).toBe(0)
	await person.sees("detached")
	expect(person.isAlternate).toBe(false)
	expect(person.modes).toMatchObject({
		mouseTrackingMode: "none",
		bracketedPasteMode: false,
		applicationCursorKeysMode: false,
	})
})

test("[OUT2] who attaches later sees the screen as it is, alternate screen and all", async () => {
	const person = new Person(["attach", "modes"])
	await person.sees("drawn")
	expect(person.isAlternate).toBe(true)
	expect(person.modes.mouseTrackingMode).toBe("any")
	person.type(DETACH)
	await person.exit
})

test("[SES2] the end of the program ends attach, and is told", async () => {
	const person = new Person(["spawn", "--name", "brief", "--attach", "--", "sh", "-c", "read line; exit 3"])
	await person.sees("Ctrl-\\ twice")
	person.type("\r")
	expect(await person.exit).toBe(0)
	await person.sees("brief: exited 3")
})

test("[INP1] an outage is told, and what was typed meanwhile reaches the program once", async () => {
	const person = new Person(["attach", "cat"])
	await person.sees("hello")
	process.kill(home.pids.controlPlane, "SIGSTOP")
	try {
		person.type("typed while away\r")
	} finally {
		process.kill(home.pids.controlPlane, "SIGCONT")
	}
	await person.sees(/typed while away\ntyped while away/)
	person.type(DETACH)
	await person.exit
	const { stdout } = await homeport(home.dataDir, ["screen", "cat"])
	expect(stdout).toBe("hello\nhello\ntyped while away\ntyped while away\n")
})

test("[LNK4] a machine that is away is said to be away, and the last screen stays; it goes on when the machine is back", async () => {
	const person = new Person(["attach", "cat"])
	await person.sees("typed while away")
	process.kill(home.pids.up, "SIGSTOP")
	process.kill(home.pids.connector, "SIGKILL")
	try {
		await person.sees(`${home.machine.name} is away`)
	} finally {
		process.kill(home.pids.up, "SIGCONT")
	}
	await until("the notice is gone", async () => !person.screen.includes("is away"))
	await person.sees("typed while away")
	person.type("back\r")
	await person.sees(/back\nback/)
	person.type(DETACH)
	await person.exit
})

test("attach without a terminal says what to use", async () => {
	const { code, stderr } = await homeport(home.dataDir, ["attach", "cat"])
	expect(code).toBe(2)
	expect(stderr).toContain("homeport logs")
})
