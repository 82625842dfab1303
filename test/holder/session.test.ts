// A session from its start to its end, with a real holder and real programs.
import { spawnSync } from "node:child_process"
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { newSessionId } from "../../protocol/ids.ts"
import { execution, kill, Link, run, savedInfo, startHolder } from "./support/holder.ts"

describe("start", () => {
	it("[SES3] runs the program with the arguments, directory and variables that were given", async () => {
		const { link, holder } = await run('printf "%s|" "$0" "$@" "$PWD" "$TERM" "$GREETING" "$HOMEPORT_SESSION"', {
			arguments: [
				"-c",
				'printf "%s|" "$0" "$@" "$PWD" "$TERM" "$GREETING" "$HOMEPORT_SESSION" "$HOMEPORT_TOKEN" "$SHLVL"',
				"a b",
				"$HOME;'",
			],
			environment: { GREETING: "hi; there", HOMEPORT_TOKEN: "secret", SHLVL: "3", PATH: "/bin" },
			cwd: "/tmp",
		})
		const viewer = link.attach()
		await link.exited()
		await viewer.shows(`a b|$HOME;'|/tmp|xterm-256color|hi; there|${holder.session}|||`)
	})

	it.each([
		["a program that is missing", { program: "/nowhere/program" }],
		["a directory that is missing", { cwd: "/nowhere" }],
		["a program that is a directory", { program: "/tmp" }],
	])("fails for %s, leaving no session", async (_, more) => {
		const holder = await startHolder()
		const link = await Link.open(holder)
		link.send({ type: "start", execution: execution(holder.session, "true", more) })
		const failed = await link.message(({ type }) => type === "failed")
		expect(failed).toMatchObject({ detail: expect.stringMatching(/not/) })
		await link.closed()
		expect(existsSync(join(holder.folder, "session.json"))).toBe(false)
	})

	it("gives the program the person's mask, signals as they are by default, and no way to the terminal's other side", async () => {
		// Bash, since a shell that ignores a broken pipe would show that it inherited that.
		const script = "umask; yes | head -1 >/dev/null; echo pipe $PIPESTATUS; ls -l /proc/$$/fd | grep -c ptmx"
		const { link } = await run(script, { program: "/bin/bash" })
		await link.exited()
		const { lines } = await link.ask("screen", { session: link.holder.session })
		expect(lines.slice(0, 3)).toEqual([process.umask().toString(8).padStart(4, "0"), "pipe 141", "0"])
	})

	it("gives the program no file that whoever started the connector had open", async () => {
		const folder = mkdtempSync(join(tmpdir(), "homeport-holder-"))
		const paths = { folder, socket: join(folder, "holder.sock"), key: join(folder, "key") }
		const spawner = join(import.meta.dirname, "../../connector/holder/spawn.ts")
		const script = `import { spawnHolder } from ${JSON.stringify(spawner)}
			console.log(await spawnHolder(${JSON.stringify(paths)}))`
		const opened = openSync("/dev/null", "r")
		const stdio = Array.from({ length: 90 }, (_, fd) => (fd === 1 ? "pipe" : fd === 89 ? opened : "ignore"))
		const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { stdio })
		onTestFinished(() => {
			closeSync(opened)
			kill(Number(stdout))
			rmSync(folder, { recursive: true })
		})
		const session = newSessionId()
		const link = await Link.open({ session, folder, socketPath: paths.socket, keyPath: paths.key, pid: Number(stdout) })
		link.send({ type: "start", execution: execution(session, "ls /proc/$$/fd") })
		await link.exited()
		expect((await link.ask("screen", { session })).lines.join(" ").trim()).toBe("0  1  2")
	})

	it("keeps what it writes from other users", async () => {
		const { holder } = await run("echo hi; cat")
		for (const path of ["session.json", "sealed/0.out", "sealed/0.base", "holder.sock"])
			expect(statSync(join(holder.folder, path)).mode & 0o077, path).toBe(0)
		expect(statSync(holder.keyPath).mode & 0o077).toBe(0)
	})
})

describe("[SES2] the end is told as it was", () => {
	it.each([
		["exit 0", { code: 0, signal: null }],
		["exit 7", { code: 7, signal: null }],
		["kill -TERM $$", { code: null, signal: "SIGTERM" }],
		["kill -KILL $$", { code: null, signal: "SIGKILL" }],
	])("%s", async (script, end) => {
		const { link, holder } = await run(script)
		expect(await link.exited()).toMatchObject(end)
		expect(savedInfo(holder).state).toMatchObject({ is: "exited", ...end })
	})

	it("with the last byte of output, every time", async () => {
		const script = 'head -c 20000 /dev/zero | tr "\\0" x; exit 3'
		const lengths: number[] = []
		for (let round = 0; round < 5; round++)
			await Promise.all(
				[1, 2, 3, 4].map(async () => {
					const { link } = await run(script)
					expect(await link.exited()).toMatchObject({ code: 3 })
					lengths.push((await link.ask("log", { session: link.holder.session, from: 0, limit: 1 })).end)
				}),
			)
		expect(new Set(lengths)).toEqual(new Set([20_000]))
	}, 60_000)

	it("with what was left in the background, as long as it writes at once", async () => {
		const { link } = await run("trap '' HUP; (sleep 0.02; echo late) & echo early")
		await link.exited()
		const { base64 } = await link.ask("log", { session: link.holder.session, from: 0, limit: 100 })
		expect(Buffer.from(base64, "base64").toString()).toBe("early\r\nlate\r\n")
	})

	it("also when nobody was linked, and then the holder ends", async () => {
		const { link, holder } = await run("read line; exit 9")
		link.attach().type("go\n")
		await link.until(() => [...link.viewers].some(({ written }) => written === 3))
		link.close()
		await expect.poll(() => savedInfo(holder).state, { timeout: 5_000 }).toMatchObject({ is: "exited", code: 9 })
		await expect.poll(() => isAlive(holder.pid), { timeout: 10_000 }).toBe(false)
	}, 20_000)

	it("and then the session's folder serves its screen and its log", async () => {
		const { link, holder } = await run("printf 'one\\r\\n\\033[1mtwo\\033[m'")
		await link.exited()
		const before = await link.ask("screen", { session: holder.session })
		kill(holder.pid)
		await link.closed()
		const again = await Link.open(await startHolder({ ended: true, folder: holder.folder }))
		expect(await again.ask("screen", { session: holder.session })).toEqual(before)
		const { base64 } = await again.ask("log", { session: holder.session, from: 0, limit: 1000 })
		expect(Buffer.from(base64, "base64").toString()).toBe("one\r\r\n\x1b[1mtwo\x1b[m")
		const viewer = again.attach()
		await viewer.shows("two")
		await again.until(() => viewer.joined)
	})
})

describe("ask", () => {
	it("rename is told and written down", async () => {
		const { link, holder } = await run("cat")
		expect(await link.ask("rename", { session: holder.session, name: "other" })).toMatchObject({ name: "other" })
		expect(savedInfo(holder).name).toBe("other")
	})

	it("signal reaches the whole session, also stopped and background jobs", async () => {
		const { link } = await run("set -m; sleep 1000 & a=$!; sleep 1001 & kill -STOP $!; echo pids $a $!; wait")
		const viewer = link.attach()
		await viewer.shows("pids")
		const pids = /pids (\d+) (\d+)/.exec(viewer.terminal.lines().join("\n"))?.slice(1).map(Number) ?? []
		expect(pids).toHaveLength(2)
		await link.ask("signal", { session: link.holder.session, signal: "SIGTERM" })
		await link.exited()
		for (const pid of pids) await expect.poll(() => isAlive(pid)).toBe(false)
	})

	it.each(["SIGHUP", "SIGTERM", "SIGKILL"] as const)(
		"%s also ends what has left the terminal session",
		async (signal) => {
			const strays = [
				"setsid sleep 1002 & echo pid $!",
				// What asked to outlive a hangup does; no other signal is one.
				`setsid ${signal === "SIGHUP" ? "" : "nohup"} sleep 1003 >/dev/null 2>&1 & echo pid $!`,
				"(setsid sh -c 'sleep 1004 & echo pid $!' &)",
			]
			const { link, holder } = await run([...strays, "echo ready; exec sleep 1005"].join("\n"), {
				environment: { PATH: process.env.PATH ?? "", HOMEPORT_SESSION: "composed" },
			})
			const viewer = link.attach()
			await viewer.shows("ready")
			const pids = () =>
				[
					...viewer.terminal
						.lines()
						.join("\n")
						.matchAll(/pid (\d+)/g),
				].map(([, pid]) => Number(pid))
			await link.until(() => pids().length === 3)
			await link.ask("signal", { session: holder.session, signal })
			await link.exited()
			for (const pid of pids()) await expect.poll(() => isAlive(pid)).toBe(false)
		},
	)

	it("write marks a paste where the program wants that, and sends Enter apart from it", async () => {
		const { link, holder } = await run("printf '\\033[?2004h'; stty raw -echo; echo ready; exec od -An -c -w100 -v")
		const viewer = link.attach()
		await viewer.shows("ready")
		const asked = { session: holder.session, viewer: viewer.id, text: "a\nb\x1b[201~", paste: true, enter: true }
		expect(await link.ask("write", asked)).toEqual({ bytes: 16, dropped: 0 })
		await link.ask("write", { ...asked, text: "x".repeat(200), paste: false, enter: false })
		await viewer.shows("033   [   2   0   0   ~   a  \\r   b 033   [   2   0   1   ~  \\r   x")
	})

	it("refuses what is not right, and input to an ended session", async () => {
		const { link, holder } = await run("exit")
		await link.exited()
		const write = { session: holder.session, viewer: link.attach().id, text: "x", paste: false, enter: false }
		await expect(link.ask("write", write)).rejects.toMatchObject({ code: "session_ended" })
		await expect(link.ask("signal", { session: holder.session, signal: "SIGFOO" as "SIGINT" })).rejects.toMatchObject({
			code: "malformed",
		})
	})
})

describe("[SES1] a session outlives its link", () => {
	it("and loses no byte when it is cut at any time", async () => {
		const { link: first, holder } = await run(
			"i=0; while [ $i -lt 4000 ]; do echo line $i; i=$((i+1)); done; echo done; cat",
		)
		const viewer = first.attach(0)
		viewer.have = 0
		let link = first
		for (let cut = 0; cut < 6; cut++) {
			const target = (viewer.have ?? 0) + 2_000
			await link.until(() => (viewer.have ?? 0) >= target || viewer.text().includes("done"))
			link.close()
			await link.closed()
			link = await Link.open(holder)
			viewer.joined = false
			link.attach(viewer.have, viewer)
		}
		await viewer.shows("done")
		expect(viewer.snapshots).toBe(0)
		expect(viewer.text()).toBe(`${Array.from({ length: 4000 }, (_, i) => `line ${i}\r\n`).join("")}done\r\n`)
	})

	it("a newer link takes the place of an older one", async () => {
		const { link: older, holder } = await run("cat")
		const newer = await Link.open(holder)
		await older.closed()
		expect(await newer.message(({ type }) => type === "hello")).toMatchObject({ session: { id: holder.session } })
	})

	it("a hangup does not end the holder", async () => {
		const { link, holder } = await run("cat")
		process.kill(holder.pid, "SIGHUP")
		expect(await link.ask("screen", { session: holder.session })).toMatchObject({ sequence: 0 })
	})
})

/** Not ended; one that nobody has waited for yet has ended, too. */
function isAlive(pid: number): boolean {
	try {
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
	} catch {
		return false
	}
}
