// Tasks, schedules, triggers and single programs, by command, against a real home and its machine.
import { spawn } from "node:child_process"
import { createHmac, randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { TriggerId } from "../../protocol/ids.ts"
import type { TaskView } from "../../protocol/task.ts"
import { homeport, type Ran } from "../support/command.ts"
import { HOMEPORT, type Home, NODE, startHome } from "../support/home.ts"

let home: Home
const folder = mkdtempSync(join(tmpdir(), "homeport-task-"))
const dataDir = join(folder, "data")
beforeAll(async () => {
	home = await startHome({ dataDir })
})
afterAll(async () => {
	await home?.stop()
	rmSync(folder, { recursive: true, force: true })
})

const run = (...args: string[]): Promise<Ran> => homeport(dataDir, args, { timeoutMs: 90_000 })

/** Notes of what goes on come on standard error. */
async function well(...args: string[]): Promise<Ran> {
	const ran = await run(...args)
	expect(ran.code, `${args.join(" ")}: ${ran.stderr}`).toBe(0)
	return ran
}

const tasks = async (query: Parameters<typeof list>[0]) => (await list(query)).tasks
const list = (query: { state?: "queued"; group?: string }) => home.call("listTasks", { query })

function file(name: string, text: string | Uint8Array): string {
	const path = join(folder, name)
	writeFileSync(path, text)
	return path
}

test("a manifest's file names files beside it and makes a task of each combination; what they leave is fetched whole", async () => {
	const large = randomBytes(1_500_000)
	file("large.bin", large)
	file("ask.md", "Copy it.\n")
	const manifest = file(
		"copy.yaml",
		`name: copy
runtime: custom
prompt: { file: ask.md }
argv: [sh, -c, 'cat "$0"; cp .homeport/inbox/in.bin .homeport/outbox/{{matrix.os}}.bin; echo "{{index}} of {{count}}"', "{file}"]
inputs:
  - path: in.bin
    from: { is: file, path: large.bin }
artifacts: ["*.bin"]
`,
	)
	const args = ["task", "submit", "-f", manifest, "--matrix", "os=linux,mac", "--once", "copies"]
	const done = await well(...args, "--wait", "--timeout", "60")
	expect(done.stdout).toBe("copy 1 succeeded\ncopy 2 succeeded\n")
	// Said again with the same word, they are the same.
	const again = (await well(...args, "--wait", "--json")).json() as { tasks: TaskView[] }
	expect(again.tasks.map(({ name }) => name)).toEqual(["copy 1", "copy 2"])
	const group = again.tasks[0]?.of?.group ?? ""
	expect(await tasks({ group })).toHaveLength(2)
	expect((await well("task", "wait", "--group", group)).stdout).toContain("copy 2 succeeded")

	expect((await well("task", "logs", "copy 2")).stdout).toBe("Copy it.\n2 of 2\n")
	expect((await well("task", "show", "copy 1", "--manifest")).stdout).toContain("Copy it.")
	expect((await well("task", "artifacts", "copy 2")).stdout).toMatch(/mac\.bin +1\.4 MiB/)
	await well("task", "artifacts", "copy 2", "mac.bin", "--to", join(folder, "out"))
	expect(readFileSync(join(folder, "out/mac.bin")).equals(large)).toBe(true)
})

test("a manifest's mistakes are told by line, all at once, and nothing is submitted", async () => {
	const wrong = file("wrong.yaml", "name: wrong\ntarget:\n  tag: [gpu]\nworkOn: { is: cloud }\ntimeLimit: 3\n")
	const before = (await tasks({})).length
	const refused = await run("task", "submit", "-f", wrong)
	expect(refused.code).toBe(2)
	expect(refused.stderr.replaceAll(`${wrong}:`, "").trim().split("\n")).toEqual([
		'3:3: There is no key "tag" here. There are machine, tags, newVm.',
		"4:15: The kind must be one of repository, directory.",
		expect.stringMatching(/^5:1: There is no key "timeLimit" here\. There are name, target, /),
	])
	const huge = file("huge.bin", "")
	truncateSync(huge, 96 * 1024 * 1024)
	const tooLarge = await run("task", "submit", "--input", huge, "--", "true")
	expect([tooLarge.code, tooLarge.stderr]).toEqual([1, expect.stringContaining("96 MiB; an input has at most 95 MiB")])
	expect(await tasks({})).toHaveLength(before)
})

test("the queue says what it waits for; what is in it is edited, moved and cancelled, and then runs once", async () => {
	await well("substrates", "--tasks", "0")
	for (const name of ["one", "two", "three"]) await well("task", "submit", "--name", name, "--", "sh", "-c", "exit 3")
	const order = async () => (await tasks({ state: "queued" })).map(({ name }) => name)
	await well("task", "move", "three", "--first")
	await well("task", "move", "one", "--last")
	expect(await order()).toEqual(["three", "two", "one"])
	expect((await well("task", "ls", "--state", "queued")).stdout).toContain(`waiting for: ${home.machine.name}`)
	await well("task", "edit", "two", "--priority", "5", "--", "sh", "-c", "echo edited")
	expect(await order()).toEqual(["two", "three", "one"])
	expect((await run("task", "wait", "two", "three", "--any", "--timeout", "1")).code).toBe(5)
	expect((await well("task", "cancel", "one", "--reason", "not now")).stdout).toBe("one: cancelled\n")
	const over = await run("task", "cancel", "one")
	expect(over).toMatchObject({ code: 1, stdout: expect.stringContaining("This task is over") })

	await well("substrates", "--tasks", "2")
	const all = await run("task", "wait", "two", "three", "--json")
	expect(all.code).toBe(1)
	const ends = (all.json() as { tasks: TaskView[] }).tasks
	expect(ends.map(({ name, state, attempt }) => [name, state.is, state.exitCode, attempt])).toEqual([
		["two", "succeeded", 0, 1],
		["three", "failed", 3, 1],
	])
	expect((await well("task", "logs", "two")).stdout).toBe("edited\n")
	expect((await run("task", "retry", "three", "--wait")).code).toBe(1)
})

test("who follows and waits goes on over a home that ends and comes back; a word to the program is typed once", async () => {
	const port = Number(new URL(home.url).port)
	const program = 'echo begun; read -r said; echo "told <$said>"'
	await well("task", "submit", "--name", "long", "--", "sh", "-c", program)
	const followed = run("task", "logs", "-f", "long")
	const waited = run("task", "wait", "long")
	await expect.poll(async () => (await run("task", "logs", "long")).stdout).toContain("begun")
	await home.halt()
	home = await startHome({ dataDir, port })
	await well("task", "steer", "long", "go on")
	expect((await followed).stdout.match(/begun|told <.*>/g)).toEqual(["begun", "told <go on>"])
	expect(await waited).toMatchObject({ code: 0, stdout: "long succeeded\n" })
	const { stdout } = await well("task", "show", "long")
	for (const words of ["steered by", "succeeded by", "time  "]) expect(stdout).toContain(words)
})

test("run prints all that a program writes, however short or long, ends as it does, and leaves no session", async () => {
	const short = await run("run", "--", "sh", "-c", "printf short; exit 7")
	expect(short).toMatchObject({ code: 7, stdout: "short\n", stderr: "" })
	const long = await run("run", "--", "seq", "30000")
	expect(long.stdout).toBe(Array.from({ length: 30_000 }, (_, at) => `${at + 1}\n`).join(""))
	const killed = await run("run", "--json", "--", "sh", "-c", "printf x; kill -9 $$")
	expect(killed).toMatchObject({ code: 137, stderr: "" })
	expect(killed.json()).toMatchObject({ exitCode: 137, base64: "eA==", state: { is: "exited", signal: "SIGKILL" } })
	// What reads its input is at its end where ours is.
	const piped = await homeport(dataDir, ["run", "--", "sh", "-c", "cat; echo over"], { input: "not for it" })
	expect(piped).toMatchObject({ code: 0, stdout: "over\n", stderr: expect.stringContaining("is not passed on") })
	// Whoever reads may stop, as `head` does: then the program has nobody to write for.
	const env = { ...process.env, HOMEPORT_DATA_DIR: dataDir }
	const unread = spawn(NODE, [HOMEPORT, "run", "--", "yes"], { env, stdio: ["ignore", "pipe", "inherit"] })
	await once(unread.stdout, "data")
	unread.stdout.destroy()
	expect(await once(unread, "exit")).toEqual([129, null])
	const { sessions } = await home.call("listSessions")
	expect(sessions.filter(({ name }) => ["sh", "seq", "yes"].includes(name))).toEqual([])
})

test("a schedule is made, run, paused and read again as a file, and its next times are told before", async () => {
	const told = await well("schedule", "preview", "--cron", "30 2 29 2 *", "--time-zone", "Europe/Berlin", "--json")
	const { times } = told.json() as { times: number[] }
	expect(times.map((time) => new Date(time).toISOString().slice(4))).toEqual(Array(5).fill("-02-29T01:30:00.000Z"))
	const summer = await well("schedule", "preview", "--cron", "30 2 1 7 *", "--time-zone", "Europe/Berlin")
	expect(summer.stdout).toMatch(/^\d{4}-07-01 02:30:00 \+02:00\n/)
	await well("schedule", "add", "sweep", "--every", "6h", "--name", "swept", "--", "echo", "swept")
	await well("schedule", "run", "sweep")
	await well("task", "wait", "swept")
	await expect.poll(async () => (await well("schedule", "history", "sweep")).stdout).toContain("succeeded")

	const text = (await well("schedule", "show", "sweep", "--file")).stdout
	await well("schedule", "edit", "sweep", "--at", "2030-01-01T00:00Z", "--rename", "once")
	expect((await well("schedule", "show", "once", "--file")).stdout).toContain("at: 2030-01-01T00:00:00.000Z")
	await well("schedule", "edit", "once", "-f", file("sweep.yaml", text))
	expect((await well("schedule", "show", "sweep", "--file")).stdout).toBe(text)
	expect((await well("schedule", "pause", "sweep")).stdout).toBe("sweep: paused\n")
	expect((await run("schedule", "add", "bad", "--cron", "61 * * * *", "--", "true")).code).toBe(2)
	await well("schedule", "rm", "sweep")
	expect((await well("schedule", "ls")).stdout).toContain("No schedules.")
})

test("a trigger's file is tried, saved and edited; a signed delivery is listed, repeated, and makes one task", async () => {
	const spec = file(
		"deploys.yaml",
		`name: deploys
source: { is: hmac, header: x-signature }
secret: HOOK
on: [delivery]
template: "Deploy {{ payload.version }}"
manifest: { runtime: claude-code, target: { tags: [none] } }
`,
	)
	const key = randomBytes(24).toString("hex")
	expect((await homeport(dataDir, ["secrets", "set", "HOOK"], { input: key })).code).toBe(0)
	const payload = file("payload.json", '{"version":"1.2"}')
	expect((await well("trigger", "preview", "-f", spec, "--payload", payload)).stdout).toMatch(
		/this payload: .*Deploy .*1\.2/s,
	)
	const url = (await well("trigger", "add", "-f", spec)).stdout.trim().split("\n").at(-1) ?? ""
	const body = '{"version":"1.3"}'
	const headers = { "x-signature": createHmac("sha256", key).update(body).digest("hex") }
	for (let time = 0; time < 3; time++) expect((await fetch(url, { method: "POST", body, headers })).status).toBe(202)
	const id = (await home.call("listTriggers")).triggers[0]?.id as TriggerId
	const deliveries = async () => (await home.call("listDeliveries", { params: { trigger: id } })).deliveries
	await expect.poll(async () => (await deliveries()).map(({ outcome }) => outcome?.is)).toEqual(["task"])
	const [made, ...others] = (await tasks({ state: "queued" })).filter(({ from }) => from.name === "deploys")
	expect(others).toEqual([])
	expect((await deliveries())[0]?.task).toBe(made?.id)
	expect((await well("trigger", "deliveries", "deploys", "--body", "1")).stdout).toContain('"version": "1.3"')
	expect((await well("trigger", "preview", "-f", spec, "--of", "deploys")).stdout).toContain("1.3")

	await well("trigger", "edit", "deploys", "--pause")
	await well("trigger", "repeat", "deploys", "1")
	await expect.poll(async () => (await deliveries())[0]?.outcome?.reason).toContain("paused")
	const text = (await well("trigger", "show", "deploys", "--file")).stdout
	const resumed = file("again.yaml", text.replace("isPaused: true", "isPaused: false"))
	expect((await well("trigger", "edit", "deploys", "-f", resumed)).stdout).toContain("up to 60 tasks an hour")
	await well("trigger", "rm", "deploys")
	expect((await fetch(url, { method: "POST", body, headers })).status).not.toBe(202)
})
