// A real agent asks for leave, and a person gives it from WeChat: a personal account that the machine polls for, against a
// service that answers as WeChat's, and WeCom's bot, whose calls come signed and encrypted.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto"
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { client } from "../../protocol/client.ts"
import { newSessionId, type SessionId } from "../../protocol/ids.ts"
import { type Agent, prepareAgent } from "../support/agent.ts"
import { type Home, startHome } from "../support/home.ts"
import { type ModelServer, startModelServer } from "../support/model-server.ts"
import { Viewer } from "../support/viewer.ts"
import { WeixinServer } from "../support/weixin-server.ts"

let home: Home
let model: ModelServer
let agent: Agent
let weixin: WeixinServer

const COMMAND = "echo it-$((40+2))-works > proof.txt; cat proof.txt"

beforeAll(async () => {
	weixin = await WeixinServer.start()
	model = await startModelServer()
	agent = await prepareAgent(model.url)
	home = await startHome({ environment: { ...agent.environment, HOMEPORT_WEIXIN_URL: weixin.url } })
}, 240_000)

afterAll(async () => {
	await home?.stop()
	await weixin?.stop()
	await model?.stop()
	agent?.forget()
})

const poll = { timeout: 40_000 }
const proof = () => join(agent.cwd, "proof.txt")

/** The agent, which has been told to run the command, and asks for leave. */
async function asking(name: string): Promise<SessionId> {
	rmSync(proof(), { force: true })
	const session = newSessionId()
	const { cwd, environment } = agent
	await home.call("startSession", {
		params: { machine: home.machine.id },
		body: { id: session, name, runtime: "claude-code", cwd, environment, cols: 100, rows: 40 },
	})
	const viewer = new Viewer({ url: home.url, token: home.token, machine: home.machine.id })
	const attached = await viewer.attach(session, 100, 40)
	await attached.shows("? for shortcuts", 40_000)
	attached.type(`RUN:${COMMAND}:END`)
	await attached.shows("RUN:echo")
	attached.type("\r")
	await attached.shows("Do you want to proceed?", 40_000)
	viewer.close()
	expect(existsSync(proof())).toBe(false)
	return session
}

/** The number of the first answer. */
function numberOfYes(text: string): string {
	const [, number] = /^(\d+)\. Yes$/m.exec(text) ?? []
	if (number === undefined) throw new Error(`no Yes in: ${text}`)
	return number
}

const texts = () => weixin.sent.map(({ text }) => text)
let messages = 0
const say = (text: string) => weixin.push({ id: String(18_446_744_073_709_551_000n + BigInt(++messages)), text })

test("a personal WeChat account is scanned in, and its person lets the agent's tool run by a number, once", async () => {
	const { channel } = await home.call("connectChannel", {
		body: { credentials: { is: "weixin", machine: home.machine.id } },
	})
	const params = { channel: channel.id }
	expect(await home.call("signInChannel", { params, body: {} })).toMatchObject({ is: "scan" })
	weixin.status = {
		status: "confirmed",
		bot_token: "SENTINEL-WEIXIN",
		ilink_bot_id: "bot@im.bot",
		ilink_user_id: "alice@im.wechat",
		baseurl: weixin.url,
	}
	expect(await home.call("signInChannel", { params, body: {} })).toMatchObject({ is: "done" })
	const { code } = await home.call("pairChat", { params })
	say(`/pair ${code}`)
	await expect.poll(texts, poll).toHaveLength(1)

	const session = await asking("wechat")
	await expect.poll(() => texts().some((text) => text.includes("Yes")), poll).toBe(true)
	const told = texts().find((text) => text.includes("Yes")) ?? ""
	expect(told).toContain("proof.txt")
	const before = texts().length
	// The connector dies with the answer on its way, and comes back.
	process.kill(home.pids.connector, "SIGKILL")
	say(numberOfYes(told))
	await expect.poll(() => existsSync(proof()), poll).toBe(true)
	await expect
		.poll(async () => (await home.call("listAttention", { query: { session } })).items, poll)
		.toMatchObject([{ kind: "approval", state: { is: "answered", by: { is: "person", via: "wechat" } } }])
	// The place is told what came of it.
	await expect.poll(() => texts().length, poll).toBeGreaterThan(before)
	expect(JSON.stringify([weixin.sent.map(({ token: _, ...sent }) => sent), home.said()])).not.toContain("SENTINEL")
	await home.call("removeChannel", { params })
}, 240_000)

test("by WeCom's bot, whose calls are signed and encrypted, the same is asked for and answered in its streams", async () => {
	const aesKey = randomBytes(33).toString("base64").replace(/[+/=]/g, "x").slice(0, 43)
	const wecom = new Wecom(home.url, "the-token", aesKey)
	// As if it were behind a proxy that ends TLS: WeCom calls nothing else.
	const behind = client((path, init) =>
		fetch(home.url + path, {
			...init,
			headers: { ...init.headers, authorization: `Bearer ${home.token}`, "x-forwarded-proto": "https" },
		}),
	)
	const credentials = { is: "wecom", token: "the-token", aesKey } as const
	const { channel } = await behind("connectChannel", { body: { credentials } })
	wecom.path = new URL(channel.url ?? "").pathname
	const { code } = await home.call("pairChat", { params: { channel: channel.id } })
	expect(await wecom.say(`/pair ${code}`)).toContain("/help")
	const session = await asking("wecom")
	await expect.poll(() => wecom.say("/inbox"), poll).toContain("Yes")
	const listed = await wecom.say("收件箱")
	expect(listed).toContain("proof.txt")
	const number = numberOfYes(listed)
	await Promise.all([wecom.say(number, "again"), wecom.say(number, "again"), wecom.say(number)])
	await expect.poll(() => existsSync(proof()), poll).toBe(true)
	const { items } = await home.call("listAttention", { query: { session } })
	expect(items.filter(({ state }) => state.is === "answered")).toHaveLength(1)
	// A number of a request that is over is answered, and types nothing.
	rmSync(proof())
	expect(await wecom.say(number)).not.toBe("")
	expect(existsSync(proof())).toBe(false)
}, 240_000)

/** WeCom as it calls a bot: the cipher and the signature by Node's own library. */
class Wecom {
	path = ""
	readonly #url: string
	readonly #token: string
	readonly #key: Buffer

	constructor(url: string, token: string, aesKey: string) {
		this.#url = url
		this.#token = token
		this.#key = Buffer.from(`${aesKey}=`, "base64")
	}

	/** Says something, and waits for all of the answer. */
	async say(content: string, msgid: string = randomBytes(8).toString("hex")): Promise<string> {
		const message = { msgid, aibotid: "BOT", chattype: "single", from: { userid: "alice" }, msgtype: "text" }
		let { stream } = await this.#call({ ...message, text: { content } })
		while (!stream.finish)
			({ stream } = await this.#call({ msgid: "poll", msgtype: "stream", stream: { id: stream.id } }))
		return stream.content
	}

	async #call(callback: object): Promise<{ stream: { id: string; finish: boolean; content: string } }> {
		const encrypt = this.#seal(JSON.stringify(callback))
		const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomBytes(8).toString("hex")]
		const query = new URLSearchParams({ msg_signature: this.#sign(timestamp, nonce, encrypt), timestamp, nonce })
		const response = await fetch(`${this.#url}${this.path}?${query}`, {
			method: "POST",
			body: JSON.stringify({ encrypt }),
		})
		const said = (await response.json()) as { encrypt: string; msgsignature: string; timestamp: number; nonce: string }
		expect(said.msgsignature).toBe(this.#sign(String(said.timestamp), said.nonce, said.encrypt))
		return JSON.parse(this.#open(said.encrypt))
	}

	#sign(...parts: string[]): string {
		return createHash("sha1")
			.update([this.#token, ...parts].sort().join(""))
			.digest("hex")
	}

	#seal(message: string): string {
		const said = Buffer.from(message)
		const size = Buffer.alloc(4)
		size.writeUInt32BE(said.length)
		const whole = Buffer.concat([randomBytes(16), size, said])
		const padding = 32 - (whole.length % 32)
		const cipher = createCipheriv("aes-256-cbc", this.#key, this.#key.subarray(0, 16)).setAutoPadding(false)
		return Buffer.concat([
			cipher.update(Buffer.concat([whole, Buffer.alloc(padding, padding)])),
			cipher.final(),
		]).toString("base64")
	}

	#open(encrypted: string): string {
		const cipher = createDecipheriv("aes-256-cbc", this.#key, this.#key.subarray(0, 16)).setAutoPadding(false)
		const whole = Buffer.concat([cipher.update(encrypted, "base64"), cipher.final()])
		return whole.subarray(20, 20 + whole.readUInt32BE(16)).toString()
	}
}
