// A real agent CLI in a sandbox: it finds its settings and key, asks for leave, and does harm to nothing but its own.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { newSessionId } from "../../protocol/ids.ts"
import { type Agent, prepareAgent } from "../support/agent.ts"
import { type Home, startHome } from "../support/home.ts"
import { type ModelServer, startModelServer } from "../support/model-server.ts"
import { Viewer } from "../support/viewer.ts"

let home: Home
let model: ModelServer
let agent: Agent

const COMMAND = `echo it-$((40+2))-works > proof.txt; cat proof.txt; touch ~/harm; ls ${join(import.meta.dirname, "../..")} || echo nothing-there`
const PROMPT = `RUN:${COMMAND}:END`

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

test("[SES3] an agent works one turn in a sandbox with its own sign-in, and leaves nothing outside of its directory", async () => {
	const { cwd, environment } = agent
	const { HOME = "", ANTHROPIC_API_KEY: _key, ...given } = environment
	const settings = readFileSync(join(HOME, ".claude.json"), "utf8")
	writeFileSync(join(HOME, "diary"), "of the person")
	const session = newSessionId()
	await home.call("startSession", {
		params: { machine: home.machine.id },
		body: { id: session, runtime: "claude-code", cwd, environment: given, cols: 100, rows: 30 },
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
		attached.type("1")
		await attached.shows("It printed: it-42-works", 40_000)
		await attached.shows("nothing-there")
		expect(readFileSync(join(cwd, "proof.txt"), "utf8")).toBe("it-42-works\n")
		expect(readdirSync(HOME)).not.toContain("harm")
		expect(readFileSync(join(HOME, ".claude.json"), "utf8")).toBe(settings)
	} finally {
		viewer.close()
	}
	const { sessions } = await home.call("listSessions")
	expect(sessions.find(({ id }) => id === session)).toMatchObject({ substrate: "sandbox", state: { is: "running" } })
	await home.call("signalSession", { params: { machine: home.machine.id, session }, body: { signal: "SIGTERM" } })
}, 180_000)
