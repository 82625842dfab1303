// A real agent CLI in a real session: one turn with a model server of our own, a tool that is approved, and its answer.
import { existsSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { newSessionId } from "../../protocol/ids.ts"
import { type Agent, prepareAgent } from "../support/agent.ts"
import { type Home, startHome } from "../support/home.ts"
import { type ModelServer, startModelServer } from "../support/model-server.ts"
import { firstDifference } from "../support/screen-state.ts"
import { Viewer } from "../support/viewer.ts"

let home: Home
let model: ModelServer
let agent: Agent

beforeAll(async () => {
	model = await startModelServer()
	agent = await prepareAgent(model.url)
	home = await startHome()
}, 240_000)

afterAll(async () => {
	await home?.stop()
	await model?.stop()
	agent?.forget()
})

test("[OUT2] an agent works one turn under a viewer's hands, and a late viewer sees its very screen", async () => {
	const session = newSessionId()
	const { argv, cwd, environment } = agent
	await home.call("startSession", {
		params: { machine: home.machine.id },
		body: { id: session, runtime: "custom", argv, cwd, environment, cols: 100, rows: 30 },
	})
	const viewer = new Viewer({ url: home.url, token: home.token, machine: home.machine.id })
	const attached = await viewer.attach(session, 100, 30)
	try {
		await attached.shows(/❯|>/, 40_000)
		await attached.shows("? for shortcuts", 40_000)
		attached.type("RUN:echo it-$((40+2))-works > proof.txt; cat proof.txt:END")
		await attached.shows("RUN:echo")
		attached.type("\r")
		await attached.shows("Do you want to proceed?", 40_000)
		expect(existsSync(join(cwd, "proof.txt"))).toBe(false)

		const late = new Viewer({ url: home.url, token: home.token, machine: home.machine.id })
		const seen = await late.attach(session, 100, 30)
		await seen.shows("Do you want to proceed?")
		expect(firstDifference(await attached.screen.state(), await seen.screen.state())).toBeNull()
		late.close()

		attached.type("1")
		await attached.shows("It printed: it-42-works", 40_000)
		expect(existsSync(join(cwd, "proof.txt"))).toBe(true)
		expect(model.seen).toContain("POST /v1/messages")
	} finally {
		viewer.close()
	}
}, 120_000)
