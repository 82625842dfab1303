// A real agent CLI in a real session: one turn with a model server of our own, a tool that is approved, and its answer.
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { newSessionId } from "../../protocol/ids.ts"
import { type Agent, prepareAgent } from "../support/agent.ts"
import { live, shows, signIn, startBrowser } from "../support/console.ts"
import { type Home, startHome } from "../support/home.ts"
import { type ModelServer, startModelServer } from "../support/model-server.ts"
import { firstDifference } from "../support/screen-state.ts"
import { Viewer } from "../support/viewer.ts"

let home: Home
let model: ModelServer
let agent: Agent
let browser: Browser

/** What the model is told to do: run a command, which the agent asks leave for. */
const PROMPT = "RUN:echo it-$((40+2))-works > proof.txt; cat proof.txt:END"
const ANSWER = "It printed: it-42-works"

beforeAll(async () => {
	model = await startModelServer()
	agent = await prepareAgent(model.url)
	// As on a computer where a person has installed the agent and given it its key.
	home = await startHome({ environment: agent.environment })
	browser = await startBrowser()
}, 240_000)

afterAll(async () => {
	await browser?.close()
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
		await attached.shows("? for shortcuts", 40_000)
		attached.type(PROMPT)
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
		await attached.shows(ANSWER, 40_000)
		expect(existsSync(join(cwd, "proof.txt"))).toBe(true)
		expect(model.seen).toContain("POST /v1/messages")
	} finally {
		viewer.close()
	}
}, 120_000)

test("[INP1] a person works one turn with an agent through the console", async () => {
	rmSync(join(agent.cwd, "proof.txt"), { force: true })
	const { context, page } = await signIn(browser, home)
	context.setDefaultTimeout(40_000)
	await page.getByRole("button", { name: "New session" }).first().click()
	await page.getByText("Claude Code", { exact: true }).click()
	await page.getByRole("combobox", { name: "Directory" }).fill(agent.cwd)
	await page.getByRole("button", { name: "Start", exact: true }).click()
	await live(page)
	await shows(page, "? for shortcuts")
	await page.keyboard.type(PROMPT)
	await shows(page, "RUN:echo")
	await page.keyboard.press("Enter")
	await shows(page, "Do you want to proceed?")
	expect(existsSync(join(agent.cwd, "proof.txt"))).toBe(false)
	await page.keyboard.press("1")
	await shows(page, ANSWER)
	expect(existsSync(join(agent.cwd, "proof.txt"))).toBe(true)
	await context.close()
}, 120_000)
