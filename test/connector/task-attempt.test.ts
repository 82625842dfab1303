// One attempt of a task with real sessions: its states, its end as it was, its deadlines, what is delivered and what is not.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { attemptFolder, sessionOf } from "../../connector/tasks/kept.ts"
import { workFolder } from "../../connector/workdir/make.ts"
import { newTaskId } from "../../protocol/ids.ts"
import { assignment, script, taskFolder, taskMachine } from "../support/attempts.ts"

const states = (reports: { is: string }[]) => reports.map(({ is }) => is)

test("it is prepared, runs, is collected and succeeds; each is told once and in order", async () => {
	const { run, ledger, attempts } = await taskMachine()
	const given = await run(script("echo done > .homeport/outbox/note.txt"))
	const end = await ledger.end()
	expect(end).toMatchObject({ is: "succeeded", exitCode: 0, because: null, result: null })
	expect(end.artifacts).toEqual([
		{ path: "note.txt", size: 5, hash: expect.stringMatching(/^[0-9a-f]{64}$/), type: "text/plain" },
	])
	const { hash = "" } = end.artifacts[0] ?? {}
	expect(readFileSync(attempts.get(given)?.artifact(hash) ?? "", "utf8")).toBe("done\n")
	expect(states(ledger.reports)).toEqual(["preparing", "running", "collecting", "succeeded"])
	expect(ledger.reports.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4])
})

test("artifacts go to a home that keeps them, before the end is told, and are not kept here beside that", async () => {
	const { run, ledger, attempts } = await taskMachine()
	ledger.keeps = true
	ledger.answer = ({ is }) => {
		if (is === "succeeded") expect([...ledger.artifacts.values()].sort()).toEqual(["a\n", "b\n"])
		return is === "succeeded" ? "forget" : "go-on"
	}
	const given = await run(script("cd .homeport/outbox && echo a > a && echo b > b && echo b > c"))
	const end = await ledger.end()
	expect(end.artifacts).toHaveLength(3)
	await expect.poll(() => attempts.get(given)?.artifact(end.artifacts[0]?.hash ?? "")).toBe(null)
})

test("words for its program are typed once for each id, and only while it reads them", async () => {
	const { run, ledger, attempts } = await taskMachine()
	const given = await run(script("read one; read two; echo $one $two > .homeport/outbox/words; read three"))
	await ledger.until("running")
	const steer = (id: string, text: string) => attempts.steer({ ...given, id, text })
	await steer("1", "go")
	await Promise.all([steer("1", "go"), steer("2", "on"), steer("2", "on")])
	await steer("3", "done")
	const end = await ledger.end()
	expect(readFileSync(attempts.get(given)?.artifact(end.artifacts[0]?.hash ?? "") ?? "", "utf8")).toBe("go on\n")
	await expect(steer("4", "late")).rejects.toThrow("does not run now")
})

test("an exit code is told as it was, and what it left is collected all the same", async () => {
	const { run, ledger } = await taskMachine()
	await run(script("echo log > .homeport/outbox/log; exit 42"))
	const end = await ledger.end()
	expect(end).toMatchObject({ is: "failed", because: "exit", exitCode: 42 })
	expect(end.artifacts?.map(({ path }) => path)).toEqual(["log"])
})

test("a program that was never there is a failure of its preparing", async () => {
	const { run, ledger } = await taskMachine()
	await run({ argv: ["no-such-program-anywhere"] })
	expect(await ledger.end()).toMatchObject({ is: "failed", because: "prepare", session: null })
})

test("an expected artifact that is not there is a failure; a link is none, and says so", async () => {
	const { run, ledger } = await taskMachine()
	await run({ ...script("ln -s /etc/passwd .homeport/outbox/out.txt"), artifacts: ["*.txt"] })
	const end = await ledger.end()
	expect(end).toMatchObject({ is: "failed", because: "artifact_missing", exitCode: 0, artifacts: [] })
	expect(end.reason).toContain("out.txt is a link")
})

test("inputs are in its inbox before it begins, from the manifest and from uploads", async () => {
	const machine = await taskMachine()
	const large = Buffer.alloc(300_000, "x")
	machine.ledger.uploads.set("upl_0123456789abcdef0123", large)
	await machine.run({
		...script("cd .homeport && cat inbox/a/b && wc -c < inbox/large && cp -r inbox/. outbox/"),
		inputs: [
			{ path: "a/b", from: { is: "content", base64: Buffer.from("hello").toString("base64") } },
			{ path: "large", from: { is: "upload", id: "upl_0123456789abcdef0123" } },
		],
	})
	const end = await machine.ledger.end()
	expect(end.artifacts?.map(({ path, size }) => [path, size])).toEqual([
		["a/b", 5],
		["large", 300_000],
	])
})

test("an upload that is gone is a failure with the reason, and nothing was begun", async () => {
	const { run, ledger, dataDir } = await taskMachine()
	const { task, fence } = await run({
		...script("touch begun"),
		inputs: [{ path: "x", from: { is: "upload", id: "upl_0123456789abcdef0123" } }],
	})
	expect(await ledger.end()).toMatchObject({ is: "failed", because: "prepare" })
	expect(existsSync(join(dataDir, "sessions", sessionOf({ task, fence })))).toBe(false)
})

test("in a directory of the machine, a link in the place of .homeport is refused, and leads nowhere", async () => {
	const { run, ledger } = await taskMachine()
	const [path, other] = [taskFolder(), taskFolder()]
	symlinkSync(other, join(path, ".homeport"))
	await run({ ...script("true"), workOn: { is: "directory", path } })
	const end = await ledger.end()
	expect(end).toMatchObject({ is: "failed", because: "prepare" })
	expect(end.reason).toContain(".homeport is there, and is no folder")
	expect(readdirSync(other)).toEqual([])
})

test("what lies in a directory's outbox from before is none of its artifacts, and is not lost", async () => {
	const { run, ledger } = await taskMachine()
	const path = taskFolder()
	mkdirSync(join(path, ".homeport/outbox"), { recursive: true })
	writeFileSync(join(path, ".homeport/outbox/old"), "old")
	const given = await run({ ...script("echo new > .homeport/outbox/new"), workOn: { is: "directory", path } })
	expect((await ledger.end()).artifacts?.map(({ path }) => path)).toEqual(["new"])
	expect(readFileSync(join(path, `.homeport/before-${sessionOf(given)}/old`), "utf8")).toBe("old")
})

test("a prompt is an argument of its runtime, or its standard input where it is long or looks like an option", async () => {
	const { run, ledger, attempts, dataDir } = await taskMachine()
	const shell = { runtime: "shell", prompt: 'echo "$TASK_ID" > .homeport/outbox/task' }
	const given = await run(shell)
	const end = await ledger.end()
	const hash = end.artifacts?.[0]?.hash ?? ""
	expect(end.artifacts, end.reason).toHaveLength(1)
	expect(readFileSync(attempts.get(given)?.artifact(hash) ?? "", "utf8").trim()).toBe(given.task)
	ledger.reports.splice(0)
	await run({ runtime: "shell", prompt: `# ${"x".repeat(150_000)}\necho long > .homeport/outbox/long` })
	expect((await ledger.end()).artifacts?.map(({ path }) => path)).toEqual(["long"])
	expect(dataDir).not.toBe("")
})

test("secrets reach its environment, and are in no file of the attempt", async () => {
	const { run, ledger, dataDir } = await taskMachine()
	ledger.values.deploy = "value-of-the-secret"
	ledger.bound = [{ name: "key", variable: "KEY", value: "of-the-runtime" }]
	const given = await run({
		...script('test "$TOKEN" = "$(printf value-; printf of-the-secret)" && test "$KEY" = of-the-runtime'),
		secrets: { TOKEN: "deploy" },
	})
	expect(await ledger.end()).toMatchObject({ is: "succeeded" })
	expect(readFileSync(join(attemptFolder(dataDir, given), "attempt.json"), "utf8")).not.toContain("value-of-the-secret")
	ledger.reports.splice(0)
	await run({ ...script("true"), secrets: { TOKEN: "unknown" } })
	expect(await ledger.end()).toMatchObject({
		is: "failed",
		because: "prepare",
		reason: 'There is no secret "unknown".',
	})
})

test("what runs too long is ended, also where it does not want to, and has timed out", async () => {
	const { run, ledger } = await taskMachine()
	await run({
		...script("trap 'echo late > .homeport/outbox/late; exit 0' TERM; while :; do sleep 0.1; done"),
		timeoutSeconds: 1,
	})
	const end = await ledger.end()
	expect(end).toMatchObject({ is: "timed-out", exitCode: null })
	expect(end.artifacts?.map(({ path }) => path)).toEqual(["late"])
})

test("a question makes it wait for a person, an answer makes it go on; the wait is no time that it ran", async () => {
	const { run, ledger, machine } = await taskMachine()
	const given = await run({
		...script("printf 'Go on? [y/N] '; read answer; test \"$answer\" = y"),
		timeoutSeconds: 60,
	})
	await ledger.until("waiting")
	const session = sessionOf(given)
	const place = machine.forAttempts
	expect(place.waits(session)).toBe(true)
	const answers: unknown[] = []
	machine.linked({ tell: (message) => void answers.push(message), send: () => {} })
	machine.message({
		type: "ask",
		number: 1,
		ask: "write",
		of: { session, viewer: "vwr_00000000000000000001", text: "y", enter: true, paste: false },
	})
	await expect.poll(() => answers).toContainEqual({ type: "answer", number: 1, answer: { bytes: 2, dropped: 0 } })
	expect(await ledger.end()).toMatchObject({ is: "succeeded" })
	expect(states(ledger.reports).slice(0, 3)).toEqual(["preparing", "running", "waiting"])
})

test("a question that nobody answers in time is a failure that says so", async () => {
	const { run, ledger } = await taskMachine()
	await run({ ...script("printf 'Go on? [y/N] '; read answer"), inputSeconds: 1 })
	expect(await ledger.end()).toMatchObject({ is: "failed", because: "input_timeout" })
})

test("a fence that counts no more ends the program, and nothing more is told", async () => {
	const { run, ledger, attempts, machine } = await taskMachine()
	ledger.answer = ({ is }) => (is === "running" ? "stop" : "go-on")
	const given = await run(script("sleep 600"))
	await ledger.until("running")
	await attempts.get(given)?.run()
	expect(machine.forAttempts.info(sessionOf(given))?.state.is).toBe("exited")
	expect(states(ledger.reports)).toEqual(["preparing", "running"])
	expect(attempts.standing()).toEqual([])
})

test("the same attempt is taken once; a newer one voids it, and an older one is not taken", async () => {
	const { ledger, attempts, machine } = await taskMachine()
	const path = taskFolder()
	const manifest = { ...script("echo x >> ran; sleep 600"), workOn: { is: "directory", path } }
	const task = newTaskId()
	const first = assignment(manifest, 2, task)
	expect(await Promise.all([attempts.take(first), attempts.take(first)])).toEqual([true, true])
	await ledger.until("running")
	await expect.poll(() => existsSync(join(path, "ran"))).toBe(true)
	expect(await attempts.take(first)).toBe(true)
	expect(await attempts.take(assignment(manifest, 1, task))).toBe(false)
	expect(await attempts.take(assignment({ argv: ["true"] }, 3, task))).toBe(true)
	expect(await ledger.end()).toMatchObject({ is: "succeeded", fence: 3 })
	await attempts.get(first)?.run()
	expect(machine.forAttempts.info(sessionOf(first))?.state.is).toBe("exited")
	expect(readFileSync(join(path, "ran"), "utf8")).toBe("x\n")
})

test("a ledger that is away is told when it is back, all of it in order, and the work went on meanwhile", async () => {
	const { run, ledger, attempts } = await taskMachine()
	const path = taskFolder()
	let isAway = false
	ledger.answer = () => {
		if (isAway) throw new Error("away")
		return "go-on"
	}
	const given = await run({
		...script("while [ ! -e go ]; do sleep 0.05; done"),
		workOn: { is: "directory", path },
	})
	await ledger.until("running")
	isAway = true
	writeFileSync(join(path, "go"), "")
	await expect.poll(() => attempts.get(given)?.kept.step).toBe("over")
	expect(states(ledger.reports)).toEqual(["preparing", "running"])
	isAway = false
	attempts.again()
	await ledger.end()
	expect(states(ledger.reports)).toEqual(["preparing", "running", "collecting", "succeeded"])
	await attempts.get(given)?.run()
	expect(attempts.standing()).toMatchObject([{ is: "succeeded", sequence: 4 }])
	ledger.answer = () => "forget"
	attempts.again()
	await expect.poll(() => attempts.standing()).toEqual([])
	expect(await attempts.clear(given)).toBe(true)
	expect(await attempts.take(given)).toBe(true)
	expect(ledger.reports).toHaveLength(5)
})

test("nothing is begun before the ledger has answered; without a home for too long it is stopped, and is lost", async () => {
	const { attempts, ledger, machine } = await taskMachine()
	let isAway = true
	ledger.answer = ({ is }) => {
		if (isAway || is !== "preparing") throw new Error("away")
		return "go-on"
	}
	const given = { ...assignment(script("sleep 600")), awayMs: 1_500 }
	await attempts.take(given)
	await expect.poll(() => attempts.get(given)?.kept.step).toBe("begin")
	expect(machine.forAttempts.info(sessionOf(given))).toBeUndefined()
	isAway = false
	attempts.again()
	await expect.poll(() => attempts.get(given)?.kept.step).toBe("over")
	expect(attempts.get(given)?.kept.outcome).toMatchObject({ is: "lost" })
	expect(machine.forAttempts.info(sessionOf(given))?.state.is).toBe("exited")
})

test("what was prepared before the machine was away for too long is not begun, and is lost", async () => {
	const dataDir = taskFolder()
	const cwd = taskFolder()
	const given = { ...assignment({ ...script("touch ran"), workOn: { is: "directory", path: cwd } }), awayMs: 0 }
	const { attempts, ledger } = await taskMachine({}, dataDir)
	await attempts.take(given)
	expect(await ledger.end()).toMatchObject({ is: "lost", session: null })
	expect(readdirSync(cwd)).toEqual([".homeport"])
})

test("a worktree stands on a branch of its own; its changes are committed there, and the repository's own stay", async () => {
	const { run, ledger, dataDir } = await taskMachine()
	const repository = taskFolder()
	const { execFileSync } = await import("node:child_process")
	const sh = (text: string) => execFileSync("sh", ["-ec", text], { cwd: repository, encoding: "utf8" }).trim()
	sh(
		"git init -q -b main && git config user.email a@example.com && git config user.name a && echo a > a && git add a && git commit -qm one",
	)
	sh("git branch homeport/mend-it; echo mine > mine")
	const given = await run({
		...script("echo new > new"),
		workOn: { is: "directory", path: repository, worktree: true },
		changes: { do: "commit", message: "Mended" },
	})
	const end = await ledger.end()
	expect(end).toMatchObject({ is: "succeeded", result: { branch: "homeport/mend-it-2", url: null } })
	expect(sh("git log -1 --format=%s homeport/mend-it-2")).toBe("Mended")
	expect(sh("git ls-tree --name-only homeport/mend-it-2")).toBe("a\nnew")
	expect(sh("git rev-parse --abbrev-ref HEAD; git status --short")).toBe("main\n?? mine")
	const cwd = join(workFolder(dataDir, sessionOf(given)), repository.split("/").at(-1) ?? "")
	expect(execFileSync("git", ["status", "--short"], { cwd, encoding: "utf8" })).toBe("")
})
