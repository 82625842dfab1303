// A real agent is started from Telegram, asks for leave there, is given it by a button, and works: the home, the connector
// and the agent are real; Telegram is a server that follows its published Bot API.
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Client, client } from "../../protocol/client.ts"
import type { MachineId } from "../../protocol/ids.ts"
import { signSignInLink } from "../../protocol/sign-in-link.ts"
import { HOME, Home, OWN_PAGE, SIGN_IN_KEY } from "../authz/home.ts"
import { BotApi, type Shown, type Update } from "../edge/node/bot-api.ts"
import { type Agent, prepareAgent } from "../support/agent.ts"
import { HOMEPORT, NODE, processesOver } from "../support/home.ts"
import { type ModelServer, startModelServer } from "../support/model-server.ts"
import { until } from "../support/until.ts"

const api = new BotApi()
const folder = mkdtempSync(join(tmpdir(), "homeport-telegram-"))
let home: Home
let model: ModelServer
let agent: Agent
let call: Client
let machine: MachineId
let connector: ChildProcess | undefined

const ANN = { id: 501, first_name: "Ann", language_code: "en" }
const COMMAND = "echo it-$((40+2))-works > proof.txt; cat proof.txt"
const poll = { timeout: 40_000 }

beforeAll(async () => {
	model = await startModelServer()
	agent = await prepareAgent(model.url)
	home = await Home.start({
		internet: async (request) => ((await api.answer(request)) ?? new Response(null, { status: 502 })) as never,
	})
	const signedIn = await home.post("/api/sign-in", { token: await signSignInLink(SIGN_IN_KEY, Date.now()) }, OWN_PAGE)
	const cookie = signedIn.headers
		.getSetCookie()
		.map((line) => line.split(";", 1)[0])
		.join("; ")
	call = client(
		(path, init) =>
			home.ask(path, { ...(init as object), headers: { ...(init.headers as object), ...OWN_PAGE, cookie } }) as never,
	)
	const { code } = await call("createEnrollment")
	writeFileSync(join(folder, "settings.json"), JSON.stringify({ substrate: "host" }), { mode: 0o600 })
	const args = [HOMEPORT, "connect", await home.url(), "--code", code, "--name", "box", "--data-dir", folder]
	connector = spawn(NODE, args, { stdio: "ignore", env: { ...process.env, ...agent.environment } })
	const linked = async () => (await call("listMachines")).machines.find(({ presence }) => presence.is === "linked")
	await until("the machine is linked", async () => (await linked()) !== undefined)
	machine = (await linked())?.id as MachineId
}, 240_000)

afterAll(async () => {
	connector?.kill("SIGKILL")
	for (const pid of processesOver(folder)) process.kill(pid, "SIGKILL")
	rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
	await home?.stop()
	await model?.stop()
	agent?.forget()
})

const proof = () => join(agent.cwd, "proof.txt")

/** Telegram brings an update. */
async function bring(update: Update): Promise<void> {
	const { url = HOME, secret = "" } = api.webhook ?? {}
	const headers = { "x-telegram-bot-api-secret-token": secret }
	expect((await home.post(new URL(url).pathname, update, headers)).status).toBe(200)
}

async function shows(find: (message: Shown) => boolean): Promise<Shown> {
	await expect.poll(() => api.messages.find(find), poll).toBeDefined()
	return api.messages.find(find) as Shown
}

function button({ buttons }: Shown, label: string): string {
	return buttons.flat().find(({ text }) => text === label)?.callback_data ?? ""
}

test("an agent is started from a chat, asks there, is let by a button once, and both messages say what came of it", async () => {
	const { channel } = await call("connectChannel", { body: { credentials: { is: "telegram", token: api.token } } })
	const { code } = await call("pairChat", { params: { channel: channel.id } })
	await bring(api.said(ANN, ANN.id, `/start ${code}`))
	await shows(({ text }) => text.includes("Paired"))

	await bring(api.said(ANN, ANN.id, `/run @box:${agent.cwd} claude-code RUN:${COMMAND}:END`))
	const progress = await shows(({ text }) => text.startsWith("▶️"))
	const asked = await shows((message) => message.text.includes(COMMAND) && button(message, "Yes") !== "")
	expect(asked.text).toContain("@ box")
	await expect.poll(() => progress.text, poll).toContain("Do you want to proceed?")
	expect(existsSync(proof())).toBe(false)

	const yes = button(asked, "Yes")
	await Promise.all([bring(api.pressed(ANN, asked, yes)), bring(api.pressed(ANN, asked, yes))])
	await expect.poll(() => existsSync(proof()), poll).toBe(true)
	await expect.poll(() => asked.text, poll).toContain("☑️ Yes")
	expect(asked.buttons).toEqual([])
	await expect.poll(() => progress.text, poll).toContain("It printed: it-42-works")
	await expect.poll(() => api.toasts.length, poll).toBe(2)
	expect(api.messages.filter(({ text }) => text.includes(COMMAND) && text.includes("☑️"))).toHaveLength(1)
	const [{ id: session } = { id: "" }] = (await call("listSessions")).sessions
	const { items } = await call("listAttention", { query: { session: session as never } })
	expect(items.filter(({ kind }) => kind === "approval")).toMatchObject([
		{ state: { is: "answered", isConfirmed: true, by: { is: "person", via: "telegram" } } },
	])

	// Words in reply to its message are its next work, and /deny answers what it then asks.
	rmSync(proof())
	await bring(api.said(ANN, ANN.id, `RUN:${COMMAND}:END`, { reply_to_message: { message_id: progress.id } }))
	await shows((message) => message.id > asked.id && message.text.includes(COMMAND) && button(message, "Yes") !== "")
	await bring(api.said(ANN, ANN.id, "/deny"))
	await shows(({ id, text }) => id > asked.id && text.includes("☑️"))
	expect(existsSync(proof())).toBe(false)

	// A photo lands beside its work, where git does not see it.
	const bytes = new TextEncoder().encode("a picture")
	const photo = [{ file_id: api.file(bytes), file_size: bytes.length, width: 1, height: 1 }]
	await bring(api.said(ANN, ANN.id, null, { photo, reply_to_message: { message_id: progress.id } }))
	const saved = await shows(({ text }) => text.includes("Saved as"))
	const path = /Saved as (\S+)\.$/m.exec(saved.text)?.[1] ?? ""
	const params = { machine, session: session as never }
	const { base64 } = await call("readFile", { params, query: { path } })
	expect(atob(base64)).toBe("a picture")
	expect(atob((await call("readFile", { params, query: { path: ".homeport/inbox/.gitignore" } })).base64)).toBe("*\n")

	await bring(api.said(ANN, ANN.id, "/stop"))
	await expect.poll(() => progress.text, poll).toMatch(/exited|ended by/)
	expect(JSON.stringify(api.messages)).not.toContain(agent.environment.ANTHROPIC_API_KEY)
}, 240_000)
