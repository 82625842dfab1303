// Tasks of a real agent CLI. From a webhook to a pull request: GitHub tells of a label, the agent works in a sandbox, its
// branch is pushed to a real git server, whose API is asked for the pull request. And with a person at hand, who is asked.
import { createHmac } from "node:crypto"
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { optionMeaning } from "../../protocol/attention.ts"
import { newSessionId } from "../../protocol/ids.ts"
import { Manifest } from "../../protocol/task.ts"
import { TriggerSpec } from "../../protocol/trigger.ts"
import { type Agent, prepareAgent } from "../support/agent.ts"
import { gitServer } from "../support/git-server.ts"
import { type Home, startHome } from "../support/home.ts"
import { type ModelServer, startModelServer } from "../support/model-server.ts"

let home: Home
let model: ModelServer
let agent: Agent

beforeAll(async () => {
	model = await startModelServer()
	agent = await prepareAgent(model.url)
	home = await startHome({ environment: agent.environment, substrate: "sandbox" })
}, 240_000)

afterAll(async () => {
	await home?.stop()
	if (home !== undefined) rmSync(home.dataDir, { recursive: true, force: true, maxRetries: 5 })
	await model?.stop()
	agent?.forget()
})

const FIXTURE = join(import.meta.dirname, "../fixtures/webhooks/github/issues.labeled.json")
const SECRET = "It's a Secret to Everybody"

test("a label becomes a pull request, once, by an agent that a sandbox holds in", async () => {
	const server = await gitServer()
	const asked: { head: string; base: string; title: string }[] = []
	server.instead = (request, response) => {
		if (request.url?.startsWith("/api/v3/repos/ada/engine/pulls") !== true) return false
		const isSigned = request.headers.authorization === `Bearer ${server.secret}`
		let body = ""
		request.on("data", (bytes) => {
			body += bytes
		})
		request.on("end", () => {
			if (request.method === "POST") asked.push(JSON.parse(body))
			const answer = request.method === "POST" ? { html_url: `${server.origin}/ada/engine/pull/7` } : []
			response.writeHead(isSigned ? 200 : 401, { "content-type": "application/json" }).end(JSON.stringify(answer))
		})
		return true
	}
	for (const [secret, value] of Object.entries({ HOOK: SECRET, GIT: server.secret }))
		await home.call("saveSecret", { params: { secret }, body: { value } })
	const { HOME: _home, ANTHROPIC_API_KEY: _key, ...environment } = agent.environment
	const trigger = TriggerSpec.parse({
		name: "Mend",
		source: { is: "github" },
		secret: "HOOK",
		on: ["issue.labelled"],
		template: "RUN:echo mended > mended.txt:END for {{ event.title }}",
		manifest: Manifest.parse({
			runtime: "claude-code",
			argv: ["--allowedTools", "Bash"],
			substrate: "sandbox",
			environment,
			workOn: { is: "repository", url: server.url, credential: { secret: "GIT" } },
			changes: { do: "pull-request", hosting: "github", title: "Mended" },
		}),
	})
	const { url } = await home.call("createTrigger", { body: { trigger } })
	const body = readFileSync(FIXTURE, "utf8")
	const deliver = () =>
		fetch(url, {
			method: "POST",
			body,
			headers: {
				"content-type": "application/json",
				"x-github-event": "issues",
				"x-github-delivery": "one",
				"x-hub-signature-256": `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`,
			},
		})
	expect([(await deliver()).status, (await deliver()).status]).toEqual([202, 202])
	const tasks = async () => (await home.call("listTasks", { query: {} })).tasks
	await expect.poll(async () => (await tasks())[0]?.owner, { timeout: 100_000, interval: 250 }).toBe(null)

	const [task, ...others] = await tasks()
	expect(others).toEqual([])
	expect(task?.state, task?.state.reason).toMatchObject({ is: "succeeded", exitCode: 0 })
	expect(task).toMatchObject({ isFromOutside: true, result: { branch: "homeport/Mend-1" } })
	expect(task?.result?.url).toBe(`${server.origin}/ada/engine/pull/7`)
	expect(model.seen).toContain("POST /v1/messages")
	expect(server.git("show", "homeport/Mend-1:mended.txt")).toBe("mended")
	expect(server.git("log", "--format=%s", "homeport/Mend-1").split("\n")).toHaveLength(2)
	expect(asked).toMatchObject([{ head: "homeport/Mend-1", base: "main", title: "Mended" }])
}, 180_000)

test("an interactive task waits for leave, hears what it is told, and is over when the agent says that it is done", async () => {
	await home.halt()
	// The agent whose screens are known, also where this computer has another one.
	const PATH = `${agent.environment.HOME}/.local/bin:${process.env.PATH}`
	home = await startHome({ dataDir: home.dataDir, environment: { ...agent.environment, PATH } })
	const { HOME: _home, ANTHROPIC_API_KEY: _key, ...environment } = agent.environment
	const manifest = Manifest.parse({
		...{ runtime: "claude-code", interactive: true, substrate: "host", environment },
		prompt: "RUN:echo one > .homeport/outbox/one; echo first:END",
		workOn: { is: "directory", path: agent.cwd },
	})
	const [submitted] = (await home.call("submitTasks", { body: { manifest } })).tasks
	if (submitted === undefined) throw new Error("invariant: a task is submitted")
	const params = { task: submitted.id }
	const look = async () => (await home.call("showTask", { params })).task
	const allow = async (command: string) => {
		const asked = async () => {
			const { items } = await home.call("listInbox")
			return items.find(({ subject, state }) => subject?.text.includes(command) === true && state.is === "open")
		}
		await expect.poll(asked, { timeout: 60_000 }).toBeDefined()
		expect((await look()).state.is).toBe("waiting")
		const item = await asked()
		const option = item && optionMeaning(item.options, "yes")
		if (item === undefined || option === undefined) throw new Error(`There is no yes to ${JSON.stringify(item)}.`)
		const choice = { is: "option" as const, label: option.label }
		await home.call("answerRequest", { params: { request: item.id }, body: { choice } })
	}
	await allow("outbox/one")
	// What it is told while it works is a part of the same turn, which this model has finished then.
	const { session } = await look()
	const screen = { params: { machine: home.machine.id, session: session ?? newSessionId() } }
	await expect.poll(async () => (await home.call("readScreen", screen)).lines.join("\n")).toContain("It printed: first")
	await home.call("steerTask", { params, body: { id: "more", text: "RUN:echo two > .homeport/outbox/two:END" } })
	await allow("outbox/two")
	await expect.poll(async () => (await look()).owner, { timeout: 90_000, interval: 250 }).toBe(null)
	const { state, artifacts, events } = await look()
	expect(state, state.reason).toMatchObject({ is: "succeeded", exitCode: null })
	expect(artifacts.map(({ path }) => path)).toEqual(["one", "two"])
	expect(events.filter(({ is }) => is === "waiting")).toHaveLength(2)
}, 180_000)
