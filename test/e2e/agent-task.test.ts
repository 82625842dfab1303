// From a webhook to a pull request: GitHub tells of a label, a real agent CLI in a sandbox does the work, and its branch is
// pushed to a real git server, whose API is asked for the pull request.
import { createHmac } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
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
