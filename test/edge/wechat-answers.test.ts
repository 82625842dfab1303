// A request's way to a person on WeChat and their answer's way back, by each of the three services.
import { env } from "cloudflare:workers"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import type { Attention } from "../../protocol/attention.ts"
import type { Channel, ChannelCredentials } from "../../protocol/channel.ts"
import { type MachineId, newRequestId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { openBot } from "../../worker/channels/credentials.ts"
import { weixin } from "../../worker/channels/weixin/provider.ts"
import { Registry } from "../../worker/registry.ts"
import { type Dialled, enrolled, linked, runningSession, type Somebody, somebody } from "./home.ts"
import {
	AES_KEY,
	officialBrings,
	officialReads,
	officialText,
	Services,
	TOKEN,
	wecomBrings,
	wecomReads,
	wecomText,
} from "./wechat-services.ts"

let services: Services
let boss: Somebody
beforeEach(async () => {
	services = new Services()
	boss = await somebody("owner", "elsewhere")
})
afterEach(() => vi.unstubAllGlobals())

type Ask = { ask: string; of: Record<string, unknown> }

/** A machine with one session. It polls for WeChat as it is asked, and answers what it is asked. */
class Box {
	readonly asked: Ask[] = []
	readonly session: SessionInfo = { ...runningSession(), name: "fix-login" }
	/** What WeChat's service says to a text. */
	ret = 0
	/** The steps of signing in. */
	steps: object[] = []
	readonly #machine: Awaited<ReturnType<typeof enrolled>>
	#link: Dialled | null = null

	private constructor(machine: Awaited<ReturnType<typeof enrolled>>) {
		this.#machine = machine
	}

	static async enroll(by: Somebody): Promise<Box> {
		const box = new Box(await enrolled(by))
		await box.dial()
		return box
	}

	get id(): MachineId {
		return this.#machine.id
	}

	async dial(): Promise<void> {
		const link = await linked(this.#machine, undefined, [this.session])
		this.#link = link
		void this.#serve(link)
	}

	tell(open: Attention[]): void {
		this.#link?.send({ type: "attention", open, ended: [] })
	}

	relay(channel: string, key: string, message: object): void {
		this.#link?.send({ type: "relay", channel, key, message })
	}

	/** What was asked so far under a name. */
	to(ask: string, method?: string): Ask["of"][] {
		const all = this.asked.filter((one) => one.ask === ask).map(({ of }) => of)
		return method === undefined ? all : all.filter((of) => of.method === method).map(({ body }) => body as Ask["of"])
	}

	/** The texts that WeChat's service has taken. */
	said(): string[] {
		return this.to("callRelay", "send").map(({ text }) => String(text))
	}

	close(): void {
		this.#link?.close()
	}

	async #serve(link: Dialled): Promise<void> {
		for (;;) {
			const message = (await link.next()) as Ask & { type: string; number: number }
			if (message.type !== "ask") continue
			const { number, ask, of } = message
			this.asked.push({ ask, of })
			link.send({ type: "answer", number, answer: this.#answer(ask, of) })
		}
	}

	#answer(ask: string, of: Record<string, unknown>): unknown {
		if (ask === "answer") return { isConfirmed: true }
		if (ask !== "callRelay") return {}
		if (of.method === "signIn") return { status: 200, body: this.steps.shift() }
		return { status: 200, body: { ret: of.method === "send" ? this.ret : 0 } }
	}
}

function approval(session: SessionInfo): Attention {
	return {
		...{ id: newRequestId(), session: session.id, run: session.run, kind: "approval", text: "May I run this?" },
		subject: { is: "command", text: "git push", isWhole: true },
		options: [
			{ label: "Yes", keys: "1", means: "yes" },
			{ label: "No", keys: "2", means: "no" },
		],
		...{ takesText: false, source: "screen", rule: "generic@1", confidence: 1, excerpt: [], at: 1 },
	}
}

async function connect(credentials: ChannelCredentials): Promise<Channel> {
	return (await boss.call("connectChannel", { body: { credentials } })).channel
}

async function codeFor(channel: Channel, by = boss): Promise<string> {
	return (await by.call("pairChat", { params: { channel: channel.id } })).code
}

const stateOf = async (request: Attention) =>
	(await boss.call("showRequest", { params: { request: request.id } })).item.state

/** The number before a label in a list. */
function numberOf(label: string, text: string): string {
	const [, number] = new RegExp(`^(\\d+)\\. ${label}$`, "m").exec(text) ?? []
	if (number === undefined) throw new Error(`no ${label} in: ${text}`)
	return number
}

const ANSWERED = { is: "answered", answer: "Yes", isConfirmed: true, by: { is: "person", via: "wechat" } }

describe("WeCom", () => {
	test("a request is told in a message's address, answered by its number, and the machine types it once", async () => {
		const box = await Box.enroll(boss)
		const aesKey = `${crypto.randomUUID().replaceAll("-", "")}abcdefghijk`
		const channel = await connect({ is: "wecom", token: TOKEN, aesKey })
		expect(channel).toMatchObject({
			state: { is: "working" },
			url: expect.stringContaining(`/api/hooks/wechat/${channel.id}`),
		})
		const say = async (text: string, more = {}) => {
			const first = (await wecomReads(await wecomBrings(channel.id, wecomText(text, more), { aesKey }), aesKey))?.stream
			for (;;) {
				const { id } = first as { id: string }
				const poll = { msgid: "poll", msgtype: "stream", stream: { id } }
				const { stream } = (await wecomReads(await wecomBrings(channel.id, poll, { aesKey }), aesKey)) as {
					stream: { finish: boolean; content: string }
				}
				if (stream.finish) return stream.content
			}
		}
		expect(await say(`/pair ${await codeFor(channel)}`)).toContain("owner")

		const request = approval(box.session)
		box.tell([request])
		const posts = () =>
			services.to("/cgi-bin/aibot/response").map(({ body }) => (body.markdown as { content: string }).content)
		await expect.poll(posts).toHaveLength(1)
		const [told = ""] = posts()
		expect(told).toContain("git push")
		const message = wecomText(numberOf("Yes", told))
		for (let times = 0; times < 3; times++) await wecomBrings(channel.id, message, { aesKey })
		await expect.poll(() => stateOf(request)).toMatchObject(ANSWERED)
		expect(box.to("answer")).toMatchObject([{ request: request.id, choice: { is: "option", label: "Yes" } }])
		// What came of it goes to the address of that very message.
		await expect.poll(posts).toHaveLength(2)

		// The number of a request that is over is refused, and nothing is typed.
		expect(await say(numberOf("No", told))).not.toBe("✓")
		expect(box.to("answer")).toHaveLength(1)
		box.close()
	})

	test("what a bot cannot tell is the place's fault, visibly, until somebody writes", async () => {
		const box = await Box.enroll(boss)
		const aesKey = `${crypto.randomUUID().replaceAll("-", "")}abcdefghijk`
		const channel = await connect({ is: "wecom", token: TOKEN, aesKey })
		const pairing = wecomText(`/pair ${await codeFor(channel)}`, { response_url: undefined })
		await wecomBrings(channel.id, pairing, { aesKey })
		const place = async () => (await boss.call("listDestinations")).destinations[0]
		await expect.poll(place).toBeDefined()
		box.tell([approval(box.session)])
		await expect.poll(async () => (await place())?.fault?.reason).toContain("within an hour")
		await wecomBrings(channel.id, wecomText("/inbox"), { aesKey })
		await expect.poll(async () => (await place())?.fault).toBeNull()
		box.close()
	})
})

describe("an Official Account", () => {
	test("a request is told by the customer-service API and answered by its number", async () => {
		const box = await Box.enroll(boss)
		const appId = `wx${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`
		const channel = await connect({ is: "official", appId, appSecret: "SENTINEL", token: TOKEN, aesKey: AES_KEY })
		const me = `o${crypto.randomUUID()}`
		const say = (text: string) => officialBrings(channel.id, officialText(text, me), { receiver: appId })
		expect(await officialReads(await say(`/pair ${await codeFor(channel)}`))).toBe("success")
		const sent = () =>
			services.to("/cgi-bin/message/custom/send").map(({ body }) => (body.text as { content: string }).content)
		await expect.poll(sent).toHaveLength(1)
		const request = approval(box.session)
		box.tell([request])
		await expect.poll(sent).toHaveLength(2)
		await say(numberOf("Yes", sent()[1] ?? ""))
		await expect.poll(() => stateOf(request)).toMatchObject(ANSWERED)
		expect(box.to("answer")).toHaveLength(1)
		expect(JSON.stringify(await boss.call("listChannels"))).not.toContain("SENTINEL")
		box.close()
	})

	test("an AppSecret that the service does not take is refused; who stops following is told nothing more", async () => {
		const appId = `wx${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`
		const credentials = { is: "official", appId, appSecret: "x", token: TOKEN, aesKey: AES_KEY } as const
		services.codes.set("/cgi-bin/stable_token", [40125])
		await expect(connect(credentials)).rejects.toMatchObject({ code: "channel_failed" })
		const channel = await connect(credentials)
		const me = `o${crypto.randomUUID()}`
		const bring = (message: Record<string, string | number>) => officialBrings(channel.id, message, { receiver: appId })
		await bring(officialText(`/pair ${await codeFor(channel)}`, me))
		const place = async () => (await boss.call("listDestinations")).destinations[0]
		await expect.poll(place).toBeDefined()
		await bring({ ToUserName: "gh", FromUserName: me, CreateTime: 2, MsgType: "event", Event: "unsubscribe" })
		await expect.poll(async () => (await place())?.fault?.isFinal).toBe(true)
		const again = await bring({
			ToUserName: "gh",
			FromUserName: me,
			CreateTime: 3,
			MsgType: "event",
			Event: "subscribe",
		})
		expect(await officialReads(again)).toContain("Homeport")
		await expect.poll(async () => (await place())?.fault).toBeNull()
	})
})

describe("personal WeChat, by a machine", () => {
	const credentials = { token: "SENTINEL-TOKEN", bot: "", owner: "", url: "https://ilinkai.weixin.qq.com" }

	async function signedIn(box: Box): Promise<Channel> {
		const channel = await connect({ is: "weixin", machine: box.id })
		expect(channel).toMatchObject({ machine: box.id, state: { is: "signed-out" }, url: null })
		box.steps = [
			{ is: "scan", url: "https://liteapp.weixin.qq.com/q/1", expiresAt: 2_000_000_000_000 },
			{ is: "scanned" },
			{ is: "verify" },
			{ is: "done", credentials: { ...credentials, bot: `${channel.id}@im.bot` } },
		]
		const step = (body = {}) => boss.call("signInChannel", { params: { channel: channel.id }, body })
		expect(await step()).toMatchObject({ is: "scan" })
		expect(await step()).toEqual({ is: "scanned" })
		expect(await step()).toEqual({ is: "verify" })
		expect(await step({ verifyCode: "123" })).toMatchObject({ is: "done" })
		expect(box.to("callRelay", "signIn").at(-1)).toEqual({ verifyCode: "123" })
		return channel
	}

	let messages = 0
	function say(box: Box, channel: Channel, text: string, from = "alice@im.wechat"): string {
		const key = String(18_446_744_073_709_000_000n + BigInt(++messages))
		box.relay(channel.id, key, { is: "message", from, text, files: [], context: `context-${messages}`, at: 1 })
		return key
	}

	async function paired(box: Box): Promise<Channel> {
		const channel = await signedIn(box)
		say(box, channel, `/pair ${await codeFor(channel)}`)
		await expect.poll(() => box.said()).toHaveLength(1)
		return channel
	}

	test("a request is told through the machine and answered by its number; the message is thanked for when it is kept", async () => {
		const box = await Box.enroll(boss)
		const channel = await paired(box)
		const request = approval(box.session)
		box.tell([request])
		await expect.poll(() => box.said()).toHaveLength(2)
		const number = numberOf("Yes", box.said()[1] ?? "")
		const key = say(box, channel, number)
		await expect.poll(() => stateOf(request)).toMatchObject(ANSWERED)
		// What came of it, and the word that it was taken.
		await expect.poll(() => box.to("relayed").flatMap(({ keys }) => keys)).toContain(key)
		expect(box.to("callRelay", "send")[1]).toMatchObject({
			to: "alice@im.wechat",
			context: expect.stringMatching(/^context-/),
		})
		// The same message again is thanked for, and does nothing.
		box.relay(channel.id, key, {
			is: "message",
			from: "alice@im.wechat",
			text: number,
			files: [],
			context: null,
			at: 1,
		})
		await expect.poll(() => box.to("relayed").filter(({ keys }) => (keys as string[])[0] === key)).toHaveLength(2)
		expect(box.to("answer")).toHaveLength(1)
		box.close()
	})

	test("a question is answered by the number that it stands under, and words", async () => {
		const box = await Box.enroll(boss)
		const channel = await paired(box)
		const request: Attention = {
			...approval(box.session),
			kind: "question",
			options: [],
			takesText: true,
			text: "Which branch?",
		}
		box.tell([request])
		await expect.poll(() => box.said()).toHaveLength(2)
		const [, number] = /^(\d+)\. /m.exec(box.said()[1] ?? "") ?? []
		say(box, channel, `${number}：main 分支`)
		await expect.poll(() => box.to("answer")).toHaveLength(1)
		expect(box.to("answer")).toMatchObject([{ request: request.id, choice: { is: "text", text: "main 分支" } }])
		box.close()
	})

	test("after each welcome the machine is asked to poll again, with what it is signed in by", async () => {
		const box = await Box.enroll(boss)
		const channel = await signedIn(box)
		const polls = () => box.to("relay").filter(({ isOn }) => isOn === true)
		const before = polls().length
		box.close()
		await box.dial()
		await expect.poll(polls).toHaveLength(before + 1)
		expect(polls().at(-1)).toMatchObject({
			channel: channel.id,
			credentials: expect.stringContaining("SENTINEL-TOKEN"),
		})
		const row = await env.DB.prepare("SELECT * FROM channel WHERE id = ?").bind(channel.id).first()
		expect(JSON.stringify([row, await boss.call("listChannels")])).not.toContain("SENTINEL")
		box.close()
	})

	test("an account that was signed out elsewhere is seen so, says nothing, and works again after a scan", async () => {
		const box = await Box.enroll(boss)
		const channel = await paired(box)
		const shown = async () => (await boss.call("listChannels")).channels.find(({ id }) => id === channel.id)?.state.is
		box.relay(channel.id, "signed-out:of-another-token", { is: "signed-out" })
		await expect.poll(() => box.to("relayed").flatMap(({ keys }) => keys)).toContain("signed-out:of-another-token")
		expect(await shown()).toBe("working")
		box.ret = -14
		box.tell([approval(box.session)])
		await expect.poll(shown).toBe("signed-out")
		const fault = async () => (await boss.call("listDestinations")).destinations[0]?.fault?.reason
		await expect.poll(fault).toMatch(/signed in/)
		expect(await shown()).toBe("signed-out")
		// Nobody polls for it.
		say(box, channel, "/inbox")
		await expect.poll(() => box.to("relay").some(({ isOn }) => isOn === false)).toBe(true)

		box.ret = 0
		box.steps = [{ is: "done", credentials: { ...credentials, token: "SENTINEL-2", bot: `${channel.id}@im.bot` } }]
		await boss.call("signInChannel", { params: { channel: channel.id }, body: {} })
		expect(await shown()).toBe("working")
		expect(box.to("relay").at(-1)).toMatchObject({ isOn: true, credentials: expect.stringContaining("SENTINEL-2") })
		box.close()
	})

	test("ten messages after each of theirs: the last says how to go on, and what is not sent is not called sent", async () => {
		const box = await Box.enroll(boss)
		const channel = await paired(box)
		const [place] = (await boss.call("listDestinations")).destinations
		if (place === undefined) throw new Error("no place")
		const test = () => boss.call("testDestination", { params: { destination: place.id } })
		for (let sent = 2; sent <= 10; sent++) await test()
		expect(box.said()).toHaveLength(10)
		expect(box.said()[8]).not.toContain("请随意回复")
		expect(box.said()[9]).toContain("请随意回复")
		await expect(test()).rejects.toMatchObject({
			code: "channel_failed",
			message: expect.stringContaining("until you write"),
		})
		say(box, channel, "/help")
		await expect.poll(() => box.said()).toHaveLength(11)
		// The service itself says that it is enough.
		box.ret = -2
		await expect(test()).rejects.toMatchObject({ code: "channel_failed" })
		box.ret = 0
		await expect(test()).rejects.toMatchObject({ code: "channel_failed" })
		expect(box.said()).toHaveLength(12)
		box.close()
	})

	test("a long message goes in parts; an absent or removed machine is the reason that is told", async () => {
		const box = await Box.enroll(boss)
		const channel = await paired(box)
		const row = await new Registry(env.DB).channels.find(channel.id)
		if (row === undefined) throw new Error("no channel")
		const place = {
			address: "alice@im.wechat",
			language: "en" as const,
			details: {},
			context: {},
			bot: await openBot(env, row),
		}
		const text = Array.from({ length: 300 }, (_, line) => `line ${line} of a long answer`).join("\n")
		const send = () => weixin.send(place, { blocks: [{ is: "code", text }], buttons: [] })
		expect(await send()).toMatchObject({ is: "sent" })
		const parts = box.said().slice(1)
		expect(parts).toHaveLength(2)
		for (const part of parts) expect(part.length).toBeLessThanOrEqual(4_096)
		expect(parts.join("\n")).toBe(text)
		box.close()
		await expect.poll(send).toMatchObject({ is: "failed", reason: expect.stringContaining("away") })
		await boss.call("removeMachine", { params: { machine: box.id } })
		expect(await send()).toMatchObject({ is: "failed", isBot: true, reason: expect.stringContaining("No machine") })
	})

	test("[TRU4] a machine speaks for its own channels alone, and what is no message is taken and dropped", async () => {
		const box = await Box.enroll(boss)
		const channel = await paired(box)
		const other = await Box.enroll(boss)
		const before = box.said().length
		say(other, channel, "/inbox")
		await expect.poll(() => other.to("relay")).toEqual([{ channel: channel.id, isOn: false, credentials: null }])
		box.relay(channel.id, "broken", { is: "message", from: 7 })
		await expect.poll(() => box.to("relayed").flatMap(({ keys }) => keys)).toContain("broken")
		expect(box.said()).toHaveLength(before)
		expect(await new Registry(env.DB).channels.find(channel.id)).toMatchObject({ machine: box.id })
		for (const each of [box, other]) each.close()
	})

	test("a channel that is removed is polled for no more", async () => {
		const box = await Box.enroll(boss)
		const channel = await signedIn(box)
		await boss.call("removeChannel", { params: { channel: channel.id } })
		expect(box.to("relay").at(-1)).toEqual({ channel: channel.id, isOn: false, credentials: null })
		box.close()
	})
})
