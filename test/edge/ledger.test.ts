// The ledger in its object, with machines on real sockets: links that end, objects that leave memory, and what an end sets off.
import { evictAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { afterEach, expect, test, vi } from "vitest"
import { newSessionId, type TaskId } from "../../protocol/ids.ts"
import { PushedNotification } from "../../protocol/push.ts"
import { Manifest } from "../../protocol/task.ts"
import { TaskReport } from "../../protocol/task-report.ts"
import { signStandard } from "../../worker/hooks/standard.ts"
import { workOf } from "../../worker/work.ts"
import { linked, type Program, somebody } from "./home.ts"
import { TaskMachine } from "./task-machine.ts"

const draft = (more: object = {}) => Manifest.parse({ runtime: "shell", prompt: "true", ...more })
const team = () => somebody("owner", "elsewhere")
const workspaceObject = (by: { workspace: string }) => env.WORKSPACE.get(env.WORKSPACE.idFromName(by.workspace))

afterEach(() => {
	vi.restoreAllMocks()
	vi.useRealTimers()
})

async function submit({ call }: Program, more: object = {}) {
	const [task] = (await call("submitTasks", { body: { manifest: draft(more) } })).tasks
	if (task === undefined) throw new Error("nothing was submitted")
	return task
}

/** The task once it is like that. */
async function once(by: { workspace: string }, task: TaskId, is: string) {
	const work = workOf(env, by.workspace)
	for (let sequence = 0; ; ) {
		const view = await work.next(task, sequence, 10_000)
		if (view === null || view.state.is === is) return view
		sequence = view.events.at(-1)?.sequence ?? 0
	}
}

/** A task that runs on a machine of its own. */
async function running(by: Awaited<ReturnType<typeof team>>, more: object = {}) {
	const machine = await TaskMachine.start(by)
	const { id } = await submit(by, more)
	const taken = await machine.take()
	const session = newSessionId()
	await machine.report(taken, "running", { session })
	return { machine, id, taken, session }
}

/** Listens at an address outside. `answers` are its first ones; after them it takes everything. */
function listener(url: string, answers: number[] = []) {
	const got: { headers: Headers; body: string }[] = []
	const real = globalThis.fetch
	vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
		const request = new Request(input, init)
		if (request.url !== url) return real(request)
		got.push({ headers: request.headers, body: await request.text() })
		return new Response(null, { status: answers.shift() ?? 204 })
	})
	return got
}

test("a machine that is away goes on when it is back, and every object may have left memory meanwhile", async () => {
	const by = await team()
	const { machine, id, taken, session } = await running(by)
	const waiting = await submit(by, { target: { machine: machine.id } })
	machine.link.close()
	await machine.link.closed
	const reason = async () => (await by.call("showTask", { params: { task: waiting.id } })).task.state.reason
	await vi.waitFor(async () => expect(await reason()).toMatch(/^waiting for: box-\w+, away since 20/))
	await evictAllDurableObjects()
	expect((await by.call("showTask", { params: { task: id } })).task).toMatchObject({
		state: { is: "running" },
		owner: { is: "machine", id: machine.id },
		session,
	})
	const link = await linked(machine.keys)
	const report = TaskReport.parse({ ...{ task: id, fence: taken.fence }, sequence: 9, is: "succeeded" })
	link.send({ type: "tasks", slots: 1, runtimes: ["shell"], substrates: ["host"], reports: [report] })
	const told = [await link.next(), await link.next()] as { type: string }[]
	expect(told).toContainEqual({ type: "verdict", task: id, fence: taken.fence, sequence: 9, verdict: "forget" })
	expect(told).toContainEqual(expect.objectContaining({ type: "ask", ask: "takeTask" }))
	const { task } = await by.call("showTask", { params: { task: id } })
	expect(task).toMatchObject({ attempt: 1, state: { is: "succeeded" } })
})

test("an attempt that its machine does not have any more is lost, and tried again where there is room", async () => {
	const by = await team()
	const { machine, id, taken } = await running(by, { retries: { max: 1, backOffSeconds: 0 } })
	const other = await TaskMachine.start(by)
	machine.link.close()
	await machine.link.closed
	const link = await linked(machine.keys)
	link.send({ type: "tasks", slots: 0, runtimes: ["shell"], substrates: ["host"], reports: [] })
	const again = await other.take()
	expect(again).toMatchObject({ task: id, fence: 2 })
	// What the first one says late counts no more.
	const late = TaskReport.parse({ task: id, fence: taken.fence, sequence: 99, is: "succeeded" })
	link.send({ type: "task", report: late })
	expect(await link.next()).toMatchObject({ type: "verdict", fence: 1, verdict: "stop" })
	expect(await other.report(again, "succeeded", { exitCode: 0 })).toBe("forget")
	const { task } = await by.call("showTask", { params: { task: id } })
	expect(task).toMatchObject({ attempt: 2, machine: other.id, state: { is: "succeeded" } })
	expect(task.events.find(({ is }) => is === "retried")?.reason).toMatch("does not have it any more")
})

test("a machine that is removed loses its task, and takes no more", async () => {
	const by = await team()
	const { machine, id } = await running(by)
	await by.call("removeMachine", { params: { machine: machine.id } })
	expect((await once(by, id, "lost"))?.state.reason).toMatch(/^box-\w+ was removed$/)
	const waiting = await submit(by, {})
	const { task } = await by.call("showTask", { params: { task: waiting.id } })
	expect(task.state.reason).toBe("waiting for: a machine with shell")
})

test("a task goes where its name, tags and members are as of now, and no more at once than the workspace allows", async () => {
	const by = await team()
	const machine = await TaskMachine.start(by, { slots: 5 })
	const tagged = await submit(by, { target: { tags: ["gpu"] } })
	await by.call("changeMachine", { params: { machine: machine.id }, body: { tags: ["gpu"], name: "titan" } })
	expect((await machine.take()).task).toBe(tagged.id)
	await by.call("writeTaskLimits", { body: { atOnce: 1, queued: 2 } })
	const second = await submit(by, { target: { machine: "titan" } })
	const { task } = await by.call("showTask", { params: { task: second.id } })
	expect(task.state.reason).toBe("waiting for: others, since 1 run at once")
	await expect(submit(by)).rejects.toMatchObject({ code: "too_many" })
	await by.call("writeTaskLimits", { body: { atOnce: 2, queued: 2 } })
	expect((await machine.take()).task).toBe(second.id)
})

test("an end is told once: by a signed post, tried until it is taken, by a push, and by a task that follows", async () => {
	const by = await team()
	vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true })
	vi.spyOn(console, "error").mockReturnValue()
	const url = "https://taker.example/hook"
	const posts = listener(url, [503])
	const key = `whsec_${btoa("a secret of 24 bytes....")}`
	await by.call("saveSecret", { params: { secret: "HOOK" }, body: { value: key } })
	const browser = await (await fetch("https://push.example/browsers", { method: "POST", body: "null" })).json<
		Record<"endpoint" | "p256dh" | "auth", string>
	>()
	const settings = { kinds: [], showsContent: true, language: "en" as const }
	await by.call("subscribePush", { body: { name: "Firefox", ...browser, settings } })
	const then = { is: "task", manifest: { runtime: "shell", name: "then", prompt: "after {{task.name}}" } }
	const onFailure = [{ is: "webhook", url, secret: "HOOK" }, { is: "notify" }, then]
	const { machine, id, taken } = await running(by, { name: "Build", onFailure })
	expect(await machine.report(taken, "failed", { because: "exit", exitCode: 2, reason: "it exited with 2" })).toBe(
		"forget",
	)
	const next = await machine.take()
	expect(next.manifest).toMatchObject({ name: "then", prompt: "after Build" })
	const [first, second] = await vi.waitFor(async () => {
		// Its next try is due some time later.
		vi.setSystemTime(Date.now() + 70_000)
		await runDurableObjectAlarm(workspaceObject(by))
		expect(posts).toHaveLength(2)
		return posts
	})
	if (first === undefined || second === undefined) throw new Error("invariant: two posts")
	const { events } = (await by.call("showTask", { params: { task: id } })).task
	expect(events.filter(({ is }) => is === "untold")).toMatchObject([
		{ reason: "its webhook is tried again for a day: The webhook's address answers 503." },
	])
	expect(second.headers.get("webhook-id")).toBe(first.headers.get("webhook-id"))
	const said = JSON.parse(second.body) as { type: string; data: object }
	expect(said).toMatchObject({ type: "task.failed", data: { id, name: "Build", state: { exitCode: 2 } } })
	const at = Number(second.headers.get("webhook-timestamp")) * 1_000
	const body = new TextEncoder().encode(second.body)
	const signed = await signStandard(key, second.headers.get("webhook-id") ?? "", at, body)
	expect(second.headers.get("webhook-signature")).toBe(signed?.["webhook-signature"])
	const heard = await vi.waitFor(async () => {
		const all = await (await fetch(browser.endpoint)).json<{ payload: unknown }[]>()
		expect(all).toHaveLength(1)
		return PushedNotification.parse(all[0]?.payload)
	})
	expect(heard.notification).toMatchObject({ title: "Build failed", body: "it exited with 2", tag: id })
	expect(heard.notification.navigate).toContain(`/tasks/${id}?workspace=`)
})

test("a schedule's task is submitted as whoever wrote it, and its end is in the history", async () => {
	const by = await team()
	const author = await somebody("developer", by)
	const body = { name: "nightly", when: { is: "every", seconds: 3_600 }, manifest: draft() } as const
	const schedule = await author.call("createSchedule", {
		body: { ...body, overlap: "skip", missed: "run-once", jitterSeconds: 0, isPaused: false },
	})
	const machine = await TaskMachine.start(by)
	await by.call("changeMachine", { params: { machine: machine.id }, body: { members: [by.id] } })
	const params = { schedule: schedule.id }
	const ran = await by.call("runSchedule", { params, body: { nonce: "one" } })
	if (ran.state.is !== "submitted") throw new Error(`it is ${ran.state.is}`)
	const { task } = await by.call("showTask", { params: { task: ran.state.task } })
	// It is nobody's machine but the owner's.
	expect(task).toMatchObject({ from: { is: "schedule", name: "nightly" }, state: { is: "queued" } })
	expect(task.state.reason).toBe("waiting for: a machine with shell")
	await by.call("changeMachine", { params: { machine: machine.id }, body: { members: [author.id] } })
	await machine.report(await machine.take(), "succeeded", { exitCode: 0 })
	const { occurrences } = await by.call("listOccurrences", { params, query: {} })
	expect(occurrences).toMatchObject([{ state: { is: "over", state: "succeeded", task: task.id } }])
	await by.call("removeMember", { params: { member: author.id } })
	const refused = await by.call("runSchedule", { params, body: { nonce: "two" } })
	expect(refused.state).toMatchObject({ is: "refused", code: "not_allowed" })
})
