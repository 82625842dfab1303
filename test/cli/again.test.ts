// Sessions that begin again, many at once, and of runtimes that people made: by command, against a real home.
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { newSessionId, type SessionId } from "../../protocol/ids.ts"
import { homeport, type Ran } from "../support/command.ts"
import { type Home, startHome } from "../support/home.ts"
import { firstDifference } from "../support/screen-state.ts"
import { Viewer } from "../support/viewer.ts"

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

test("restart begins the same command again in the same folder, its old output above, as the next run", async () => {
	await well("spawn", "--name", "again", "--cwd", "/usr", "--", "sh", "-c", 'echo "run in $PWD"; exec cat')
	await well("wait", "again", "--text", "run in", "--timeout", "20")
	await well("send", "again", "typed")
	await well("wait", "again", "--text", "^typed$", "--timeout", "20")
	const before = (await well("ls", "--json")).json() as { sessions: { id: string; createdAt: number }[] }
	const again = (await well("restart", "again", "--json")).json()
	expect(again).toMatchObject({ id: before.sessions[0]?.id, run: 2, cwd: "/usr", state: { is: "running" } })
	await well("wait", "again", "--text", "started again", "--timeout", "20")
	await well("send", "again", "more")
	await well("wait", "again", "--text", "^more$", "--timeout", "20")
	const shown = (await well("screen", "again")).stdout
	expect(shown).toMatch(
		/^run in \/usr\ntyped\ntyped\n── started again, \d{4}-\d\d-\d\d \d\d:\d\d ──\nrun in \/usr\nmore\nmore\n$/,
	)
	expect((await well("logs", "again")).stdout).toContain("typed\ntyped\n── started again")
})

test("[OUT3] a viewer that is attached sees the next run without attaching by hand, and types into it", async () => {
	const machine = home.machine.id
	const { id: session } = (await well("spawn", "--name", "seen", "--json", "--", "cat")).json() as { id: SessionId }
	const viewer = new Viewer({ url: home.url, token: home.token, machine })
	const other = new Viewer({ url: home.url, token: home.token, machine })
	try {
		const [one, two] = await Promise.all([viewer.attach(session), other.attach(session)])
		one.type("first\r")
		await one.shows("first\nfirst")
		for (const run of [2, 3, 4]) {
			expect((await well("restart", "seen", "--json")).json()).toMatchObject({ run })
			await viewer.until(`run ${run}`, () => viewer.socket.sessions.get(session)?.run === run)
			await one.shows(new RegExp(`(started again[^]*){${run - 1}}`))
			one.type(`in run ${run}\r`)
			for (const each of [one, two]) await each.shows(`in run ${run}\nin run ${run}`)
		}
		expect(viewer.socket.sessions.get(session)).toMatchObject({ run: 4, state: { is: "running" } })
		const late = await new Viewer({ url: home.url, token: home.token, machine }).attach(session)
		await late.shows("in run 4\nin run 4")
		const shown = await late.screen.state()
		for (const each of [one, two]) expect(firstDifference(await each.screen.state(), shown)).toBeNull()
	} finally {
		viewer.close()
		other.close()
	}
})

test("[SES2] a session that has ended, and one that was killed, begin again; the end of an older run is nobody's news", async () => {
	await well("spawn", "--name", "ended", "--", "sh", "-c", "echo once; exit 4")
	await well("wait", "ended", "--exit", "--timeout", "20")
	expect((await well("restart", "ended", "--json")).json()).toMatchObject({ run: 2, state: { is: "running" } })
	expect((await well("wait", "ended", "--exit", "--timeout", "20")).stdout).toBe("exited 4\n")
	expect((await well("logs", "ended")).stdout).toMatch(/^once\n── started again, .* ──\nonce\n$/)
	// It hears no hangup: what does not end by that is killed.
	await well("spawn", "--name", "deaf", "--", "sh", "-c", "trap '' HUP; echo deaf; while :; do sleep 0.1; done")
	await well("wait", "deaf", "--text", "deaf", "--timeout", "20")
	expect((await well("restart", "deaf", "--json")).json()).toMatchObject({ run: 2, state: { is: "running" } })
	await well("kill", "deaf", "--signal", "KILL")
})

test("a clone is started from the same words, variables and tags, under a name of its own", async () => {
	const body = {
		id: newSessionId(),
		name: "origin",
		argv: ["sh", "-c", 'printf "%s|" "$GREETING" "$PWD" "$@"; cat', "sh", "a b", "$HOME"],
		cwd: "/usr",
		environment: { GREETING: "hi; there" },
		tags: ["web"],
		substrate: "host" as const,
	}
	await home.call("startSession", { params: { machine: home.machine.id }, body })
	const copy = (await well("clone", "origin", "--json")).json()
	expect(copy).toMatchObject({ name: "origin-2", run: 1, cwd: "/usr", tags: ["web"] })
	await well("wait", "origin-2", "--text", "hi; there\\|/usr\\|a b\\|\\$HOME\\|", "--timeout", "20")
	await well("clone", "origin", "named")
	expect((await run("clone", "origin", "named")).stderr).toContain("taken")
	await well("purge", "origin", "origin-2", "named", "--yes")
})

test("[SES3] what a session was started from lies on disk for nobody who lacks its key", async () => {
	const value = "variable-of-nobody-else"
	const body = { id: newSessionId(), name: "sealed", argv: ["cat"], environment: { VALUE: value } }
	await home.call("startSession", { params: { machine: home.machine.id }, body })
	const folder = join(home.dataDir, "sessions", body.id)
	const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
	expect(files.map(({ name }) => name)).toContain("spec")
	for (const { parentPath, name } of files) expect(readFileSync(join(parentPath, name), "latin1")).not.toContain(value)
	await well("purge", "sealed", "--yes")
})

test("tags group sessions for ls and for deeds on many, which ask first and tell what came of each", async () => {
	for (const name of ["red-1", "red-2", "blue"])
		await well("spawn", "--name", name, "--tag", name.split("-")[0] ?? "", "--tag", "many", "--", "cat")
	expect((await well("tag", "blue", "+sky", "--", "-many")).stdout).toBe("blue sky\n")
	expect((await well("tag", "blue")).stdout).toBe("blue sky\n")
	expect((await run("tag", "blue", "sky")).code).toBe(2)
	const names = async (...args: string[]) =>
		((await well("ls", "--json", ...args)).json() as { sessions: { name: string }[] }).sessions.map(({ name }) => name)
	expect(await names("--tag", "many")).toEqual(["red-1", "red-2"])
	expect(await names("--tag", "many", "--tag", "sky")).toEqual([])
	expect((await well("ls")).stdout).toMatch(/blue +\S+ +running +custom +host +.* blue sky +/)

	const refused = await run("broadcast", "hello", "--tag", "many")
	expect(refused.code).toBe(2)
	expect(refused.stderr).toContain("--yes")
	expect(refused.stderr).toContain("/red-1")
	expect((await run("killall", "--yes")).code).toBe(2)
	await well("broadcast", "hello", "--tag", "many", "--yes")
	for (const name of ["red-1", "red-2"]) await well("wait", name, "--text", "^hello$", "--timeout", "20")
	expect((await well("screen", "blue")).stdout).toBe("")

	await well("killall", "red-1", "--yes")
	await well("wait", "red-1", "--exit", "--timeout", "20")
	// One of the two has ended: it is told, and the other is killed all the same.
	const partly = await run("killall", "red-1", "red-2", "--yes", "--json")
	expect(partly.code).toBe(1)
	expect(partly.json()).toMatchObject({
		sessions: [
			{ name: "red-1", error: { code: "session_ended" } },
			{ name: "red-2", error: null },
		],
	})
	await well("wait", "red-2", "--exit", "--timeout", "20")
	const history = (await well("history", "--tag", "many")).stdout
	expect(history).toMatch(/red-2 .*\d{4}-\d\d-\d\d \d\d:\d\d .*ended by SIGHUP +custom +host/)
	expect(history.indexOf("red-2")).toBeLessThan(history.indexOf("red-1"))
	await well("clean", "--tag", "many", "--yes")
	expect(await names("--tag", "many")).toEqual([])
	await well("purge", "blue", "--yes")
	expect((await run("screen", "blue")).code).toBe(3)
}, 180_000)

test("open prints the address of a session's page", async () => {
	await well("spawn", "--name", "page", "--", "cat")
	const { stdout } = await homeport(home.dataDir, ["open", "page"], {
		environment: { DISPLAY: "", WAYLAND_DISPLAY: "" },
	})
	expect(stdout).toMatch(new RegExp(`^${home.url}/m/mch_[0-9a-f]{20}/s/ses_[0-9a-f]{20}\n$`))
	await well("purge", "page", "--yes")
})

test("a profile is a runtime of its machine: started, taken up again, waited for, and forgotten", async () => {
	const file = join(home.dataDir, "talker.json")
	const write = (profile: object) => writeFileSync(file, JSON.stringify(profile))
	const talker = {
		id: "talker",
		label: "Talker",
		program: "/bin/sh",
		arguments: ["-c", 'echo "$GREETING $*"; printf "May I? "; read answer; echo "said $answer"; exec cat', "talker"],
		resume: ["take", "up"],
		environment: { GREETING: "good day" },
		waits: ["^May I\\? *$"],
	}
	write({ ...talker, id: "claude-code" })
	expect((await run("profiles", "save", file)).stderr).toContain("every machine has")
	write({ ...talker, wait: [] })
	expect((await run("profiles", "save", file)).stderr).toContain("wait")
	write({ ...talker, waits: ["("] })
	expect((await run("profiles", "save", file)).stderr).toContain("regular expression")
	write(talker)
	await well("profiles", "save", file)
	expect((await well("profiles", "ls")).stdout).toContain("talker")
	expect((await well("profiles", "show", "talker", "--json")).json()).toMatchObject(talker)
	expect((await well("keys")).stdout).toMatch(/talker \(profile\) +\S+ +ready +\/bin\/sh/)

	await well("spawn", "--runtime", "talker", "--name", "talk", "--", "a b")
	expect((await well("wait", "talk", "--for-person", "--timeout", "20")).stdout).toBe("May I?\n")
	await well("send", "talk", "yes")
	await well("wait", "talk", "--text", "^said yes$", "--timeout", "20")
	await well("restart", "talk", "--resume")
	expect((await well("wait", "talk", "--text", "take up a b", "--timeout", "20")).stdout).toBe("good day take up a b\n")
	expect((await run("wait", "page-of-nobody", "--for-person")).code).toBe(3)
	await well("profiles", "rm", "talker")
	expect((await run("spawn", "--runtime", "talker")).stderr).toContain('no runtime "talker"')
	expect((await run("profiles", "rm", "talker")).code).toBe(3)
	await well("purge", "talk", "--yes")
}, 120_000)
