// The first process inside a sandbox or container, as a plain process and as the first of a namespace.
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net"
import { constants, tmpdir } from "node:os"
import { join } from "node:path"
import { buffer, text } from "node:stream/consumers"
import { afterEach, beforeEach, describe, expect, it, test } from "vitest"
import { Pty } from "../../connector/holder/pty.ts"
import { hashSources } from "../../tools/init.ts"
import { until } from "../support/until.ts"

const FOLDER = join(import.meta.dirname, "../../connector/substrates/init")
const INIT = join(FOLDER, `init-linux-${process.arch}`)
const { SIGHUP, SIGKILL, SIGTERM, SIGUSR1 } = constants.signals
const { EACCES, ENOENT, ENOTTY, EPERM } = constants.errno

/** What goes before the first process to have namespaces of its own; with them it is process 1. */
const NAMESPACES = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
const PLACES: [place: string, before: string[], isFirst: boolean][] = [
	["as a plain process", [], false],
	["as process 1", NAMESPACES, true],
]

let folder: string
/** What a test has started, to be ended with it. */
let started: (() => void)[]
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "homeport-init-"))
	started = []
})
afterEach(() => {
	for (const stop of started) stop()
	rmSync(folder, { recursive: true })
})

function start(before: string[], args: string[], options: SpawnOptions = {}): ChildProcess {
	const [program = "", ...rest] = [...before, INIT, ...args]
	const child = spawn(program, rest, options)
	started.push(() => child.kill("SIGKILL"))
	return child
}

/** What it said in the end; `code` and `signal` as whoever started it sees them. */
async function run(before: string[], args: string[], options: SpawnOptions = {}) {
	return finish(start(before, args, options))
}

async function finish(child: ChildProcess) {
	const [[code, signal], stdout, stderr] = await Promise.all([
		once(child, "exit") as Promise<[number | null, string | null]>,
		child.stdout ? text(child.stdout) : "",
		child.stderr ? text(child.stderr) : "",
	])
	return { code, signal, stdout, stderr }
}

/** A Unix socket that answers each connection with `serve`. */
async function listen(name: string, serve: (socket: Socket) => void): Promise<string> {
	const path = join(folder, name)
	const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
		started.push(() => socket.destroy())
		// A connection that is cut ends; that is what the tests look at.
		socket.on("error", () => {})
		serve(socket)
	})
	started.push(() => server.close())
	server.listen(path)
	await once(server, "listening")
	return path
}

/** The other end of the control socket: the records so far, as kind and number. */
async function control() {
	const records: [kind: string, number: number][] = []
	let rest = Buffer.alloc(0)
	const connected = Promise.withResolvers<Socket>()
	const closed = Promise.withResolvers<void>()
	const path = await listen("control", (socket) => {
		connected.resolve(socket)
		socket.on("close", () => closed.resolve())
		socket.on("end", () => socket.end())
		socket.on("data", (bytes) => {
			for (rest = Buffer.concat([rest, bytes]); rest.length >= 5; rest = rest.subarray(5))
				records.push([rest.toString("latin1", 0, 1), rest.readInt32LE(1)])
		})
	})
	return { path, records, socket: connected.promise, closed: closed.promise }
}

/** Whether a process with this among its arguments is there. */
function isRunning(mark: string): boolean {
	return readdirSync("/proc").some((pid) => {
		try {
			return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").includes(mark)
		} catch {
			// It has ended since the folder was read.
			return false
		}
	})
}

/** A number of seconds that no other process sleeps. */
const longTime = () => `9${randomBytes(6).readUIntBE(0, 6)}`

async function shows(child: ChildProcess, expected: string): Promise<void> {
	let seen = ""
	for await (const bytes of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
		seen += bytes
		if (seen.includes(expected)) return
	}
	throw new Error(`It ended without ${expected}, but with: ${seen}`)
}

/** A shell with this script on a terminal of its own. */
function open(before: string[], script: string, environment: Record<string, string> = {}) {
	const exit = Promise.withResolvers<[code: number | null, signal: string | null]>()
	let output = ""
	const program = {
		program: "/usr/bin/env",
		arguments: [...before, INIT, "--", "sh", "-c", script],
		cwd: folder,
		environment: { PATH: process.env.PATH ?? "", ...environment },
		cols: 80,
		rows: 24,
	}
	const pty = new Pty(program, {
		onOutput: (bytes) => {
			output += Buffer.from(bytes)
		},
		onExit: (code, signal) => exit.resolve([code, signal]),
	})
	let hasEnded = false
	void exit.promise.then(() => {
		hasEnded = true
	})
	started.push(() => hasEnded || process.kill(pty.pid, "SIGKILL"))
	return {
		pty,
		exit: exit.promise,
		output: () => output,
		type: (keys: string) => pty.write(Buffer.from(keys)),
		shows: (expected: string) =>
			until(`the terminal shows ${expected}, not ${JSON.stringify(output)}`, async () => output.includes(expected)),
	}
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1")
	await once(server, "listening")
	const { port } = server.address() as AddressInfo
	await new Promise((resolve) => server.close(resolve))
	return port
}

/** Ports that are forwarded to these sockets, and the first process that does it; its program reads to the end of input. */
async function forward(...paths: string[]) {
	const ports = await Promise.all(paths.map(freePort))
	const forwards = ports.flatMap((port, index) => ["--forward", `${port}=${paths[index]}`])
	const child = start([], [...forwards, "--", "sh", "-c", "echo ready; cat"])
	await shows(child, "ready")
	return { child, port: ports[0] ?? 0, ports }
}

/** A connection that stays open when the other side ends. */
async function dial(port: number): Promise<Socket> {
	const socket = createConnection({ port, host: "127.0.0.1", allowHalfOpen: true })
	started.push(() => socket.destroy())
	await once(socket, "connect")
	// A connection that is cut ends.
	socket.on("error", () => {})
	return socket
}

const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c
const TIOCGWINSZ = 0x5413

/** A program of i386 that sends this request to its terminal and exits with errno. */
function program32(request: number): Buffer {
	const BASE = 0x08048000
	const code = Buffer.from("b83600000031dbb90000000089e2cd80f7d889c331c040cd80", "hex")
	code.writeUInt32LE(request, 8)
	const file = Buffer.alloc(84)
	file.write("\x7fELF\x01\x01\x01", "latin1")
	const header = [0x00030002, 1, BASE + file.length, 52, 0, 0, 0x00200034, 1]
	const segment = [1, 0, BASE, BASE, file.length + code.length, file.length + code.length, 5, 0x1000]
	for (const [index, word] of [...header, 0, ...segment].entries()) file.writeUInt32LE(word, 16 + 4 * index)
	return Buffer.concat([file, code])
}

/** Whether the kernel has the entry for programs of 32 bits. */
const RUNS_32 = (() => {
	const folder = mkdtempSync(join(tmpdir(), "homeport-init-"))
	writeFileSync(join(folder, "size"), program32(TIOCGWINSZ), { mode: 0o755 })
	const { status } = spawnSync(join(folder, "size"), { stdio: "ignore" })
	rmSync(folder, { recursive: true })
	return status === ENOTTY
})()

test.each(["linux-x64", "linux-arm64"])("the binary for %s is made from the sources beside it", (name) => {
	const isFresh = readFileSync(join(FOLDER, `init-${name}`)).includes(hashSources())
	expect(isFresh, "Build it anew: node tools/init.ts").toBe(true)
})

describe.runIf(process.platform === "linux").each(PLACES)("%s", (_, before, isFirst) => {
	test.each([0, 1, 42, 125, 126, 127, 137, 255])("[SES2] exit code %i is the program's", async (code) => {
		const watcher = await control()
		const ended = await run(before, ["--control", watcher.path, "--", "sh", "-c", `exit ${code}`])
		expect(ended).toMatchObject({ code, signal: null })
		await watcher.closed
		expect(watcher.records).toEqual([
			["p", expect.any(Number)],
			["s", code << 8],
		])
	})

	test.each(["SIGKILL", "SIGTERM", "SIGHUP", "SIGUSR1"] as const)("[SES2] %s is told as a signal", async (name) => {
		const number = constants.signals[name]
		const watcher = await control()
		const ended = await run(before, ["--control", watcher.path, "--", "sh", "-c", `kill -${number} $$`])
		expect(ended).toMatchObject(isFirst ? { code: 128 + number } : { signal: name })
		await watcher.closed
		expect(watcher.records.slice(1)).toEqual([["s", number]])
	})

	test.each([
		["no-such-program", 127, ENOENT],
		["/etc/passwd", 126, EACCES],
	])("the program %s cannot be executed: a sentence, code %i, and errno", async (program, code, errno) => {
		const watcher = await control()
		const env = { PATH: "/usr/bin:/bin" }
		const ended = await run(before, ["--control", watcher.path, "--", program], { env })
		expect(ended.code).toBe(code)
		expect(ended.stderr).toMatch(new RegExp(`^homeport-init: .*${program}: .*\\.\n$`))
		await watcher.closed
		expect(watcher.records).toEqual([["e", errno]])
	})

	test.each([
		["--nonsense", "x", "--", "true"],
		["--control", "/nowhere/at/all", "--", "true"],
		["--control", `/${"long".repeat(30)}`, "--", "true"],
		["--limit", "nofile=-1", "--", "true"],
		["--limit", "nofile=12x", "--", "true"],
		["--limit", "memory=12", "--", "true"],
		["--forward", "0=/socket", "--", "true"],
		["--forward", "65536=/socket", "--", "true"],
		["--forward", "80=", "--", "true"],
		["--connect", "/nowhere/at/all"],
		["--"],
		["true"],
		[],
	])("%s %s is refused with one sentence and code 125", async (...args) => {
		const ended = await run(before, args)
		expect(ended).toMatchObject({ code: 125, stdout: "" })
		expect(ended.stderr).toMatch(/^homeport-init: [A-Z].*\.\n$/)
	})

	it("gives signals of the control socket to everything of the program, and not to itself", async () => {
		const watcher = await control()
		const sleeping = longTime()
		const script = `trap 'echo caught; wait; echo $?; exit 3' USR1; sleep ${sleeping} & echo ready; wait`
		const child = start(before, ["--control", watcher.path, "--", "sh", "-c", script])
		await shows(child, "ready")
		await until("the child sleeps", async () => isRunning(sleeping))
		;(await watcher.socket).write(Buffer.of(0, 255, SIGUSR1))
		expect(await finish(child)).toMatchObject({ stdout: "caught\n0\n", code: 3 })
		await watcher.closed
		expect(watcher.records.at(-1)).toEqual(["s", 3 << 8])
	})

	test("[SES3] arguments and environment arrive as they are", async () => {
		const args = ["", " a  b ", "new\nline", `'"\\$(id)`, "--control", "Grüße 日本"]
		const environment = { PATH: process.env.PATH, EMPTY: "", LINES: "a\nb", "odd name": "=x=" }
		const print = ["perl", "-e", 'print join "\\0", @ARGV; open F, "/proc/self/environ"; print "\\0\\0", <F>', "--"]
		const { stdout } = await run([...before], ["--", ...print, ...args], { env: environment })
		const [seen = "", variables = ""] = [stdout.slice(0, args.join("\0").length), stdout.slice(args.join("\0").length)]
		expect(seen.split("\0")).toEqual(args)
		expect(variables).toBe(
			`\0\0${Object.entries(environment)
				.map(([name, value]) => `${name}=${value}\0`)
				.join("")}`,
		)
		const bytes = await run(["sh", "-c", `a=$(printf '\\377\\1'); exec "$@" -- printf %s "$a"`, "sh", ...before], [])
		expect(bytes.stdout).toBe("\ufffd\x01")
	})

	it("leaves the program no files, no ignored and no blocked signals of whoever started it", async () => {
		const watcher = await control()
		const file = openSync(INIT, "r")
		const script = "ls /proc/self/fd | xargs echo; grep -E '^Sig(Blk|Ign)|^NoNewPrivs' /proc/self/status"
		const { stdout } = await run(
			["perl", "-e", '$SIG{$_} = "IGNORE" for qw(TERM INT TSTP CHLD PIPE); exec @ARGV', "--", ...before],
			["--control", watcher.path, "--", "sh", "-c", script],
			{ stdio: ["pipe", "pipe", "pipe", file, file] },
		)
		const none = "0".repeat(16)
		expect(stdout).toBe(`0 1 2 3\nSigBlk:\t${none}\nSigIgn:\t${none}\nNoNewPrivs:\t1\n`)
	})

	it("has the first three files even where there were none", async () => {
		const script = 'exec "$@" -- sh -c "readlink /proc/self/fd/0 /proc/self/fd/2" <&- 2>&-'
		const { stdout } = await run(["sh", "-c", script, "sh", ...before], [])
		expect(stdout).toBe("/dev/null\n/dev/null\n")
	})

	it("sets limits, and raises none", async () => {
		const limits = ["--limit", "fsize=1048576", "--limit", "nofile=99", "--limit", "core=0", "--limit", "nproc=9999999"]
		const { stdout } = await run(
			["sh", "-c", 'ulimit -n 200; exec "$@"', "sh", ...before],
			[...limits, ...["--", "cat", "/proc/self/limits"]],
		)
		const row = (name: string) => new RegExp(`^${name} +(\\S+) +(\\S+)`, "m").exec(stdout)?.slice(1)
		expect(row("Max file size")).toEqual(["1048576", "1048576"])
		expect(row("Max open files")).toEqual(["99", "99"])
		expect(row("Max core file size")).toEqual(["0", "0"])
		const raised = await run(
			["sh", "-c", 'ulimit -n 200; exec "$@"', "sh", ...before],
			[...["--limit", "nofile=300", "--", "sh", "-c", "ulimit -n -H; ulimit -n -S"]],
		)
		expect(raised.stdout).toBe("200\n200\n")
	})

	it("reaps who has lost its parent, while the program runs", async () => {
		const script = `
			pipe R, W;
			unless (fork) {
				my $parent = $$;
				exit if fork;
				1 while getppid == $parent;
				syswrite W, "$$ " . getppid . "\\n";
				exit
			}
			wait;
			my ($orphan, $parent) = split " ", <R>;
			print $parent == getppid ? "taken\n" : "lost\n";
			for (1 .. 500) { kill(0, $orphan) or print("reaped\n"), exit 5; select undef, undef, undef, 0.01 }`
		expect(await run(before, ["--", "perl", "-e", script])).toMatchObject({ code: 5, stdout: "taken\nreaped\n" })
	})

	it("hands on the signals that it gets itself", async () => {
		const script = "trap 'echo hup; exit 8' HUP; echo ready; while :; do sleep 0.05; done"
		const child = start(before, ["--", "sh", "-c", script])
		await shows(child, "ready")
		const pid = `${child.pid}`
		process.kill(Number(isFirst ? readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1") : pid), SIGHUP)
		expect(await finish(child)).toMatchObject({ code: 8, stdout: "hup\n" })
	})

	it("kills the program when nobody is at the control socket any more, and ends", async () => {
		const watcher = await control()
		const sleeping = longTime()
		const child = start(before, ["--control", watcher.path, "--", "sh", "-c", `echo ready; sleep ${sleeping}`])
		await shows(child, "ready")
		;(await watcher.socket).destroy()
		expect((await finish(child)).code).toBe(128 + SIGKILL)
		await until("the program is gone", async () => !isRunning(sleeping))
	})

	it("does not leave the program behind when it is killed itself", async () => {
		const sleeping = longTime()
		const child = start(before, ["--", "sh", "-c", `echo ready; exec sleep ${sleeping}`])
		await shows(child, "ready")
		child.kill("SIGKILL")
		await until("the program is gone", async () => !isRunning(sleeping))
	})

	describe("on a terminal", () => {
		it("Ctrl-C reaches only the program", async () => {
			const terminal = open(before, "trap 'echo caught; exit 7' INT; echo ready; while :; do sleep 0.05; done")
			await terminal.shows("ready")
			terminal.type("\x03")
			expect(await terminal.exit).toEqual([7, null])
			expect(terminal.output()).toContain("caught")
		})

		it("[SES2] Ctrl-C is what the program died of", async () => {
			const terminal = open(before, "echo ready; exec sleep 1000")
			await terminal.shows("ready")
			terminal.type("\x03")
			expect(await terminal.exit).toEqual(isFirst ? [130, null] : [null, "SIGINT"])
		})

		it("Ctrl-Z does not stop the program for good", async () => {
			const terminal = open(before, "echo ready; read line; echo got $line; exit 4")
			await terminal.shows("ready")
			terminal.type("\x1a")
			await terminal.shows("^Z")
			terminal.type("on\r")
			expect(await terminal.exit).toEqual([4, null])
			expect(terminal.output()).toContain("got on")
		})

		it("a shell has job control, and gets the terminal back", async () => {
			const terminal = open(before, "exec bash --norc -i", { PS1: "[> ", TERM: "dumb" })
			await terminal.shows("[> ")
			terminal.type("cat\r")
			await terminal.shows("> cat\r\n")
			terminal.type("\x1a")
			await terminal.shows("Stopped")
			terminal.type("fg\r")
			await terminal.shows("> fg\r\ncat\r\n")
			terminal.type("\x03")
			await terminal.shows("^C\r\n[> ")
			terminal.type("exit 9\r")
			expect(await terminal.exit).toEqual([9, null])
		})

		it("the program gets the terminal of a child that has died with it", async () => {
			const script = `use POSIX; $| = 1; $SIG{TTOU} = "IGNORE";
				unless (fork) { setpgid(0, 0); tcsetpgrp(0, $$); exit }
				wait; $SIG{TTOU} = "DEFAULT"; print "ready\\n"; print "got ", scalar <STDIN>; exit 2`
			const terminal = open(before, 'exec perl -e "$SCRIPT"', { SCRIPT: script })
			await terminal.shows("ready")
			terminal.type("line\r")
			expect(await terminal.exit).toEqual([2, null])
			expect(terminal.output()).toContain("got line")
		})

		it("a new size is told to the program", async () => {
			const script = "trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done"
			const terminal = open(before, script)
			await terminal.shows("ready")
			terminal.pty.resize(101, 33)
			expect(await terminal.exit).toEqual([0, null])
			expect(terminal.output()).toContain("33 101")
		})

		it("the program types nothing into it, by no way that a request can be written", async () => {
			const ioctl = process.arch === "x64" ? 16 : 29
			const script = `my $bytes = "x" x 8;
				sub try { print "[", syscall(${ioctl}, 0, $_[0], $bytes) == 0 ? "done" : $! + 0, "]" }
				try($_) for ${TIOCSTI}, ${TIOCLINUX}, 0x7700000000 + ${TIOCSTI}, 0x100000000 + ${TIOCLINUX}, ${TIOCGWINSZ}`
			const terminal = open(before, 'exec perl -e "$SCRIPT"', { SCRIPT: script })
			expect(await terminal.exit).toEqual([0, null])
			expect(terminal.output()).toBe("[1][1][1][1][done]")
		})

		it.runIf(RUNS_32)("nor does a program of 32 bits", async () => {
			writeFileSync(join(folder, "type"), program32(TIOCSTI), { mode: 0o755 })
			writeFileSync(join(folder, "size"), program32(TIOCGWINSZ), { mode: 0o755 })
			const terminal = open(before, `${folder}/type; echo [$?]; ${folder}/size; echo [$?]`)
			expect(await terminal.exit).toEqual([0, null])
			expect(terminal.output()).toBe("[1]\r\n[0]\r\n")
		})
	})
})

describe.runIf(process.platform === "linux")("with a namespace of its own", () => {
	it("ends what the program has left behind, also in sessions of their own, and says so only then", async () => {
		const sleeping = longTime()
		const watcher = await control()
		let atRecord: boolean | undefined
		const socket = watcher.socket.then((socket) =>
			socket.on("data", (bytes) => {
				if (bytes.includes("s")) atRecord = isRunning(sleeping)
			}),
		)
		const script = `setsid setsid sleep ${sleeping} & nohup sleep ${sleeping} > /dev/null & echo ready; read line; exit 1`
		const child = start(NAMESPACES, ["--control", watcher.path, "--", "sh", "-c", script])
		await Promise.all([shows(child, "ready"), socket])
		await until("they sleep", async () => isRunning(sleeping))
		child.stdin?.end("\n")
		expect((await finish(child)).code).toBe(1)
		await watcher.closed
		expect(atRecord).toBe(false)
	})

	it("signals of the control socket reach sessions of their own too", async () => {
		const watcher = await control()
		const sleeping = longTime()
		const script = `setsid sleep ${sleeping} & trap : TERM; echo ready; wait; wait $!; echo $?`
		const child = start(NAMESPACES, ["--control", watcher.path, "--", "sh", "-c", script])
		await shows(child, "ready")
		await until("the child sleeps", async () => isRunning(sleeping))
		;(await watcher.socket).write(Buffer.of(SIGTERM))
		expect((await finish(child)).stdout).toBe("143\n")
	})
})

describe.runIf(process.platform === "linux")("what the kernel keeps from the program", () => {
	it("nobody inside reads or traces the first process; the program itself may be read", async () => {
		const trace = process.arch === "x64" ? "101, 16" : "117, 16"
		const script = `my $first = $ARGV[0] + 0;
			print "[", (open F, "<", $_) ? 0 : $! + 0, "]"
				for "/proc/self/mem", "/proc/self/environ", map "/proc/$first/$_", "mem", "environ", "fd/0";
			print "[", syscall(${trace}, $first, 0, 0) == 0 ? 0 : $! + 0, "]"`
		// Nobody of a namespace has no rights beyond those of its user.
		const ended = await run(["unshare", "--user"], ["--", "sh", "-c", 'exec perl -e "$0" $PPID', script])
		expect(ended.stdout).toBe(`[0][0][${EACCES}][${EACCES}][${EACCES}][${EPERM}]`)
	})
})

describe.runIf(process.platform === "linux")("forwards", () => {
	const NETWORK = [...NAMESPACES, "--net"]

	it("carry all bytes both ways, and each end by itself", async () => {
		const bytes = randomBytes(5_000_000)
		const path = await listen("served", (socket) => {
			// It answers only when it has had everything.
			void buffer(socket).then((all) => socket.end(all.reverse()))
		})
		const { port } = await forward(path)
		const socket = await dial(port)
		socket.end(bytes)
		expect((await buffer(socket)).equals(Buffer.from(bytes).reverse())).toBe(true)
	})

	it("go on toward a server that has ended its own answer", async () => {
		const bytes = randomBytes(3_000_000)
		const had = Promise.withResolvers<Buffer>()
		const path = await listen("served", (socket) => {
			socket.end("first")
			void buffer(socket).then(had.resolve)
		})
		const { port } = await forward(path)
		const socket = await dial(port)
		expect(await text(socket)).toBe("first")
		socket.end(bytes)
		expect((await had.promise).equals(bytes)).toBe(true)
	})

	it("are several, each to its own socket, and end where nobody listens", async () => {
		const one = await listen("one", (socket) => socket.end("one"))
		const two = await listen("two", (socket) => socket.end("two"))
		const { ports } = await forward(one, two, join(folder, "nobody"))
		const said = ports.map(async (port) => text(await dial(port)))
		expect(await Promise.all(said)).toEqual(["one", "two", ""])
	})

	it("are for as many connections as they have room for; others wait their turn", async () => {
		const path = await listen("served", (socket) => socket.pipe(socket))
		const { port } = await forward(path)
		const sockets = [await dial(port), ...(await Promise.all(Array.from({ length: 299 }, () => dial(port))))]
		const answered = new Set<Socket>()
		for (const socket of sockets) socket.once("data", () => answered.add(socket)).write("hello")
		await until("256 are answered", async () => answered.size === 256)
		for (const socket of answered) socket.end()
		await until("all are answered", async () => answered.size === 300)
	})

	it("wait for a server whose own queue is full", async () => {
		const path = join(folder, "slow")
		const script = `use IO::Socket::UNIX; $| = 1;
			my $server = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die $!;
			print "ready\\n"; <STDIN>;
			while (my $socket = $server->accept) { print $socket "served" }`
		const server = spawn("perl", ["-e", script, path])
		started.push(() => server.kill("SIGKILL"))
		await shows(server, "ready")
		const { port } = await forward(path)
		const sockets = await Promise.all(Array.from({ length: 20 }, () => dial(port)))
		const said = sockets.map((socket) => text(socket))
		server.stdin.end("\n")
		expect(await Promise.all(said)).toEqual(Array(20).fill("served"))
	})

	it("are there in a network of its own before the program, and while everything is told to end", async () => {
		const path = await listen("served", (socket) => socket.end("served"))
		const watcher = await control()
		const script = `use IO::Socket::INET; $| = 1;
			sub ask { my $s = IO::Socket::INET->new("127.0.0.1:80") or return "no: $@\\n"; (<$s>) . "\\n" }
			$SIG{TERM} = sub { print ask(); exit };
			print ask(); sleep 1 while 1`
		const child = start(NETWORK, ["--control", watcher.path, "--forward", `80=${path}`, "--", "perl", "-e", script])
		await shows(child, "served\n")
		;(await watcher.socket).write(Buffer.of(SIGTERM))
		expect(await finish(child)).toMatchObject({ code: 0, stdout: "served\n" })
	})

	it("of a port that is taken are refused", async () => {
		const path = await listen("served", (socket) => socket.end())
		const { port } = await forward(path)
		const ended = await run([], ["--forward", `${port}=${path}`, "--", "true"])
		expect(ended).toMatchObject({ code: 125, stderr: expect.stringContaining("in use") })
	})

	it("end with the first process", async () => {
		const path = await listen("served", (socket) => socket.write("hello"))
		const { child, port } = await forward(path)
		const socket = await dial(port)
		await once(socket, "data")
		const ended = once(socket, "end")
		child.stdin?.end()
		await finish(child)
		await ended
		await until("nobody listens", () =>
			dial(port).then(
				() => false,
				() => true,
			),
		)
	})
})

describe.runIf(process.platform === "linux")("--connect", () => {
	const connect = (path: string) => {
		const child = spawn(INIT, ["--connect", path])
		started.push(() => child.kill("SIGKILL"))
		return child
	}

	it("joins input and output with a socket, whose answer comes after the end of the input", async () => {
		const bytes = randomBytes(3_000_000)
		const path = await listen("served", (socket) => void buffer(socket).then((all) => socket.end(all.reverse())))
		const child = connect(path)
		child.stdin.end(bytes)
		const [code, output] = await Promise.all([once(child, "exit"), buffer(child.stdout)])
		expect(code).toEqual([0, null])
		expect(output.equals(Buffer.from(bytes).reverse())).toBe(true)
	})

	it("ends the output when the socket has, and goes on with the input", async () => {
		const had = Promise.withResolvers<string>()
		const path = await listen("served", (socket) => {
			socket.end("first")
			void text(socket).then(had.resolve)
		})
		const child = connect(path)
		const exit = once(child, "exit")
		expect(await text(child.stdout)).toBe("first")
		child.stdin.end("later")
		expect(await had.promise).toBe("later")
		expect(await exit).toEqual([0, null])
	})

	it("ends when the socket is gone, though the input stays", async () => {
		const path = await listen("served", (socket) => socket.destroy())
		const child = connect(path)
		expect(await once(child, "exit")).toEqual([0, null])
	})
})
