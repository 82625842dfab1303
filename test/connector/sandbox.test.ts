// Sandboxes: what a program finds in one, how it ends, what bounds it, and what it leaves.
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { PEOPLE, sandboxWorld, type World } from "../support/sandbox.ts"
import { until } from "../support/until.ts"

/** Processes of this very command line, wherever they run. */
function countRunning(command: string): number {
	const all = execFileSync("ps", ["-eo", "args="], { encoding: "utf8" }).split("\n")
	return all.filter((line) => line.trim() === command).length
}

const isRunning = (command: string) => countRunning(command) > 0

describe.each(PEOPLE)("as $name", (person) => {
	let world: World
	beforeAll(() => {
		world = sandboxWorld(person)
	})
	afterAll(() => world.forget())

	test("[SES3] a machine says that it has sandboxes once a program was seen held in, and which limits it keeps", async () => {
		const info = (await world.call({ method: "probe" })) as { limits: string[] }
		expect(info).toMatchObject({
			is: "ready",
			by: expect.stringMatching(/^bubblewrap /),
			networks: ["full", "none", "allow-list"],
		})
		// Root makes control groups and mounts; anybody has a count of processes in a user namespace.
		expect(info.limits).toEqual(
			expect.arrayContaining(person.uid === 0 ? ["memory", "cpus", "processes", "disk"] : ["processes"]),
		)
		expect(readdirSync(world.folder).filter((name) => name.startsWith("homeport-trial"))).toEqual([])
	})

	test("[SES3] argv, environment and directory arrive byte for byte", async () => {
		const argv = ["", " ", "a b", "q\"uo'te", "$(id)", "new\nline", "-n", "--", "ünï✓"]
		const environment = { EMPTY: "", SPACED: " a  b ", LINES: "one\ntwo", QUOTED: `"'$\`` }
		const print = `printf '%s\\0' "$@" "$EMPTY" "$SPACED" "$LINES" "$QUOTED" "$PWD"`
		const { output, ended } = await world.exec(world.contained(), {
			argv: ["/bin/sh", "-c", print, "sh", ...argv],
			environment,
		})
		expect(output.split("\0").slice(0, -1)).toEqual([...argv, ...Object.values(environment), world.cwd])
		expect(ended).toEqual({ code: 0, signal: null })
	})

	test.each([0, 1, 7, 126, 127, 137, 255])("[SES3] a command ends with its own code %i", async (code) => {
		expect((await world.sh(world.contained(), `exit ${code}`)).ended).toEqual({ code, signal: null })
	})

	test.each(["SIGKILL", "SIGTERM", "SIGHUP", "SIGSEGV"])(
		"[SES3] a command's end by %s is told from a code",
		async (signal) => {
			expect((await world.sh(world.contained(), `kill -${signal.slice(3)} $$`)).ended).toEqual({ code: null, signal })
		},
	)

	test("[SES3] a command that is not there ends as a shell tells it, one that takes too long is killed, one that says too much is cut", async () => {
		const contained = world.contained()
		expect((await world.exec(contained, { argv: ["no-such-program"] })).ended).toEqual({ code: 127, signal: null })
		expect((await world.exec(contained, { argv: ["/etc"] })).ended).toEqual({ code: 126, signal: null })
		const slow = await world.exec(contained, { argv: ["sleep", "60"], timeoutMs: 300 })
		expect(slow.ended).toEqual({ code: null, signal: "SIGKILL" })
		const long = await world.exec(contained, { argv: ["yes"], limit: 1_000 })
		expect(long).toMatchObject({ isCut: true, ended: { signal: expect.any(String) } })
		expect(long.output).toHaveLength(1_000)
	})

	test("a program's home has the path of the person's own, is private, and is kept from run to run", async () => {
		world.write(join(world.home, "diary"), "of the person")
		const contained = world.contained()
		const first = await world.sh(contained, 'echo "$HOME"; ls -A "$HOME"; echo mine > "$HOME/notes"')
		expect(first.output).toBe(`${world.home}\n`)
		expect((await world.sh(contained, 'cat "$HOME/notes"')).output).toBe("mine\n")
		expect(existsSync(join(world.home, "notes"))).toBe(false)
		expect((await world.sh(world.contained(), 'ls -A "$HOME"')).output).toBe("")
	})

	test("without a working directory a program begins in its private home", async () => {
		const contained = world.contained({ cwd: null, workingFolder: null })
		expect((await world.sh(contained, "pwd; echo x > x; ls")).output).toBe(`${world.home}\nx\n`)
		expect(existsSync(join(world.home, "x"))).toBe(false)
	})

	test("files that a program makes in the working directory are the person's", async () => {
		await world.sh(world.contained(), "mkdir -p made; echo x > made/file")
		const { uid, gid } = statSync(join(world.cwd, "made/file"))
		expect([uid, gid]).toEqual([person.uid, person.uid])
	})

	test("files go in and out in parts, and no link leads out", async () => {
		const contained = world.contained()
		const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256))
		const path = join(world.cwd, "a ünï file")
		const write = (at: number, part: Buffer, moveTo?: string) =>
			world.call({
				...{ method: "write", contained, path: `${path}.part`, at, bytes: part.toString("base64") },
				...(moveTo === undefined ? {} : { moveTo }),
			})
		await write(0, bytes.subarray(0, 60_000))
		expect(existsSync(path)).toBe(false)
		await expect(write(1, bytes)).rejects.toMatchObject({ code: "invalid_request" })
		await write(60_000, bytes.subarray(60_000), path)
		expect(readFileSync(path).equals(bytes)).toBe(true)
		const read = (path: string, from: number, limit: number) =>
			world.call({ method: "read", contained, path, from, limit }) as Promise<{ bytes: string; size: number }>
		const part = await read(path, 50_000, 20_000)
		expect(part.size).toBe(100_000)
		expect(Buffer.from(part.bytes, "base64").equals(bytes.subarray(50_000, 70_000))).toBe(true)
		expect(await read(path, 100_000, 10)).toEqual({ bytes: "", size: 100_000 })
		world.write(join(world.home, "key"), "secret")
		symlinkSync(join(world.home, "key"), join(world.cwd, "link"))
		await expect(read(join(world.cwd, "link"), 0, 10)).rejects.toMatchObject({ code: "not_found" })
		await expect(read("-n", 0, 10)).rejects.toMatchObject({ code: "not_found" })
		await expect(read(world.cwd, 0, 10)).rejects.toMatchObject({ code: "not_found" })
	})

	test("[SES3] a program has its terminal: size, resizing, Ctrl-C and Ctrl-Z, and its exact end", async () => {
		const program = await world.run(world.contained({ argv: ["/bin/bash", "--norc", "-i"] }), {
			GIVEN: "by the person",
			PS1: "> ",
		})
		await program.shows(/> $/)
		program.type('echo "$GIVEN $HOMEPORT_SESSION $(stty size)"\r')
		await program.shows(/by the person ses_\w+ 24 80/)
		program.pty.resize(100, 30)
		program.type("stty size\r")
		await program.shows(/30 100/)
		program.type("sleep 4709; echo over\r")
		await until("it runs", async () => isRunning("sleep 4709"))
		program.type("\x03")
		program.type("echo on-$((20+3))\r")
		await program.shows(/on-23/)
		program.type("sleep 4710\r")
		await until("it runs", async () => isRunning("sleep 4710"))
		program.type("\x1a")
		await program.shows(/Stopped/)
		program.type("exit 7\rexit 7\r")
		expect(await program.ended).toEqual({ code: 7, signal: null, outcome: { is: "exited", code: 7, signal: null } })
	})

	test("[SES3] killing a session ends everything in it, also what has left its terminal; nothing is left of it", async () => {
		const contained = world.contained({
			argv: [
				"/bin/sh",
				"-c",
				"setsid -f sleep 4711; (sleep 4711 &); nohup sleep 4711 >/dev/null 2>&1 & echo ready; sleep 4711",
			],
		})
		const program = await world.run(contained)
		await program.shows(/ready/)
		await until("all run", async () => countRunning("sleep 4711") === 4)
		expect(await world.call({ method: "used", contained })).toMatchObject({
			processes: expect.any(Number),
			memory: expect.any(Number),
		})
		await world.call({ method: "kill", contained })
		expect(countRunning("sleep 4711")).toBe(0)
		expect((await program.ended).outcome).toEqual({ is: "lost", reason: expect.stringContaining("killed") })
		await world.call({ method: "kill", contained })
		expect(await world.call({ method: "used", contained })).toBeNull()
		await world.call({ method: "remove", contained })
		expect(existsSync(join(contained.folder, "inside"))).toBe(false)
	})

	test("[SES4] a warden that is killed takes its program with it", async () => {
		const program = await world.run(world.contained({ argv: ["/bin/sh", "-c", "echo ready; sleep 4712"] }))
		await program.shows(/ready/)
		process.kill(program.pty.pid, "SIGKILL")
		await until("it is gone", async () => !isRunning("sleep 4712"))
	})

	test("[SES3] a program that cannot be executed is a session that failed, with the reason", async () => {
		world.write(join(world.cwd, "no-program"), "x")
		const program = await world.run(world.contained({ argv: [join(world.cwd, "no-program")] }))
		expect((await program.ended).outcome).toEqual({ is: "failed", reason: expect.stringContaining("EACCES") })
	})
})
