// The runtime's own conversation, taken up by real agent CLIs in sessions that begin again.
import { afterAll, beforeAll, expect, test } from "vitest"
import { newSessionId } from "../../protocol/ids.ts"
import { type Agent, prepareAgent } from "../support/agent.ts"
import { type Home, startHome } from "../support/home.ts"
import { type ModelServer, startModelServer } from "../support/model-server.ts"
import { Viewer } from "../support/viewer.ts"

let home: Home
let model: ModelServer
let agent: Agent

beforeAll(async () => {
	model = await startModelServer()
	agent = await prepareAgent(model.url)
	home = await startHome({ environment: agent.environment })
}, 240_000)

afterAll(async () => {
	await home?.stop()
	await model?.stop()
	agent?.forget()
})

test("[SES2] an agent that begins again has its conversation, and one that said nothing begins one", async () => {
	const machine = home.machine.id
	const session = newSessionId()
	const body = { id: session, runtime: "claude-code", cwd: agent.cwd, cols: 100, rows: 40 }
	await home.call("startSession", { params: { machine }, body })
	const viewer = new Viewer({ url: home.url, token: home.token, machine })
	const attached = await viewer.attach(session, 100, 40)
	const again = (resume: boolean) => home.call("restartSession", { params: { machine, session }, body: { resume } })
	/** What the screen shows of the last run. */
	const shown = async (run: number) => {
		const { lines } = await home.call("readScreen", { params: { machine, session } })
		const runs = lines.join("\n").split(/── started again.* ──/)
		return runs.length >= Math.min(run, 2) ? (runs.at(-1) ?? "") : ""
	}
	try {
		await attached.shows("? for shortcuts", 40_000)
		expect(await again(true)).toMatchObject({ run: 2 })
		await expect.poll(() => shown(2), { timeout: 40_000 }).toContain("? for shortcuts")
		attached.type("the first word is mango")
		await attached.shows("the first word is mango")
		attached.type("\r")
		await attached.shows("The model heard:", 40_000)
		expect(await again(true)).toMatchObject({ run: 3 })
		await expect.poll(() => shown(3), { timeout: 40_000 }).toMatch(/first word is mango[\s\S]*The model heard/)
		expect(await again(false)).toMatchObject({ run: 4 })
		await expect.poll(() => shown(4), { timeout: 40_000 }).toMatch(/^(?![\s\S]*mango)[\s\S]*\? for shortcuts/)
	} finally {
		viewer.close()
	}
}, 120_000)
