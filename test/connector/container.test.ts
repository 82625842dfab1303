// Containers by Debian's Docker: what a program finds in one, how it ends, what bounds it, and what it leaves.
import { createHash } from "node:crypto"
import { once } from "node:events"
import {
	chownSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { container } from "../../connector/substrates/container/container.ts"
import { LABEL_FOLDER, LABEL_HOME, LABEL_SESSION } from "../../connector/substrates/container/creation.ts"
import { Engine } from "../../connector/substrates/container/engine.ts"
import { DEFAULT_IMAGE } from "../../connector/substrates/container/images.ts"
import { readDenied } from "../../connector/substrates/network/denied.ts"
import { type Containers, containersOn } from "../support/container.ts"
import { type Docker, startDocker } from "../support/docker.ts"
import { until } from "../support/until.ts"

let docker: Docker
let world: Containers
let engine: Engine
beforeAll(async () => {
	docker = await startDocker()
	process.env.DOCKER_HOST = docker.host
	await docker.loadImage()
	engine = await Engine.get()
	world = containersOn(docker.host)
}, 600_000)
afterAll(async () => {
	await world?.forget()
	await docker?.stop()
}, 60_000)

const containers = () =>
	engine.ask<{ Labels: Record<string, string> }[]>("GET", "/containers/json", { query: { all: true } })
const isGone = (session: string) =>
	until(`nothing is left of ${session}`, async () =>
		(await containers()).every(({ Labels }) => Labels[LABEL_SESSION] !== session),
	)

test("[SES3] a machine says that it has containers once a program was seen held in, and which limits are kept", async () => {
	const images = await engine.ask<unknown[]>("GET", "/images/json")
	expect(await container.probe(world.dataDir)).toEqual({
		...{ is: "ready", substrate: "container", by: expect.stringMatching(/^Docker \d+\.\d+\.\d+$/) },
		...{ networks: ["full", "none", "allow-list"], limits: ["memory", "cpus", "processes", "disk"], notes: [] },
	})
	expect(await engine.ask("GET", "/images/json")).toHaveLength(images.length)
	expect(await containers()).toEqual([])
})

test.each([0, 127, 137])("[SES3] a program ends with its own code %i", async (code) => {
	const contained = world.contained({ argv: ["sh", "-c", `exit ${code}`] })
	const { outcome } = await world.open(contained)
	expect(await outcome).toEqual({ is: "exited", code, signal: null })
	await isGone(contained.session)
})

test.each(["SIGKILL", "SIGSEGV"])("[SES3] a program's end by %s is told from a code", async (signal) => {
	const { outcome } = await world.open(world.contained({ argv: ["sh", "-c", `kill -${signal.slice(3)} $$`] }))
	expect(await outcome).toEqual({ is: "exited", code: null, signal })
})

test("[SES3] argv, environment and directory arrive byte for byte", async () => {
	const words = ["", " ", "a b", "q\"uo'te", "$(id)", "new\nline", "-n", "--", "ünï✓"]
	const environment = { EMPTY: "", SPACED: " a  b ", LINES: "one\ntwo", QUOTED: `"'$\`` }
	const print = `stty -opost; printf '%s\\0' "$@" "$EMPTY" "$SPACED" "$LINES" "$QUOTED" "$PWD"`
	const program = await world.open(world.contained({ argv: ["sh", "-c", print, "sh", ...words] }), environment)
	await program.outcome
	expect(program.output().toString().split("\0").slice(0, -1)).toEqual([
		...words,
		...Object.values(environment),
		world.work,
	])
})

test("[SES3] a terminal has its size from the first moment, and follows it", async () => {
	const script = 'stty size; trap "stty size" WINCH; while :; do sleep 0.1; done'
	const program = await world.open(world.contained({ argv: ["sh", "-c", script] }))
	await program.shows("33 91")
	program.resize(120, 50)
	await program.shows("50 120")
	program.type("\x03")
	expect(await program.outcome).toEqual({ is: "exited", code: null, signal: "SIGINT" })
})

test("a shell is the one that edits lines, where the image has it", async () => {
	const program = await world.open(world.contained({ runtime: "shell", argv: ["sh", "-l"] }))
	program.type("echo shell:$BASH; shopt login_shell; exit 4\r")
	await program.shows("shell:/")
	expect(await program.outcome).toEqual({ is: "exited", code: 4, signal: null })
	expect(program.output().toString()).toMatch(/login_shell\s+on/)
})

test("[INP1] every byte that is typed arrives, also those by which an engine lets go of a terminal", async () => {
	const script = "stty raw -echo; echo ready; head -c 515 | od -An -v -tx1 | tr -d ' \\n'; echo end"
	const program = await world.open(world.contained({ argv: ["sh", "-c", script] }))
	await program.shows("ready")
	const bytes = Buffer.from([...Array(256).keys(), 0x10, 0x11, ...Array(256).keys(), 0xff])
	program.type(bytes)
	await program.outcome
	expect(program.output().toString()).toContain(`${bytes.toString("hex")}end`)
})

test("[OUT1] a flood arrives whole, and the container ends after its last byte", async () => {
	const script = "stty -opost; seq 1 400000"
	const program = await world.open(world.contained({ argv: ["sh", "-c", script] }))
	expect(await program.outcome).toEqual({ is: "exited", code: 0, signal: null })
	const expected = `${Array.from({ length: 400_000 }, (_, index) => index + 1).join("\n")}\n`
	const hash = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex")
	expect(hash(program.output())).toBe(hash(expected))
})

test("[SES3] a signal reaches every process inside, and nothing is left after SIGKILL", async () => {
	const script = "setsid sleep 1001 & (trap '' HUP TERM; echo ready; sleep 1002; sleep 1003)"
	const contained = world.contained({ argv: ["sh", "-c", script] })
	const program = await world.open(contained)
	await program.shows("ready")
	await container.kill(contained)
	expect(await program.outcome).toEqual({ is: "exited", code: null, signal: "SIGKILL" })
	await isGone(contained.session)
	await container.kill(contained)
})

test("[SES2] a warden that is killed takes its container with it", async () => {
	const contained = world.contained({ argv: ["sh", "-c", "trap '' HUP TERM; echo ready; while :; do sleep 1; done"] })
	const program = await world.open(contained)
	await program.shows("ready")
	process.kill(program.pid, "SIGKILL")
	expect(await program.outcome).toBeNull()
	await isGone(contained.session)
})

test("[SES3] a program that the image has not is refused with what to do, and nothing is left", async () => {
	const contained = world.contained({ argv: ["claude"] })
	const program = await world.open(contained)
	expect(await program.outcome).toEqual({
		is: "failed",
		reason: expect.stringMatching(/claude is not in the image .*--image.*--loadout/),
	})
	await isGone(contained.session)
})

test("[SES3] an image that cannot be got is refused with the reason, and nothing is left", async () => {
	const contained = world.contained({ image: "registry.invalid/nobody/nothing:1" })
	const program = await world.open(contained)
	expect(await program.outcome).toEqual({
		is: "failed",
		reason: expect.stringMatching(/Docker .* has no image registry\.invalid\/nobody\/nothing:1.*cannot be reached/),
	})
	expect(program.output().toString()).toContain("Getting the image registry.invalid/nobody/nothing:1")
	await isGone(contained.session)
})

test("[SES3] what is made in a working directory belongs to whom the folder does, and the home is private and kept", async () => {
	const work = join(world.work, "of another")
	mkdirSync(work)
	chownSync(work, 4321, 4321)
	const contained = world.contained({
		cwd: work,
		workingFolder: work,
		argv: ["sh", "-c", "id -un; echo x > made; ls -A ~; echo kept > ~/note"],
	})
	const program = await world.open(contained)
	expect(await program.outcome).toMatchObject({ code: 0 })
	expect(program.output().toString()).toBe("user\r\n")
	expect(statSync(join(work, "made"))).toMatchObject({ uid: 4321, gid: 4321 })
	expect((await world.sh(contained, "cat ~/note")).output.toString()).toBe("kept\n")
	await container.remove(contained)
	expect(readdirSync(contained.folder)).not.toContain("inside")
})

test("[SES3] a command beside the program has its own end, output, errors and bounds; it runs after the program, too", async () => {
	const contained = world.contained({ argv: ["sh", "-c", "echo hidden > /tmp/own; echo ready; sleep 1000"] })
	const program = await world.open(contained)
	await program.shows("ready")
	expect(await container.used(contained)).toEqual({
		seconds: expect.any(Number),
		memory: expect.any(Number),
		processes: 2,
	})
	const beside = await world.sh(contained, "cat; cat /tmp/own; echo err >&2; exit 3", { input: Buffer.from("in\n") })
	expect(beside).toMatchObject({ ended: { code: 3, signal: null }, errors: "err\n", isCut: false })
	expect(beside.output.toString()).toBe("in\nhidden\n")
	expect((await world.sh(contained, "kill -TERM $$")).ended).toEqual({ code: null, signal: "SIGTERM" })
	const slow = await world.sh(contained, "sleep 1004", { timeoutMs: 500 })
	expect(slow.ended).toEqual({ code: null, signal: "SIGKILL" })
	const long = await world.sh(contained, "yes", { limit: 1_000 })
	expect(long).toMatchObject({ isCut: true, output: { length: 1_000 } })
	expect((await container.exec(contained, { argv: ["nothing"], timeoutMs: 5_000 })).ended).toEqual({
		code: 127,
		signal: null,
	})
	const offline = await world.sh(contained, "cat /tmp/own", { isOffline: true })
	expect(offline.ended).toEqual({ code: 1, signal: null })
	program.type("\x03")
	await program.outcome
	expect(await container.used(contained)).toBeNull()
	expect((await world.sh(contained, "pwd; exit 9")).ended).toEqual({ code: 9, signal: null })
	expect((await container.exec(contained, { argv: ["nothing"], timeoutMs: 5_000 })).ended).toEqual({
		code: 127,
		signal: null,
	})
})

test("[SES3] files go in and come out whole, and a link leads nowhere but inside", async () => {
	const contained = world.contained({ argv: ["sleep", "1000"] })
	const program = await world.open(contained)
	await until("it runs", async () => (await container.used(contained)) !== null)
	const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => (index * 7) % 256))
	await container.write(contained, "a ü 'b'", 0, bytes.subarray(0, 600_000))
	await container.write(contained, "a ü 'b'", 600_000, bytes.subarray(600_000), "-whole")
	expect(readFileSync(join(world.work, "-whole")).equals(bytes)).toBe(true)
	const part = await container.read(contained, "-whole", 999_990, 100)
	expect(part).toEqual({ size: 1_000_000, bytes: bytes.subarray(999_990) })
	writeFileSync(join(world.dataDir, "key"), "secret")
	symlinkSync(join(world.dataDir, "key"), join(world.work, "link"))
	await expect(container.read(contained, "link", 0, 100)).rejects.toMatchObject({ code: "not_found" })
	await expect(container.read(contained, "nothing", 0, 100)).rejects.toMatchObject({ code: "not_found" })
	await container.write(contained, "/tmp/only inside", 0, Buffer.from("x"))
	expect((await container.read(contained, "/tmp/only inside", 0, 100)).bytes.toString()).toBe("x")
	expect(existsSync("/tmp/only inside")).toBe(false)
	await container.kill(contained)
	await program.outcome
})

test("[SES4] limits hold: a fork bomb, a memory hog, a disk filler and a file that is too large end in their container", async () => {
	const limits = { memory: 64 * 2 ** 20, processes: 20, cpus: 0.5, disk: 32 * 2 ** 20 }
	const contained = world.contained({ limits })
	const hog = await world.sh(contained, 'exec perl -e \'$x .= "x" x 1048576 for 1..512; print "all"\'')
	expect(hog).toMatchObject({ ended: { code: null, signal: "SIGKILL" }, output: { length: 0 } })
	const bomb = await world.sh(contained, "for i in $(seq 60); do sleep 5 & done; ls /proc | grep -c '^[0-9]'")
	expect(bomb.errors).toMatch(/fork/i)
	const filler = await world.sh(
		contained,
		"for place in ~ /tmp; do dd if=/dev/zero of=$place/big bs=1M count=64; done; df -k ~ | tail -1",
	)
	expect(filler.errors.match(/No space left|File too large/g)).toHaveLength(2)
	const large = await world.sh(contained, "exec dd if=/dev/zero of=big bs=1M count=64")
	expect(large.ended).toEqual({ code: null, signal: "SIGXFSZ" })
	rmSync(join(world.work, "big"))
	const period = await world.sh(contained, "cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us")
	expect(period.output.toString()).toMatch(/^50000\b/)
	const program = await world.open({ ...contained, argv: ["sh", "-c", "df -k ~ | tail -1"] })
	expect(await program.outcome).toMatchObject({ code: 0 })
	expect(program.output().toString()).toMatch(/^\/dev\/loop/)
	// Nothing of it is mounted, once nothing runs there.
	expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(contained.session)
})

test("[SES4] without a network there is none; with one the world is reached", async () => {
	const server = docker.inNetwork([
		process.execPath,
		"-e",
		`require("node:http").createServer((_, response) => response.end("reached")).listen(0, "${docker.gateway}", function () { console.log(this.address().port) })`,
	])
	try {
		const [line] = (await once(server.stdout ?? server, "data")) as [Buffer]
		const ask = `exec 3<>/dev/tcp/${docker.gateway}/${Number(line)} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`
		const command = { argv: ["bash", "-c", ask], timeoutMs: 20_000 }
		const full = await container.exec(world.contained({ network: { is: "full" } }), command)
		expect(full.output.toString()).toContain("reached")
		const offline = await container.exec(world.contained({ network: { is: "full" } }), { ...command, isOffline: true })
		expect(offline.errors).toMatch(/unreachable/)
		const none = await container.exec(world.contained(), command)
		expect(none.errors).toMatch(/unreachable/)
	} finally {
		server.kill()
	}
})

test("[SES4] an allow-list lets through what it names, and lists what it refused", async () => {
	const server = createServer((_, response) => response.end("reached")).listen(0, "127.0.0.1")
	await once(server, "listening")
	const { port } = server.address() as AddressInfo
	const contained = world.contained({ network: { is: "allow-list", hosts: [`127.0.0.1:${port}`] } })
	const ask = (url: string) =>
		container.exec(contained, {
			argv: [
				"bash",
				"-c",
				`exec 3<>/dev/tcp/\${HTTP_PROXY#http://127.0.0.1:} 2>/dev/null || exec 3<>/dev/tcp/127.0.0.1/\${HTTP_PROXY##*:}; printf 'GET ${url} HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`,
			],
			timeoutMs: 20_000,
		})
	try {
		expect((await ask(`http://127.0.0.1:${port}/`)).output.toString()).toContain("reached")
		expect((await ask("http://elsewhere.invalid/")).output.toString()).toMatch(/^HTTP\/1\.1 403/)
		expect(await readDenied(contained.folder)).toMatchObject([{ host: "elsewhere.invalid", port: 80, count: 1 }])
		const direct = `exec 3<>/dev/tcp/127.0.0.1/${port}`
		expect((await container.exec(contained, { argv: ["bash", "-c", direct], timeoutMs: 20_000 })).errors).toMatch(
			/refused/,
		)
	} finally {
		server.close()
	}
})

test("[SES3] what a killed warden has left is swept: of sessions that are gone, and of no others", async () => {
	const make = async (home: string, folder: string) => {
		const Labels = { [LABEL_HOME]: home, [LABEL_SESSION]: "left", [LABEL_FOLDER]: folder }
		const { Id } = await engine.ask<{ Id: string }>("POST", "/containers/create", {
			body: { Image: DEFAULT_IMAGE, Cmd: ["true"], Labels },
		})
		return Id
	}
	const gone = await make(world.dataDir, join(world.dataDir, "sessions/gone"))
	const starting = await make(world.dataDir, world.contained().folder)
	const elsewhere = await make("/another/home", "/another/home/sessions/gone")
	await container.probe(world.dataDir)
	const left = (await engine.ask<{ Id: string }[]>("GET", "/containers/json", { query: { all: true } })).map(
		({ Id }) => Id,
	)
	expect(left).not.toContain(gone)
	expect(left).toEqual(expect.arrayContaining([starting, elsewhere]))
	for (const id of [starting, elsewhere]) await engine.ask("DELETE", `/containers/${id}`)
})

test("[SES3] folders that would give a program the way out are refused before anything is made", async () => {
	for (const [cwd, why] of [
		["/", "all of /"],
		["/etc", "belongs to the system"],
		[world.dataDir, "data folder"],
		[join(world.dataDir, ".."), "data folder"],
	] as const) {
		const contained = world.contained({ cwd, workingFolder: cwd })
		await expect(container.check(contained)).rejects.toThrow(why)
	}
	const contained = world.contained({ mounts: [{ path: "/var/run", at: "/inside", writable: true }] })
	await expect(container.check(contained)).rejects.toMatchObject({ code: "substrate_unavailable" })
})

test("[SES3] a link that a program has put into its home leads those who make its next container nowhere", async () => {
	const contained = world.contained()
	await world.sh(contained, "rm -rf ~/sub; ln -s /etc ~/sub")
	const inHome = {
		...contained,
		mounts: [{ path: world.work, at: join(contained.own.HOME ?? "", "sub/x"), writable: false }],
	}
	await expect(world.sh(inHome, "true")).rejects.toThrow(/has put something at/)
	expect(existsSync("/etc/x")).toBe(false)
})
