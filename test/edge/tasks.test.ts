// Tasks by the API: who submits, sees and changes which, what is told of them, and what their machines get.
import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import { newSessionId, newTaskId, type UploadId } from "../../protocol/ids.ts"
import { FILE_BYTES, UPLOADED_BYTES } from "../../protocol/limits.ts"
import { routePath } from "../../protocol/routes.ts"
import { Manifest } from "../../protocol/task.ts"
import { ToldOutput } from "../../protocol/task-stream.ts"
import { DiskStore } from "../../worker/artifacts/disk.ts"
import { artifactKey, uploadKey } from "../../worker/artifacts.ts"
import { hash as hashOf } from "../../worker/hash.ts"
import { ask, codeOf, dialToken, type Program, somebody } from "./home.ts"
import { TaskMachine } from "./task-machine.ts"

const draft = (more: object = {}) => Manifest.parse({ runtime: "shell", prompt: "true", ...more })
const team = () => somebody("owner", "elsewhere")

async function submit({ call }: Program, more: object = {}) {
	const [task] = (await call("submitTasks", { body: { manifest: draft(more) } })).tasks
	if (task === undefined) throw new Error("nothing was submitted")
	return task
}

/** A request as this machine. */
async function asMachine({ keys }: TaskMachine, path: string, init: RequestInit = {}): Promise<Response> {
	return ask(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${await dialToken(keys)}` } })
}

/** Server-sent events, as they come: [name, id, data]. */
async function* told(response: Response): AsyncGenerator<[string, string, unknown]> {
	let text = ""
	for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
		const blocks = (text + piece).split("\n\n")
		text = blocks.pop() ?? ""
		for (const block of blocks) {
			const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? ""
			if (field("event") !== "") yield [field("event"), field("id"), JSON.parse(field("data"))]
		}
	}
}

async function events(response: Response): Promise<[string, string, unknown][]> {
	const all: [string, string, unknown][] = []
	for await (const event of told(response)) all.push(event)
	return all
}

test("a task is taken by a machine, followed to its end, and history then", async () => {
	const by = await team()
	const machine = await TaskMachine.start(by)
	const session = newSessionId()
	const task = await submit(by, { name: "First" })
	const taken = await machine.take()
	expect(taken).toMatchObject({ task: task.id, fence: 1, manifest: { name: "First" } })
	const changes = ask(routePath("followTask", { task: task.id }), { headers: by.headers })
	await machine.report(taken, "running", { session })
	expect((await by.call("listTasks", { query: {} })).tasks).toMatchObject([{ id: task.id, state: { is: "running" } }])
	expect(await machine.report(taken, "succeeded", { exitCode: 0 })).toBe("forget")

	const all = await events(await changes)
	expect(all.map(([is, id]) => [is, id])).toEqual([
		["change", "1"],
		["change", "2"],
		["change", "3"],
		["change", "4"],
		["end", ""],
	])
	expect(all.map(([, , data]) => (data as { is?: string }).is)).toEqual([
		"queued",
		"claimed",
		"running",
		"succeeded",
		undefined,
	])
	const headers = { ...by.headers, "last-event-id": "3" }
	expect(
		(await events(await ask(routePath("followTask", { task: task.id }), { headers }))).map(([, id]) => id),
	).toEqual(["4", ""])

	const { tasks } = await by.call("listTasks", { query: {} })
	expect(tasks).toMatchObject([{ id: task.id, state: { is: "succeeded", exitCode: 0 }, session }])
	expect(await env.DB.prepare("SELECT machine_id FROM task WHERE id = ?").bind(task.id).first("machine_id")).toBe(
		machine.id,
	)
	expect((await by.call("listTasks", { query: { before: task.id } })).tasks).toEqual([])
	expect((await by.call("showTask", { params: { task: task.id } })).manifest.prompt).toBe("true")
})

test("a task's output comes as it is made, on from where somebody has read, until the end", async () => {
	const by = await team()
	const machine = await TaskMachine.start(by)
	const { id: task } = await submit(by)
	const taken = await machine.take()
	const session = newSessionId()
	await machine.report(taken, "running", { session })
	const path = routePath("followTaskLog", { task })
	let output = "one\n"
	machine.serve("log", (of) => {
		expect(of.session).toBe(session)
		const from = Number(of.from)
		return { from, base64: btoa(output.slice(from)), end: output.length }
	})
	const part = (from: number, text: string) => ToldOutput.parse({ attempt: 1, session, from, base64: btoa(text) })
	const reading = told(await ask(path, { headers: by.headers }))
	expect((await reading.next()).value).toEqual(["output", "1:4", part(0, "one\n")])
	output += "two\n"
	expect((await reading.next()).value).toEqual(["output", "1:8", part(4, "two\n")])
	output += "end\n"
	await machine.report(taken, "succeeded", { exitCode: 0 })
	expect((await reading.next()).value).toEqual(["output", "1:12", part(8, "end\n")])
	expect((await reading.next()).value).toEqual(["end", "", {}])
	const again = await ask(path, { headers: { ...by.headers, "last-event-id": "1:4" } })
	expect(await events(again)).toEqual([
		["output", "1:12", part(4, "two\nend\n")],
		["end", "", {}],
	])
	machine.link.close()
	await machine.link.closed
	expect(await codeOf(await ask(path, { headers: by.headers }))).toBe("machine_offline")
})

test("one manifest becomes many tasks, which texts tell apart; the same key again is the same tasks", async () => {
	const by = await team()
	const manifest = draft({ name: "build", prompt: "{{index}} of {{count}}", environment: { OS: "{{ matrix.os }}" } })
	const body = { manifest, count: 2, matrix: { os: ["linux", "darwin"] }, key: "many" }
	const { tasks } = await by.call("submitTasks", { body })
	expect(tasks.map(({ name }) => name)).toEqual(["build 1", "build 2", "build 3", "build 4"])
	expect(tasks.map(({ of }) => of?.index)).toEqual([1, 2, 3, 4])
	expect(tasks[0]?.key).toBe("many/1")
	expect((await by.call("submitTasks", { body })).tasks.map(({ id }) => id)).toEqual(tasks.map(({ id }) => id))
	const group = tasks[0]?.of?.group
	expect((await by.call("listTasks", { query: { group } })).tasks).toHaveLength(4)
	const shown = await by.call("showTask", { params: { task: tasks[2]?.id ?? newTaskId() } })
	expect(shown.manifest).toMatchObject({ prompt: "3 of 4", environment: { OS: "darwin" } })

	const other = await somebody("developer", by)
	const [theirs] = (await other.call("submitTasks", { body: { manifest: draft(), key: "many/1" } })).tasks
	expect(tasks.map(({ id }) => id)).not.toContain(theirs?.id)
	await expect(by.call("submitTasks", { body: { manifest, count: 201 } })).rejects.toMatchObject({
		code: "invalid_request",
	})
	await expect(by.call("submitTasks", { body: { manifest, count: 2 } })).rejects.toThrow("The matrix has no os")
})

test("what no machine could ever do does not wait for one", async () => {
	const by = await team()
	const worktree = { is: "directory", path: "/srv/app", worktree: true } as const
	const submitted = async (more: object) =>
		by.call("submitTasks", { body: { manifest: draft(more) } }).then(
			() => "done",
			({ message }: Error) => message,
		)
	expect(await submitted({ prompt: " " })).toMatch("shell needs a prompt")
	expect(await submitted({ runtime: "custom", prompt: "" })).toMatch("custom needs its command")
	expect(await submitted({ changes: { do: "push" } })).toMatch("no repository")
	expect(await submitted({ workOn: worktree })).toMatch("substrate: host")
	expect(await submitted({ onSuccess: [{ is: "task", manifest: {} }] })).toMatch("claude-code needs a prompt")
	expect(await submitted({ runtime: "of-a-machine", prompt: "" })).toBe("done")
	const [task] = (await by.call("listTasks", { query: {} })).tasks
	if (task === undefined) throw new Error("nothing was submitted")
	const edited = by.call("editTask", { params: { task: task.id }, body: { manifest: draft({ prompt: "" }) } })
	await expect(edited).rejects.toMatchObject({ code: "invalid_request" })
	const when = { is: "every", seconds: 3_600 } as const
	const schedule = { name: "Nightly", when, manifest: draft({ prompt: "" }) }
	await expect(by.call("createSchedule", { body: schedule })).rejects.toMatchObject({ code: "invalid_request" })
})

test("a task asks for no more than its submitter may have", async () => {
	const by = await team()
	const { call } = await somebody("developer", by)
	const refused = async (more: object) =>
		call("submitTasks", { body: { manifest: draft(more) } }).then(
			() => "done",
			({ message }: Error) => message,
		)
	expect(await refused({ secrets: { TOKEN: "DEPLOY" } })).toMatch("no secret DEPLOY")
	expect(await refused({ onFailure: [{ is: "task", manifest: { secrets: { TOKEN: "DEPLOY" } } }] })).toMatch(
		"no secret DEPLOY",
	)
	expect(await refused({ target: { machine: "nowhere" } })).toMatch("no machine nowhere")
	const upload = { path: "a", from: { is: "upload", id: "upl_00000000000000000000" } }
	expect(await refused({ inputs: [upload] })).toMatch("no upload upl_")
	await by.call("saveSecret", { params: { secret: "DEPLOY" }, body: { value: "s3cret" } })
	expect(await refused({ secrets: { TOKEN: "DEPLOY" } })).toBe("done")
	await env.DB.prepare("UPDATE token SET actions = ? WHERE name = 'developer'").bind('["task:submit"]').run()
	expect(await refused({ secrets: { TOKEN: "DEPLOY" } })).toMatch("narrowed")
	expect(await refused({ target: { newVm: {} } })).toMatch("narrowed")
})

test("a task is seen by who sees its machine, and given to no machine that its submitter does not see", async () => {
	const by = await team()
	const [one, other] = [await somebody("developer", by), await somebody("developer", by)]
	const machine = await TaskMachine.start(by)
	await by.call("changeMachine", { params: { machine: machine.id }, body: { members: [one.id] } })
	const { id: waits } = await submit(other)
	const { id } = await submit(one)
	const taken = await machine.take()
	expect(taken.task).toBe(id)
	await machine.report(taken, "running", { session: newSessionId() })
	const seen = async (who: Program) => (await who.call("listTasks", { query: {} })).tasks.map((task) => task.id)
	expect(await seen(one)).toEqual(expect.arrayContaining([id, waits]))
	expect(await seen(other)).toEqual([waits])
	for (const route of ["followTask", "followTaskLog"] as const)
		expect(await codeOf(await ask(routePath(route, { task: id }), { headers: other.headers }))).toBe("not_found")
	await expect(other.call("cancelTask", { params: { task: id }, body: {} })).rejects.toMatchObject({
		code: "not_found",
	})
	await expect(other.call("moveTask", { params: { task: waits }, body: { before: id } })).rejects.toMatchObject({
		code: "not_found",
	})
	const { task } = await one.call("cancelTask", { params: { task: id }, body: { reason: "enough" } })
	expect(task.state).toMatchObject({ is: "cancelled", reason: "enough" })
	expect(await seen(other)).toEqual([waits])
})

test("what waits is edited, moved and retried as whoever does it; what runs is steered", async () => {
	const by = await team()
	const machine = await TaskMachine.start(by)
	const running = await submit(by)
	const taken = await machine.take()
	const [first, second] = [await submit(by, { name: "a" }), await submit(by, { name: "b" })]
	await by.call("moveTask", { params: { task: second.id }, body: { before: first.id } })
	await by.call("editTask", { params: { task: first.id }, body: { manifest: draft({ name: "edited" }) } })
	const { tasks, limits } = await by.call("listTasks", { query: { state: "queued" } })
	expect(tasks.map(({ name, position }) => [name, position])).toEqual([
		["b", 1],
		["edited", 2],
	])
	await expect(
		by.call("editTask", { params: { task: running.id }, body: { manifest: draft() } }),
	).rejects.toMatchObject({ code: "task_started" })
	await machine.report(taken, "running", { session: newSessionId() })
	const steered = by.call("steerTask", { params: { task: running.id }, body: { id: "1", text: "Stop there" } })
	expect(await machine.answer("steerTask", {})).toMatchObject({ id: "1", text: "Stop there" })
	expect((await steered).task.events.at(-1)).toMatchObject({ is: "steered", by: { is: "token" } })

	await by.call("cancelTask", { params: { task: first.id }, body: {} })
	const again = await by.call("retryTask", { params: { task: first.id }, body: { key: "once" } })
	const twice = await by.call("retryTask", { params: { task: first.id }, body: { key: "once" } })
	expect(again.task).toMatchObject({ name: "edited", key: "once", id: twice.task.id })
	expect(again.task.id).not.toBe(first.id)
	expect(await by.call("writeTaskLimits", { body: { ...limits, atOnce: 3 } })).toEqual(await by.call("readTaskLimits"))
})

test("the machine of an attempt alone gets its secrets and inputs", async () => {
	const by = await team()
	for (const [secret, value] of [
		["DEPLOY", "s3cret"],
		["MODEL_KEY", "sk-1"],
	] as const)
		await by.call("saveSecret", {
			params: { secret },
			body: { value, runtimes: secret === "MODEL_KEY" ? ["shell"] : [] },
		})
	const sent = { method: "POST", headers: by.headers, body: "an input" }
	const upload = (await (await ask("/api/uploads", sent)).json()) as { id: string; size: number; hash: string }
	expect(upload).toMatchObject({ size: 8, hash: await hashOf("an input") })
	const machine = await TaskMachine.start(by)
	const inputs = [{ path: "a.txt", from: { is: "upload", id: upload.id } }]
	await submit(by, { secrets: { TOKEN: "DEPLOY" }, inputs })
	const { task, fence } = await machine.take()
	const bystander = await TaskMachine.start(by)
	const secrets = (who: TaskMachine, number: number) =>
		asMachine(who, `/api/machine/tasks/${task}/secrets`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ fence: number, session: newSessionId() }),
		})
	expect(await (await secrets(machine, fence)).json()).toEqual({
		secrets: { DEPLOY: "s3cret" },
		bound: [{ name: "MODEL_KEY", variable: "MODEL_KEY", value: "sk-1" }],
	})
	expect(await codeOf(await secrets(bystander, fence))).toBe("request_gone")
	expect(await codeOf(await secrets(machine, fence + 1))).toBe("request_gone")
	const input = `/api/machine/tasks/${task}/uploads/${upload.id}?fence=${fence}`
	expect(await (await asMachine(machine, input)).text()).toBe("an input")
	expect(await codeOf(await asMachine(bystander, input))).toBe("request_gone")
	await by.call("cancelTask", { params: { task }, body: {} })
	expect(await codeOf(await secrets(machine, fence))).toBe("request_gone")
})

test("an upload is one workspace's, and goes with its file when its time is over", async () => {
	const [by, stranger] = [await team(), await team()]
	const upload = async () =>
		(await (await ask("/api/uploads", { method: "POST", headers: by.headers, body: "an input" })).json()) as {
			id: UploadId
		}
	const { id } = await upload()
	const using = (who: Program) => submit(who, { inputs: [{ path: "a", from: { is: "upload", id } }] })
	await expect(using(stranger)).rejects.toThrow("no upload")
	await using(by)
	const kept = () => env.ARTIFACT_BUCKET?.head(uploadKey(by.workspace, id))
	expect(await kept()).not.toBeNull()
	await env.DB.prepare("UPDATE upload SET expires_at = 1 WHERE id = ?").bind(id).run()
	await expect(using(by)).rejects.toThrow("no upload")
	await upload()
	expect(await kept()).toBeNull()
	expect(await env.DB.prepare("SELECT 1 FROM upload WHERE id = ?").bind(id).first()).toBeNull()
	const large = { method: "POST", headers: { ...by.headers, "content-length": String(FILE_BYTES + 1) } }
	expect(await codeOf(await ask("/api/uploads", large))).toBe("too_large")
	await env.DB.prepare("UPDATE upload SET size = ? WHERE workspace_id = ?").bind(UPLOADED_BYTES, by.workspace).run()
	expect(await codeOf(await ask("/api/uploads", { method: "POST", headers: by.headers, body: "x" }))).toBe("too_many")
})

test("artifacts are kept by their hash, or read from the machine that has them; no browser takes one for a page", async () => {
	const by = await team()
	const machine = await TaskMachine.start(by)
	const { id: task } = await submit(by)
	const taken = await machine.take()
	const [kept, left] = ["<script>alert(1)</script>", "x".repeat(5)]
	const artifacts = [
		{ path: "out/it's.html", size: kept.length, hash: await hashOf(kept), type: "text/html" },
		{ path: "left.txt", size: left.length, hash: await hashOf(left), type: "text/plain" },
	]
	const keep = (hash: string, body: string) =>
		asMachine(machine, `/api/machine/tasks/${task}/artifacts/${hash}?fence=1`, { method: "PUT", body })
	expect(await codeOf(await keep(artifacts[0]?.hash ?? "", "something else"))).toBe("invalid_request")
	expect(await (await keep(artifacts[0]?.hash ?? "", kept)).json()).toEqual({ isKept: true })
	await machine.report(taken, "collecting")
	await machine.report(taken, "succeeded", { artifacts })
	const read = (path: string, who: Program = by) =>
		ask(`/api/tasks/${task}/artifact?path=${encodeURIComponent(path)}`, { headers: who.headers })
	const first = await read("out/it's.html")
	expect(await first.text()).toBe(kept)
	expect(first.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''it%27s.html")
	const reading = read("left.txt")
	expect(await machine.answer("readArtifact", { base64: btoa("xxx"), size: 5 })).toMatchObject({ fence: 1, from: 0 })
	expect(await machine.answer("readArtifact", { base64: btoa("xx"), size: 5 })).toMatchObject({ from: 3 })
	expect(await (await reading).text()).toBe(left)
	expect(await codeOf(await read("nothing"))).toBe("not_found")
	expect(await codeOf(await read("left.txt", await team()))).toBe("not_found")
	expect(await env.ARTIFACT_BUCKET?.head(artifactKey(by.workspace, task, artifacts[0]?.hash ?? ""))).not.toBeNull()
})

test("the disk keeps a file whole or not at all, in parts of a size, and forgets all of it", async () => {
	const disk = env.ARTIFACT_DISK
	if (disk === undefined) throw new Error("invariant: these tests bind a disk")
	const store = new DiskStore(disk)
	const bytes = new Uint8Array(5 * 1024 * 1024)
	for (let at = 0; at < bytes.length; at += 1_000) bytes[at] = at
	const file = () => ({ body: new Blob([bytes]).stream(), size: bytes.length })
	const keys = async () => (await disk.list()).keys.map(({ name }) => name)
	const small = { body: new Blob(["abc"]).stream(), size: 3 }
	for (const wrong of [
		{ ...file(), size: bytes.length - 1 },
		{ ...small, size: 4 },
		{ ...file(), hash: "0".repeat(64) },
	])
		await expect(store.put("a", wrong)).rejects.toMatchObject({ code: "invalid_request" })
	expect(await keys()).toEqual([])
	const hash = await store.put("a", file())
	expect(await store.put("a", { ...file(), hash })).toBe(hash)
	expect(await keys()).toHaveLength(3)
	const read = await store.get("a")
	if (read === undefined) throw new Error("it is not there")
	expect(await store.put("b", read)).toBe(hash)
	for (const key of ["a", "b"]) await store.remove(key)
	expect(await keys()).toEqual([])
	expect(await store.get("a")).toBeUndefined()
})

test("the schema of a manifest is published", async () => {
	const response = await ask("/api/task.schema.json")
	expect(response.headers.get("content-type")).toBe("application/schema+json")
	const schema = (await response.json()) as {
		$schema: string
		$ref: string
		$defs: { Manifest: { properties: object } }
	}
	expect(schema).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema", $ref: "#/$defs/Manifest" })
	expect(schema.$defs.Manifest).toMatchObject({ additionalProperties: false })
	expect(Object.keys(schema.$defs.Manifest.properties)).toEqual(Object.keys(Manifest.shape))
})
