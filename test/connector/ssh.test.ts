// SSH as sessions in VMs use it, with OpenSSH's own server: who answers is verified, and what runs is exact.
import { execFileSync, spawnSync } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer, type Server, type Socket } from "node:net"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Contained } from "../../connector/substrates/contained.ts"
import { runIn } from "../../connector/substrates/vm/commands.ts"
import { readFrom, sendFolder, writeTo } from "../../connector/substrates/vm/guest-files.ts"
import { asLine, EVALUATE_LINE, launchScript } from "../../connector/substrates/vm/launch-script.ts"
import { killLine, readUsed, usedLine } from "../../connector/substrates/vm/processes.ts"
import { type Connection, connect } from "../../connector/substrates/vm/ssh.ts"
import { makeKey, type Sshd, startSshd } from "../support/sshd.ts"
import { until } from "../support/until.ts"

let sshd: Sshd
let connection: Connection

beforeAll(async () => {
	sshd = await startSshd()
	connection = await connect(sshd.reach)
})
// What a test has broken, or a machine that stood still, is not the next one's.
beforeEach(async () => {
	if (!connection.isOpen) connection = await connect(sshd.reach)
})
afterAll(async () => {
	connection.close()
	await sshd.stop()
})

/** Every byte that a word may have, and letters of each length. */
const EVERYTHING = String.fromCodePoint(
	...Array.from({ length: 0x7ff }, (_, index) => index + 1),
	...[0x800, 0xfff, 0x1000, 0x4e2d, 0xd7ff, 0xe000, 0xfffd, 0x10000, 0x1f600, 0x3ffff, 0x40000, 0x10ffff],
)
const WORDS = ["", " ", "-n", "--", "a b", "'", '"', "\\", "$HOME", "`id`", "*", "\n", "a\n\n", "é中😀", EVERYTHING]
const SHOW_WORDS = ["sh", "-c", 'printf "%s\\0" "$@"', "sh"]

const contained = (id: string): Contained => ({
	...{ session: `ses_${id}` as Contained["session"], name: id, runtime: "custom", substrate: "vm", argv: ["true"] },
	...{ cwd: sshd.folder, workingFolder: null, network: { is: "full" }, limits: {}, image: null, vm: null },
	...{ loadout: null, mounts: [], configuration: [], dataDir: sshd.folder, folder: sshd.folder, own: {} },
})

describe("a host key", () => {
	test("[SES4] that is another one's is refused at once, and nothing is sent there", async () => {
		const other = makeKey(sshd.folder, "other")
		await expect(connect({ ...sshd.reach, hostKey: other })).rejects.toMatchObject({
			code: "substrate_unavailable",
			detail: expect.stringContaining("does not have its host key"),
		})
	})

	test.each(["", "ssh-ed25519", "ssh-ed25519 !!!"])(
		"[SES4] that is missing, as in %j, is refused, too",
		async (hostKey) => {
			await expect(connect({ ...sshd.reach, hostKey })).rejects.toMatchObject({ code: "substrate_unavailable" })
		},
	)
})

test("[SES4] a server that does not know our key is told of so", async () => {
	makeKey(sshd.folder, "unknown")
	const reach = { ...sshd.reach, privateKey: join(sshd.folder, "unknown") }
	await expect(connect(reach)).rejects.toMatchObject({ detail: expect.stringContaining("does not take its own key") })
})

test("a port that accepts before anybody listens in the VM is asked again until somebody does", async () => {
	// As QEMU's user network does it: the connection is there, and silent.
	let calls = 0
	const silent: Server = createServer((socket: Socket) => {
		socket.on("error", () => {})
		if (++calls < 3) return
		const inner = new (socket.constructor as typeof import("node:net").Socket)()
		inner.on("error", () => socket.destroy())
		inner.connect(sshd.reach.port, "127.0.0.1", () => inner.pipe(socket).pipe(inner))
	})
	await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve))
	const address = silent.address()
	const port = typeof address === "object" && address !== null ? address.port : 0
	const late = await connect({ ...sshd.reach, port })
	expect(await late.say("echo here")).toBe("here\n")
	expect(calls).toBe(3)
	late.close()
	silent.close()
})

test("[SES4] nobody at all is a refusal after the time that there is", async () => {
	const deaf = createServer((socket) => socket.on("error", () => {}))
	await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve))
	const address = deaf.address()
	const port = typeof address === "object" && address !== null ? address.port : 0
	await expect(connect({ ...sshd.reach, port }, 500)).rejects.toMatchObject({ code: "substrate_unavailable" })
	deaf.close()
})

describe.each(["dash", "bash --posix", "busybox sh"])("a launch script for %s", (shell) => {
	const [program = "", ...options] = shell.split(" ")
	/** As it comes over a connection: the first line of the input. */
	const run = (start: Parameters<typeof launchScript>[0]) => {
		const input = asLine(launchScript(start, { noDirectory: "echo no-directory", noProgram: "echo no-program" }))
		const read = `IFS= read -r homeport_line; ${EVALUATE_LINE}`
		const env = { PATH: process.env.PATH, HOME: sshd.folder }
		return spawnSync(program, [...options, "-c", read], { env, input: `${input}the rest` })
	}

	test("[SES3] passes every byte of its words", () => {
		const { stdout } = run({ argv: [...SHOW_WORDS, ...WORDS], environment: {}, cwd: null })
		expect(stdout.toString().split("\0").slice(0, -1)).toEqual(WORDS)
	})

	test("[SES3] passes every byte of its variables, also of those that shells have a use for", () => {
		const names = [
			"A",
			"b",
			"IFS",
			"UID",
			"PPID",
			"RANDOM",
			"LINENO",
			"OPTIND",
			"SECONDS",
			"BASHOPTS",
			"SHELLOPTS",
			"_",
		]
		const all = [...names, "LC_ALL", "LANG", "PS4", "ENV", "CDPATH", "homeport", "MAIL", "s", "d", "l"]
		const environment = Object.fromEntries(all.map((name, index) => [name, `${index} ${WORDS[index % WORDS.length]}`]))
		const { stdout } = run({ argv: ["/bin/cat", "/proc/self/environ"], environment, cwd: null })
		const found = Object.fromEntries(
			stdout
				.toString()
				.split("\0")
				.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
		)
		expect(found).toMatchObject(environment)
	})

	test("[SES3] goes to its directory, whatever that is called", () => {
		const cwd = join(sshd.folder, `-d 'ir" $x\n${EVERYTHING.slice(0, 40).replaceAll("/", "")}`)
		mkdirSync(cwd, { recursive: true })
		const { stdout } = run({ argv: ["/bin/pwd"], environment: {}, cwd })
		expect(stdout.toString()).toBe(`${cwd}\n`)
	})

	test("leaves the rest of the input to the program", () => {
		expect(run({ argv: ["cat"], environment: {}, cwd: null }).stdout.toString()).toBe("the rest")
	})

	test("tells what is missing", () => {
		const missing = (argv: string[], environment = {}, cwd: string | null = null) => {
			const { status, stdout } = run({ argv, environment, cwd })
			return [status, stdout.toString()]
		}
		expect(missing(["true"], {}, "/missing")).toEqual([126, "no-directory\n"])
		expect(missing(["no-such-program"])).toEqual([127, "no-program\n"])
		expect(missing(["/etc/passwd"])).toEqual([127, "no-program\n"])
		expect(missing(["true"], { PATH: "/missing" })).toEqual([127, "no-program\n"])
	})
})

describe("a command", () => {
	const sh = (script: string, more: object = {}) =>
		runIn(connection, contained("command"), { argv: ["sh", "-c", script], timeoutMs: 50_000, ...more })

	test.each([0, 1, 7, 126, 127, 137, 255])("[SES2] that exits with %i is told so", async (code) => {
		expect((await sh(`exit ${code}`)).ended).toEqual({ code, signal: null })
	})

	test.each(["SIGTERM", "SIGKILL", "SIGSEGV", "SIGHUP"])(
		"[SES2] that %s ends is told apart from any code",
		async (signal) => {
			expect((await sh(`kill -s ${signal.slice(3)} $$`)).ended).toEqual({ code: null, signal })
		},
	)

	test("[SES3] gets its variables where nobody else reads them, its input to the end, and its directory", async () => {
		const input = randomBytes(3_000_000)
		const done = await sh('printf %s "$SECRET" | sha256sum; pwd; sha256sum; tr "\\0" " " < /proc/$$/cmdline', {
			environment: { SECRET: EVERYTHING },
			input,
		})
		const [secret, cwd, bytes, own] = done.output.toString().split("\n")
		const sha = (of: string | Buffer) => `${createHash("sha256").update(of).digest("hex")}  -`
		expect([secret, cwd, bytes]).toEqual([sha(EVERYTHING), sshd.folder, sha(input)])
		expect(own).not.toContain("ĀāĂ")
	})

	test("is ended after its time with all that it started, also in terminal sessions of their own", async () => {
		const pids = join(sshd.folder, "pids")
		const done = await sh(`setsid sh -c 'echo $$ >> ${pids}; exec sleep 1000' & echo $$ >> ${pids}; exec sleep 1000`, {
			timeoutMs: 1_500,
		})
		expect(done.ended).toEqual({ code: null, signal: "SIGKILL" })
		const left = readFileSync(pids, "utf8").trim().split("\n")
		expect(left).toHaveLength(2)
		for (const pid of left) expect(lives(pid)).toBe(false)
	})

	test("that says too much is cut there, and ended", async () => {
		const done = await sh("yes", { limit: 100_000 })
		expect(done).toMatchObject({ isCut: true, ended: { code: null } })
		expect(done.output.length).toBe(100_000)
	})
})

/** One that has ended, and that nobody has asked about yet, does not. */
function lives(pid: string): boolean {
	try {
		return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
	} catch {
		return false
	}
}

test("[SES1] all processes of a session are found by the variable that they inherit, counted, and killed", async () => {
	const own = contained("counted")
	const running = runIn(connection, own, {
		argv: ["sh", "-c", "(setsid sleep 1000 >/dev/null 2>&1 &); sleep 1000"],
		timeoutMs: 60_000,
	})
	const used = async () => readUsed(await connection.say(usedLine(own.session)))
	await until("it has its three processes", async () => (await used())?.processes === 3)
	expect((await used())?.memory).toBeGreaterThan(100_000)
	await connection.say(killLine(own.session))
	expect(await used()).toBeNull()
	expect((await running).ended).toEqual({ code: null, signal: "SIGKILL" })
	await connection.say(killLine(own.session))
})

describe("a file", () => {
	const path = (name: string) => join(sshd.folder, name)

	test("is written in parts, put in place whole, and read in parts", async () => {
		const bytes = randomBytes(1_200_000)
		const part = path("näme with 'quotes'.part")
		const whole = path("whole")
		writeFileSync(whole, "what was there before")
		await writeTo(connection, part, 0, bytes.subarray(0, 500_000), undefined)
		await expect(writeTo(connection, part, 499_999, bytes.subarray(0, 1), undefined)).rejects.toMatchObject({
			code: "invalid_request",
		})
		await writeTo(connection, part, 500_000, bytes.subarray(500_000), whole)
		expect(readFileSync(whole).equals(bytes)).toBe(true)
		const read = await readFrom(connection, whole, 600_000, 2_000_000)
		expect([read.size, read.bytes.equals(bytes.subarray(600_000))]).toEqual([1_200_000, true])
		expect((await readFrom(connection, whole, 1_200_000, 10)).bytes).toHaveLength(0)
	})

	test("that is not there, or is none, is refused", async () => {
		await expect(readFrom(connection, path("missing"), 0, 10)).rejects.toMatchObject({ code: "not_found" })
		await expect(readFrom(connection, sshd.folder, 0, 10)).rejects.toMatchObject({ code: "invalid_request" })
		await expect(writeTo(connection, path("no/such/folder"), 0, Buffer.alloc(1), undefined)).rejects.toMatchObject({
			code: "not_found",
		})
	})

	test("comes with its whole folder, as it is", async () => {
		const from = path("from")
		mkdirSync(join(from, "-deep"), { recursive: true })
		writeFileSync(join(from, "-deep", "new\nline"), "x", { mode: 0o755 })
		symlinkSync("/etc/passwd", join(from, "link"))
		await sendFolder(connection, from, path("to/there"))
		const list = (folder: string) => execFileSync("ls", ["-lR", "--time-style=full-iso"], { cwd: folder }).toString()
		expect(list(path("to/there"))).toBe(list(from))
		await expect(sendFolder(connection, path("missing"), path("to"))).rejects.toMatchObject({
			code: "substrate_unavailable",
		})
	})
})
