// Sessions by command, from spawn to rm, against a real home.
import { execFile, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { realpathSync } from "node:fs"
import { homedir } from "node:os"
import { promisify } from "node:util"
import { afterAll, beforeAll, expect, test } from "vitest"
import { newSessionId } from "../../protocol/ids.ts"
import { homeport, type Ran } from "../support/command.ts"
import { HOMEPORT, type Home, NODE, startHome } from "../support/home.ts"
import { until } from "../support/until.ts"

let home: Home
beforeAll(async () => {
	home = await startHome()
})
afterAll(() => home.stop())

const run = (...args: string[]): Promise<Ran> => homeport(home.dataDir, args)

async function well(...args: string[]): Promise<Ran> {
	const ran = await run(...args)
	expect(`${ran.code} ${ran.stderr}`, args.join(" ")).toBe("0 ")
	return ran
}

test("[SES3] argv reaches the program word for word, and its text comes back by logs, screen and --raw", async () => {
	const words = ["a b", "$HOME", "'\"\\", "*", ""]
	await well("spawn", "--name", "words", "--", "printf", "%s|", ...words)
	await well("wait", "words", "--exit", "--timeout", "20")
	const expected = `${words.join("|")}|`
	expect((await well("logs", "words")).stdout).toBe(`${expected}\n`)
	expect((await well("screen", "words")).stdout).toBe(`${expected}\n`)
	expect((await well("logs", "words", "--raw")).stdout).toBe(expected)
})

test("[SES2] wait tells how the program ended, as it was", async () => {
	await well("spawn", "--name", "seven", "--", "sh", "-c", "exit 7")
	expect((await well("wait", "seven", "--timeout", "20")).stdout).toBe("exited 7\n")
	const json = (await well("wait", "seven", "--json")).json()
	expect(json).toMatchObject({ because: "exit", state: { is: "exited", code: 7, signal: null } })
	await well("spawn", "--name", "killed", "--", "sleep", "600")
	expect((await well("wait", "killed", "seven", "--any", "--timeout", "20")).stdout).toBe("seven: exited 7\n")
	await well("kill", "killed", "--signal", "term")
	const all = await well("wait", "killed", "seven", "--timeout", "20")
	expect(all.stdout).toBe("killed: ended by SIGTERM\nseven: exited 7\n")
})

test("[INP1] send types a line, and wait --text sees its effect", async () => {
	await well("spawn", "--name", "echo", "--", "cat")
	await well("send", "echo", "one two")
	expect((await well("wait", "echo", "--text", "^one two$", "--timeout", "20")).stdout).toBe("one two\n")
	await well("send", "echo", "half", "--no-enter")
	await well("send", "echo", " line")
	expect((await well("wait", "echo", "--text", "^half line$", "--timeout", "20")).stdout).toBe("half line\n")
	// Once as typed, once as cat writes it back.
	expect((await well("screen", "echo")).stdout).toBe("one two\none two\nhalf line\nhalf line\n")
})

test("[INP1] send --file pastes in brackets where the program asked for that", async () => {
	const program = "printf '\\033[?2004hready\\n'; stty raw -echo; dd bs=1 count=21 2>/dev/null | od -An -c"
	await well("spawn", "--name", "paste", "--", "sh", "-c", program)
	await well("wait", "paste", "--text", "ready", "--timeout", "20")
	const sent = await homeport(home.dataDir, ["send", "paste", "--file", "-", "--no-enter"], { input: "a\nb c\n\n\n\n" })
	expect(`${sent.code} ${sent.stderr}`).toBe("0 ")
	await well("wait", "paste", "--exit", "--timeout", "20")
	const shown = (await well("logs", "paste")).stdout.replace(/\s+/g, " ")
	expect(shown).toContain("033 [ 2 0 0 ~ a")
	expect(shown).toContain("033 [ 2 0 1 ~")
})

test("[INP1] a file of megabytes is typed whole, in order and once", async () => {
	const lines = Array.from({ length: 60_000 }, (_, i) => `${i} ${"aé工🙂".repeat(i % 5)}${i % 3 === 0 ? "\r\n" : "\n"}`)
	const text = lines.join("")
	const typed = Buffer.from(text.replaceAll(/\r?\n/g, "\r"))
	expect(typed.length).toBeGreaterThan(1024 * 1024)
	const program = `stty raw -echo; echo ready; head -c ${typed.length} | sha256sum; read end`
	await well("spawn", "--name", "megabytes", "--", "sh", "-c", program)
	await well("wait", "megabytes", "--text", "ready", "--timeout", "20")
	const sent = await homeport(home.dataDir, ["send", "megabytes", "--file", "-", "--no-enter", "--json"], {
		input: text,
	})
	expect(sent.json()).toMatchObject({ bytes: typed.length })
	const sum = createHash("sha256").update(typed).digest("hex")
	await well("wait", "megabytes", "--text", sum, "--timeout", "20")
})

test("[INP1] send says how much a program took that does not read", async () => {
	await well("spawn", "--name", "deaf", "--", "sh", "-c", "stty raw -echo; echo ready; exec sleep 600")
	await well("wait", "deaf", "--text", "ready", "--timeout", "20")
	const input = "x".repeat(300_000)
	const { code, stderr } = await homeport(home.dataDir, ["send", "deaf", "--file", "-", "--json"], { input })
	expect(code).toBe(1)
	const { error } = JSON.parse(stderr) as { error: { code: string; message: string } }
	const [, taken, left] =
		/^deaf does not read: its terminal took (\d+) bytes, and the other (\d+) /.exec(error.message) ?? []
	expect(error.code).toBe("not_read")
	expect(Number(taken)).toBeGreaterThan(0)
	expect(Number(taken) + Number(left)).toBe(input.length)
})

test("a file that cannot be typed is refused before anything is", async () => {
	const send = (input: string | Uint8Array) => homeport(home.dataDir, ["send", "echo", "--file", "-"], { input })
	const large = await send("x".repeat(8 * 1024 * 1024 + 1))
	expect({ code: large.code, stderr: large.stderr }).toEqual({
		code: 1,
		stderr: "- has 8388609 bytes, and at most 8388608 are typed. Put the file on the machine and send its path.\n",
	})
	expect((await send(Buffer.from([0x61, 0xff]))).stderr).toContain("not text in UTF-8")
	expect((await run("send", "echo", "--file", "/nonexistent")).stderr).toContain("/nonexistent cannot be read")
	expect((await run("send", "echo", "text", "--file", "-")).code).toBe(2)
})

test("wait --idle ends when nothing is written, and --timeout ends with 5", async () => {
	const idle = await well("wait", "echo", "--idle", "0.3", "--timeout", "20")
	expect(idle.stdout).toBe("idle\n")
	const late = await run("wait", "echo", "--exit", "--timeout", "0.3")
	expect(late.code).toBe(5)
	expect(late.stderr).toContain("within 0.3 s")
})

test("wait --text on a session that ends without it fails, and says so", async () => {
	await well("spawn", "--name", "silent", "--", "true")
	const { code, stderr } = await run("wait", "silent", "--text", "never", "--timeout", "20")
	expect(code).toBe(1)
	expect(stderr).toContain("without showing that text")
})

test("names are matched exactly: 3 for none, and never by a beginning", async () => {
	for (const name of ["ech", "Echo", "echo2", "ses_00000000000000000000"]) {
		const { code, stderr } = await run("screen", name)
		expect(code, name).toBe(3)
		expect(stderr, name).toContain(`"${name}"`)
	}
	await well("screen", `${home.machine.name}/echo`)
	expect((await run("screen", "elsewhere/echo")).code).toBe(3)
})

test("rename, kill, rm: a running session is not forgotten, an ended one is, and its name is free again", async () => {
	await well("spawn", "--name", "old", "--", "cat")
	expect((await run("spawn", "--name", "old", "--", "cat")).code).toBe(1)
	await well("rename", "old", "new")
	expect((await run("screen", "old")).code).toBe(3)
	const refused = await run("rm", "new")
	expect(refused.code).toBe(1)
	expect(refused.stderr).toContain("still running")
	await well("kill", "new", "--signal", "KILL")
	await well("wait", "new", "--timeout", "20")
	await well("rm", "new")
	expect((await run("screen", "new")).code).toBe(3)
	expect((await run("kill", "echo", "--signal", "NOPE")).code).toBe(2)
})

test("ls shows name, machine, state, runtime and directory; a session begins where the command was called", async () => {
	const { sessions } = (await well("ls", "--json")).json() as { sessions: { name: string; cwd: string }[] }
	expect(realpathSync(sessions.find(({ name }) => name === "echo")?.cwd ?? "")).toBe(process.cwd())
	const text = (await well("ls")).stdout
	expect(text).toMatch(/^NAME +MACHINE +STATE +RUNTIME +IN +LAST OUTPUT +TAGS +DIRECTORY$/m)
	expect(text).toMatch(new RegExp(`^echo +${home.machine.name} +running +custom +host `, "m"))
	await well("spawn", "--name", "home", "--cwd", "~", "--", "pwd")
	await well("wait", "home", "--timeout", "20")
	expect((await well("logs", "home")).stdout.trim()).toBe(homedir())
})

test("ls is in order of machine and start, and --json has the ids", async () => {
	const { sessions } = (await well("ls", "--json")).json() as { sessions: { id: string; createdAt: number }[] }
	const starts = sessions.map(({ createdAt }) => createdAt)
	expect(starts).toEqual(starts.toSorted((a, b) => a - b))
	for (const { id } of sessions) expect(id).toMatch(/^ses_[0-9a-f]{20}$/)
})

test("a session without a name is called after its command, and a command without a runtime is run as it is", async () => {
	expect((await well("spawn", "--", "/bin/sleep", "600")).stdout).toMatch(/^sleep runs on /)
	expect((await well("spawn", "--", "sleep", "600")).stdout).toContain(" attach sleep-2")
	const params = { machine: home.machine.id }
	const spoken = await home.call("startSession", { params, body: { id: newSessionId(), argv: ["sleep", "600"] } })
	expect(spoken).toMatchObject({ runtime: "custom", name: "sleep-3" })
	const shell = await home.call("startSession", { params, body: { id: newSessionId() } })
	expect(shell).toMatchObject({ runtime: "shell", name: "shell" })
	for (const name of ["sleep", "sleep-2", "sleep-3", "shell"]) await well("kill", name, "--signal", "KILL")
})

test("what is refused says what and why, by the exit code of the page", async () => {
	const refused: [args: string[], code: number, said: string][] = [
		[["--", "no-such-program-here"], 1, "no-such-program-here was not found."],
		[["--cwd", "/no/such/folder"], 1, "That directory does not exist on the machine. /no/such/folder"],
		[["--runtime", "nosuch"], 2, 'There is no runtime "nosuch"; there are shell, '],
		[["--name", "a/b"], 2, "The name must begin with a letter or digit and have only "],
		[["--name", "x".repeat(65)], 2, "The name must be 1 to 64 characters."],
		[["--name", newSessionId()], 2, "The name must not look like an id."],
		[["--", "echo", ...Array<string>(256).fill("x")], 2, "The command must have at most 256 words."],
		[["--", "echo", "x".repeat(65_536)], 2, "The command must have at most 65536 characters in all."],
	]
	for (const [args, code, said] of refused) {
		const ran = await run("spawn", ...args)
		expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code, stderr: expect.stringContaining(said) })
	}
	await well("rename", "echo", " echo ")
	await well("screen", "echo")
})

test("[OUT3] logs -f gives everything written, through a restart of the link, once and in order", async () => {
	const lines = 3_000
	await well("spawn", "--name", "follow", "--", "sh", "-c", `read go; seq ${lines}; read end`)
	const args = [HOMEPORT, "logs", "follow", "-f", "--data-dir", home.dataDir]
	const follower = spawn(NODE, args, { stdio: ["ignore", "pipe", "pipe"] })
	let said = ""
	follower.stdout.on("data", (data: Buffer) => {
		said += data.toString()
	})
	const over = once(follower, "exit")
	await well("send", "follow", "go")
	await until("half of it is there", async () => said.includes(`\n${lines / 2}\n`))
	const { epoch } = (await home.call("listMachines")).machines[0]?.presence ?? { epoch: 0 }
	process.kill(home.pids.connector, "SIGKILL")
	await until("the link is back", async () => {
		const presence = (await home.call("listMachines")).machines[0]?.presence
		return presence?.is === "linked" && presence.epoch > epoch
	})
	await well("send", "follow", "end")
	expect((await over)[0]).toBe(0)
	const numbers = Array.from({ length: lines }, (_, i) => String(i + 1))
	expect(said.split("\n")).toEqual(["go", ...numbers, "end", ""])
})

test("[OUT3] logs -f as text gives every line of a flood, once and in order", async () => {
	const lines = 200_000
	await well("spawn", "--name", "flood", "--", "sh", "-c", `read go; seq ${lines}; read end`)
	const args = [HOMEPORT, "logs", "flood", "-f", "--data-dir", home.dataDir]
	const follower = spawn(NODE, args, { stdio: ["ignore", "pipe", "inherit"] })
	const said: Buffer[] = []
	follower.stdout.on("data", (data: Buffer) => said.push(data))
	const over = once(follower, "exit")
	await well("send", "flood", "go")
	await until("it rests", async () => (await run("screen", "flood")).stdout.includes(`\n${lines}\n`))
	await well("send", "flood", "end")
	expect((await over)[0]).toBe(0)
	const expected = Array.from({ length: lines }, (_, i) => `${i + 1}\n`).join("")
	expect(Buffer.concat(said).toString() === `go\n${expected}end\n`).toBe(true)
})

test("[OUT3] logs says where more was written than the machine keeps, and leaves out nothing after that", async () => {
	const lines = 400_000
	const script = `seq -f "%0100g" ${lines}; read end`
	await well("spawn", "--name", "long", "--", "sh", "-c", script)
	await until("it rests", async () => (await run("screen", "long")).stdout.includes(`${lines}\n`))
	const { stdout } = await well("logs", "long")
	const [first = "", part, ...rest] = stdout.trimEnd().split("\n")
	const gone = Number(/^\[([\d,]+) bytes are gone/.exec(first)?.[1]?.replaceAll(",", ""))
	const begun = Math.floor(gone / 102)
	expect(part).toBe(
		String(begun + 1)
			.padStart(100, "0")
			.slice(gone % 102),
	)
	expect(rest.map(Number)).toEqual(Array.from({ length: lines - begun - 1 }, (_, i) => begun + 2 + i))
	const raw = await run("logs", "long", "--raw")
	expect(raw.stderr).toBe(`${first}\n`)
	expect(raw.stdout.length).toBe(lines * 102 - gone)
})

test("ls tells when a session has last written, though nobody watches it", async () => {
	const startedAt = Date.now()
	await well("spawn", "--name", "talker", "--", "sh", "-c", "echo one; read go; echo two; sleep 1000")
	const last = async () => {
		const { sessions } = (await well("ls", "--json")).json() as {
			sessions: { name: string; lastOutputAt: number | null }[]
		}
		return sessions.find(({ name }) => name === "talker")?.lastOutputAt ?? 0
	}
	await until("it is told to have written", async () => (await last()) >= startedAt)
	const before = await last()
	await well("send", "talker", "go")
	await until("it is told to have written again", async () => (await last()) > before)
})

test("a reader that has seen enough ends the command without a word", async () => {
	const line = `"${NODE}" "${HOMEPORT}" logs follow --raw --data-dir "${home.dataDir}" | head -n 1`
	const { stdout, stderr } = await promisify(execFile)("sh", ["-c", line])
	expect({ stdout, stderr }).toEqual({ stdout: "go\r\n", stderr: "" })
})

test("tokens are made, shown once, listed and revoked", async () => {
	const secret = (await run("tokens", "create", "ci")).stdout.trim()
	const environment = { HOMEPORT_URL: home.url, HOMEPORT_TOKEN: secret }
	expect((await homeport("/nonexistent", ["ls"], { environment })).code).toBe(0)
	expect((await well("tokens")).stdout).toMatch(/^ci +hp_/m)
	await well("tokens", "revoke", "ci")
	const revoked = await homeport("/nonexistent", ["ls"], { environment })
	expect(revoked.code).toBe(1)
	expect(revoked.stderr).toContain("does not take the token from HOMEPORT_TOKEN of the environment")
	expect((await run("tokens", "revoke", "ci")).code).toBe(3)
})
