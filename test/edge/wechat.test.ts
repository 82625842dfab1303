// WeCom's AI bot and Official Accounts, through the door that they knock at: signed, fresh, once, and answered as they take it.
import { runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import type { ChannelId } from "../../protocol/ids.ts"
import { openBot } from "../../worker/channels/credentials.ts"
import { official } from "../../worker/channels/official/provider.ts"
import type { Message, Place } from "../../worker/channels/provider.ts"
import { bookOf, pressedBy } from "../../worker/channels/wechat-book.ts"
import { seal, signatureOf } from "../../worker/channels/wechat-crypto.ts"
import { wecom } from "../../worker/channels/wecom/provider.ts"
import { Registry } from "../../worker/registry.ts"
import { ask, codeOf, owner, type Program, somebody } from "./home.ts"
import {
	AES_KEY,
	channelRow,
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
let workspace: string
let boss: Program
beforeEach(async () => {
	services = new Services()
	boss = await owner()
	workspace = (await somebody("owner")).workspace
})
afterEach(() => vi.unstubAllGlobals())

const words = (text: string): Message => ({ blocks: [{ is: "text", text }], buttons: [] })
const objectOf = (id: string) => env.WORKSPACE.get(env.WORKSPACE.idFromName(id))

async function placeIn(channel: ChannelId, address: string, context: Record<string, string> = {}): Promise<Place> {
	const row = await new Registry(env.DB).channels.find(channel)
	if (row === undefined) throw new Error("no such channel")
	return { address, language: "en", details: {}, context, bot: await openBot(env, row) }
}

/** The keys of the updates of a channel that the workspace's object has taken. */
async function taken(channel: ChannelId): Promise<string[]> {
	return runInDurableObject(objectOf(workspace), async (_, { storage }) => {
		const { sql } = storage
		if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'update_key'").toArray().length === 0) return []
		const rows = sql.exec("SELECT key FROM update_key WHERE channel = ? ORDER BY rowid", channel).toArray()
		return rows.map(({ key }) => String(key))
	})
}

/** Refusals of the door in the trail. */
async function refusals(channel: ChannelId): Promise<unknown[]> {
	const { entries } = await boss.call("listAudit", { query: {} })
	return entries.filter(({ action, target }) => action === "wechatHook" && target.channel === channel)
}

describe("the door", () => {
	test("WeCom's check of the address is answered with what it hides", async () => {
		const channel = await channelRow(workspace, "wecom")
		const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), "n"]
		const echostr = await seal(AES_KEY, { message: "1616140317555161061", receiver: "" })
		const msg_signature = await signatureOf(TOKEN, timestamp, nonce, echostr)
		const query = (signature: string) => new URLSearchParams({ msg_signature: signature, timestamp, nonce, echostr })
		const response = await ask(`/api/hooks/wechat/${channel}?${query(msg_signature)}`)
		expect([response.status, await response.text()]).toEqual([200, "1616140317555161061"])
		expect(await codeOf(await ask(`/api/hooks/wechat/${channel}?${query("0")}`))).toBe("not_signed_in")
	})

	test("an Official Account's check is answered with what it says", async () => {
		const channel = await channelRow(workspace, "official")
		const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), "n"]
		const signature = await signatureOf(TOKEN, timestamp, nonce)
		const query = new URLSearchParams({ signature, timestamp, nonce, echostr: "<b>123" })
		const response = await ask(`/api/hooks/wechat/${channel}?${query}`)
		expect([response.status, await response.text()]).toEqual([200, "<b>123"])
		expect(response.headers.get("content-type")).toMatch(/^text\/plain/)
	})

	test("[TRU4] a forged, an old and a strangely encrypted call are refused, and stand in the trail", async () => {
		const channel = await channelRow(workspace, "wecom")
		const message = wecomText("hello")
		const old = String(Math.floor(Date.now() / 1000) - 11 * 60)
		const forged = [
			{ signature: "0".repeat(40) },
			{ token: "other" },
			{ timestamp: old },
			{ aesKey: `A${AES_KEY.slice(1)}` },
		]
		for (const knock of forged)
			expect(await codeOf(await wecomBrings(channel, message, knock)), JSON.stringify(knock)).toBe("not_signed_in")
		expect(await taken(channel)).toEqual([])
		const trail = await refusals(channel)
		expect(trail).toHaveLength(forged.length)
		expect(trail[0]).toMatchObject({ outcome: "not_signed_in", actor: { is: "nobody" } })
		expect(JSON.stringify(trail)).not.toContain(TOKEN)
	})

	test("[TRU4] a message for another account is refused, and so is one that is not encrypted", async () => {
		const channel = await channelRow(workspace, "official")
		const message = officialText("hello")
		expect(await codeOf(await officialBrings(channel, message, { receiver: "wx0" }))).toBe("not_signed_in")
		const timestamp = String(Math.floor(Date.now() / 1000))
		const signature = await signatureOf(TOKEN, timestamp, "n")
		const query = new URLSearchParams({ signature, timestamp, nonce: "n" })
		const body = "<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[x]]></Content></xml>"
		const plain = await ask(`/api/hooks/wechat/${channel}?${query}`, { method: "POST", body })
		expect(await codeOf(plain)).toBe("invalid_request")
		expect(await taken(channel)).toEqual([])
	})

	test("a door that is no channel's is not there", async () => {
		const weixin = await channelRow(workspace, "weixin", { credentials: null })
		for (const id of [weixin, "chn_00000000000000000000" as ChannelId])
			expect(await codeOf(await wecomBrings(id, wecomText("x")))).toBe("not_found")
	})
})

describe("WeCom's AI bot", () => {
	test("a message is answered at once by a stream, which says what is answered and then is over", async () => {
		const channel = await channelRow(workspace, "wecom")
		const message = wecomText("hello")
		const { id } = await streamOf(await wecomBrings(channel, message))
		expect(await taken(channel)).toEqual([message.msgid])
		const whole = await overStream(channel, id)
		// A stranger is told one sentence.
		expect(whole.content).toContain("/pair")

		// What comes later goes to the message's own address, once.
		const place = await placeIn(channel, "single:alice", { stream: id })
		expect(await wecom.send(place, words("late"))).toMatchObject({ is: "sent" })
		expect(services.to("/cgi-bin/aibot/response")).toMatchObject([
			{ body: { msgtype: "markdown", markdown: { content: "late" } } },
		])
		const refused = await wecom.send(place, words("later still"))
		expect(refused).toMatchObject({ is: "failed", reason: expect.stringContaining("within an hour") })
	})

	test("what is said while a stream is open joins it, and can be changed there; after some minutes it is over", async () => {
		const channel = await channelRow(workspace, "wecom")
		const stream = await begun(channel)
		const place = await placeIn(channel, "single:alice", { stream })
		const sent = await wecom.send(place, words("**one** <b> [x](y)"))
		if (sent.is !== "sent") throw new Error("not sent")
		await wecom.send(place, { blocks: [{ is: "code", text: "a ``` b" }], buttons: [] })
		const code = "````\na ``` b\n````"
		const content = `\\*\\*one\\*\\* \\<b\\> \\[x\\](y)\n\n${code}`
		expect(await polled(channel, stream)).toEqual({ id: stream, finish: false, content })
		expect(await wecom.edit(place, sent.message ?? "", words("two"))).toEqual(sent)
		expect(await polled(channel, stream)).toMatchObject({ finish: false, content: `two\n\n${code}` })
		await later(6 * 60_000)
		expect(await polled(channel, stream)).toMatchObject({ finish: true, content: `two\n\n${code}` })
		expect(await wecom.edit(place, sent.message ?? "", words("three"))).toMatchObject({ is: "failed" })
	})

	test("a stream that nothing was said in ends with a sign, and one that is none of ours, too", async () => {
		const channel = await channelRow(workspace, "wecom")
		const stream = await begun(channel)
		await wecom.done?.(await placeIn(channel, "single:alice", { stream }))
		for (const id of [stream, "0".repeat(32)])
			expect(await polled(channel, id)).toEqual({ id, finish: true, content: "✓" })
	})

	test("a message that WeCom brings again is taken once, and has the same stream", async () => {
		const channel = await channelRow(workspace, "wecom")
		const message = wecomText("hello")
		const first = await streamOf(await wecomBrings(channel, message))
		expect((await streamOf(await wecomBrings(channel, message))).id).toBe(first.id)
		expect(await taken(channel)).toEqual([message.msgid])
		// Its address takes one message only, however often it came.
		const place = await placeIn(channel, "single:alice")
		expect((await wecom.send(place, words("one"))).is).toBe("sent")
		expect((await wecom.send(place, words("two"))).is).toBe("failed")
	})

	test("a push goes to the address of an earlier message, of its own chat alone", async () => {
		const channel = await channelRow(workspace, "wecom")
		await wecomBrings(channel, wecomText("hello"))
		await wecomBrings(channel, wecomText("@Robot hello", { chattype: "group", chatid: "G1", from: { userid: "bob" } }))
		expect((await wecom.send(await placeIn(channel, "single:carol"), words("x"))).is).toBe("failed")
		expect((await wecom.send(await placeIn(channel, "group:G1"), words("x"))).is).toBe("sent")
		expect((await wecom.send(await placeIn(channel, "group:G1"), words("x"))).is).toBe("failed")
		expect((await wecom.send(await placeIn(channel, "single:alice"), words("x"))).is).toBe("sent")
		services.codes.set("/cgi-bin/aibot/response", [60140])
		await wecomBrings(channel, wecomText("again"))
		const failed = await wecom.send(await placeIn(channel, "single:alice"), words("x"))
		expect(failed).toMatchObject({ is: "failed", reason: "WeCom did not deliver it (60140)." })
	})

	test("[TRU4] an address that is not WeCom's is never called", async () => {
		const channel = await channelRow(workspace, "wecom")
		for (const response_url of [
			"https://evil.example/x",
			"http://qyapi.weixin.qq.com/x",
			"https://qyapi.weixin.qq.com.evil.example/",
		])
			await wecomBrings(channel, wecomText("hello", { response_url }))
		expect((await wecom.send(await placeIn(channel, "single:alice"), words("x"))).is).toBe("failed")
		const { bot } = await placeIn(channel, "single:alice")
		for (const id of [
			"https://evil.example/x",
			"http://a.myqcloud.com/x",
			"https://evilqq.com/",
			"https://a.myqcloud.com:22/",
		])
			await expect(wecom.download(bot, { id, size: null }), id).rejects.toMatchObject({ code: "channel_failed" })
	})

	test("a picture is fetched and deciphered under the bot's key", async () => {
		const channel = await channelRow(workspace, "wecom")
		const key = Uint8Array.from(atob(`${AES_KEY}=`), (letter) => letter.charCodeAt(0))
		const bytes = crypto.getRandomValues(new Uint8Array(1_000))
		const padded = new Uint8Array(1_024).fill(24)
		padded.set(bytes)
		const imported = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["encrypt"])
		const sealed = await crypto.subtle.encrypt({ name: "AES-CBC", iv: key.slice(0, 16) }, imported, padded)
		services.files.set("/picture", new Uint8Array(sealed, 0, 1_024))
		const { bot } = await placeIn(channel, "single:alice")
		const file = await wecom.download(bot, { id: "https://a.cos.ap-guangzhou.myqcloud.com/picture", size: null })
		expect(new Uint8Array(await new Response(file.bytes).arrayBuffer())).toEqual(bytes)
		expect(file.size).toBe(1_000)
	})

	test("the bot is named by the first message that says which it is", async () => {
		const channel = await channelRow(workspace, "wecom")
		const aibotid = `BOT-${channel}`
		await wecomBrings(channel, wecomText("hello", { aibotid }))
		expect(await new Registry(env.DB).channels.find(channel)).toMatchObject({ account: aibotid })
	})

	test("who opens the chat is welcomed; what is not known needs no answer", async () => {
		const channel = await channelRow(workspace, "wecom")
		const event = (eventtype: string) => ({ msgid: "e", msgtype: "event", event: { eventtype } })
		expect(await wecomReads(await wecomBrings(channel, event("enter_chat")))).toMatchObject({ msgtype: "text" })
		expect(await wecomReads(await wecomBrings(channel, event("other")))).toBeNull()
		expect(await wecomReads(await wecomBrings(channel, { strange: true }))).toBeNull()
	})
})

describe("numbers in place of buttons", () => {
	const asked = (request: string): Message => ({
		blocks: [{ is: "text", text: "May I?" }],
		buttons: ["Yes", "No"].map((label) => ({ label, data: `${request} ${label}` })),
	})

	test("a number means what it meant when it was read: a later message has others", async () => {
		const channel = await channelRow(workspace, "wecom")
		const stream = await begun(channel)
		const place = await placeIn(channel, "single:alice", { stream })
		await wecom.send(place, asked("one"))
		await wecom.send(place, asked("two"))
		// Said again, it has the numbers that it had.
		await wecom.send(place, asked("one"))
		const numbers = (await polled(channel, stream)).content.match(/^\d+\. \w+$/gm)
		expect(numbers).toEqual(["1. Yes", "2. No", "3. Yes", "4. No", "1. Yes", "2. No"])

		const pressed = async (text: string, address = "single:alice") => {
			const base = { channel, key: "k", address, isGroup: false, sender: { id: "alice", name: "Alice" }, at: 1 }
			const said = { ...base, text, pressed: null, repliesTo: null, files: [], context: {} }
			const { pressed, repliesTo, text: words } = await pressedBy(place.bot, said)
			return pressed?.data ?? (repliesTo === null ? null : [repliesTo, words])
		}
		expect(await pressed("2")).toBe("one No")
		expect(await pressed(" ３。")).toBe("two Yes")
		// With words it replies to the message that it stands on.
		const two = (await wecom.send(place, asked("two"))) as { message: string }
		expect(await pressed("3：用 main 分支\n好吗")).toEqual([two.message, "用 main 分支\n好吗"])
		expect(await pressed("4 things")).toEqual([two.message, "things"])
		for (const text of ["5", "0", "5 things", "22", "1234", "", "/1", "a 1"])
			expect(await pressed(text), text).toBeNull()
		// In another chat nothing was offered.
		expect(await pressed("2", "group:G9")).toBeNull()
	})
})

describe("an Official Account", () => {
	test("what is said is taken at once, and answered by the customer-service API with one access token", async () => {
		const channel = await channelRow(workspace, "official")
		const message = officialText("hello")
		expect(await officialReads(await officialBrings(channel, message))).toBe("success")
		expect(await taken(channel)).toEqual([message.MsgId])
		const place = await placeIn(channel, message.FromUserName, { reply: "1" })
		const sent = await Promise.all(["一", "二", "三"].map((text) => official.send(place, words(text))))
		expect(sent.map(({ is }) => is)).toEqual(["sent", "sent", "sent"])
		const calls = services.to("/cgi-bin/message/custom/send")
		expect(calls.map(({ body }) => body)).toEqual(
			expect.arrayContaining([{ touser: message.FromUserName, msgtype: "text", text: { content: "一" } }]),
		)
		expect(services.to("/cgi-bin/stable_token")).toMatchObject([{ body: { secret: "SENTINEL", force_refresh: false } }])
	})

	test("a token that the service takes no more is asked for once again", async () => {
		const channel = await channelRow(workspace, "official")
		const place = await placeIn(channel, "o1")
		services.codes.set("/cgi-bin/message/custom/send", [40001])
		expect((await official.send(place, words("x"))).is).toBe("sent")
		expect(services.tokens).toBe(2)
		services.codes.set("/cgi-bin/message/custom/send", [42001, 42001])
		expect(await official.send(place, words("x"))).toMatchObject({ is: "failed" })
		expect(services.tokens).toBe(3)
	})

	test.each([
		[45015, "failed", "48 hours"],
		[45047, "failed", "until you write"],
		[45011, "later", "a minute"],
		[43004, "gone", "follow"],
		[-1, "failed", "reached"],
		[99999, "failed", "99999"],
	])("what the service says is told as it is: %i", async (code, is, reason) => {
		const place = await placeIn(await channelRow(workspace, "official"), "o1")
		services.codes.set("/cgi-bin/message/custom/send", [code])
		expect(await official.send(place, words("x"))).toMatchObject({ is, reason: expect.stringContaining(reason) })
	})

	test("an account that may only reply says so, keeps its answers, and gives them to who asks", async () => {
		const channel = await channelRow(workspace, "official")
		const me = `o${crypto.randomUUID()}`
		services.codes.set("/cgi-bin/message/custom/send", [48001, 48001])
		const pushed = await official.send(await placeIn(channel, me), words("push"))
		expect(pushed).toMatchObject({ is: "failed", reason: expect.stringContaining("not verified") })
		const place = await placeIn(channel, me, { reply: "1" })
		expect((await official.send(place, words("答案一"))).is).toBe("sent")
		expect((await official.send(place, words("答案二"))).is).toBe("sent")
		expect(services.to("/cgi-bin/message/custom/send")).toHaveLength(1)
		expect(await officialReads(await officialBrings(channel, officialText("？", me)))).toBe("答案一\n\n答案二")
		expect(await officialReads(await officialBrings(channel, officialText("?", me)))).toContain("nothing yet")
		expect(await officialReads(await officialBrings(channel, officialText("?", "somebody-else")))).toContain(
			"nothing yet",
		)
	})

	test("such an account answers within the reply where it can", async () => {
		const channel = await channelRow(workspace, "official")
		await bookOf({ workspaceId: workspace }).mute(channel, true)
		const me = `o${crypto.randomUUID()}`
		expect(await officialReads(await officialBrings(channel, officialText("/help", me)))).toContain("/pair")
		// A stranger is told once in an hour: nothing more comes, and nobody waits for it.
		expect(await officialReads(await officialBrings(channel, officialText("/help", me)))).toBe("✓")
		expect(services.to("/cgi-bin/message/custom/send")).toEqual([])
	})

	test("a long answer goes in parts that the service takes", async () => {
		const place = await placeIn(await channelRow(workspace, "official"), "o1")
		const text = Array.from({ length: 200 }, (_, line) => `第${line}行：一些中文字`).join("\n")
		expect((await official.send(place, words(text))).is).toBe("sent")
		const parts = services
			.to("/cgi-bin/message/custom/send")
			.map(({ body }) => (body.text as { content: string }).content)
		expect(parts.length).toBeGreaterThan(2)
		for (const part of parts) expect(new TextEncoder().encode(part).length).toBeLessThanOrEqual(2_048)
		expect(parts.join("\n")).toBe(text)
	})

	test("[TRU3] neither the AppSecret nor a token is in what failed", async () => {
		const place = await placeIn(await channelRow(workspace, "official"), "o1")
		services.codes.set("/cgi-bin/stable_token", [40125])
		const failed = await official.send(place, words("x"))
		expect(failed).toMatchObject({ is: "failed", isBot: true })
		expect(JSON.stringify(failed)).not.toContain("SENTINEL")
	})
})

/** As if the streams had begun so much earlier. */
async function later(ms: number): Promise<void> {
	await runInDurableObject(objectOf(workspace), async (_, { storage }) => {
		storage.sql.exec("UPDATE wechat_stream SET at = at - ?", ms)
	})
}

/** A stream that WeCom asks for, before anything was said in it. */
async function begun(channel: ChannelId): Promise<string> {
	const stream = crypto.randomUUID()
	await bookOf({ workspaceId: workspace }).beginStream(stream, `${channel} single:alice`, null)
	return stream
}

/** WeCom asks how a stream goes on. */
async function polled(channel: ChannelId, id: string) {
	return streamOf(await wecomBrings(channel, { msgid: "poll", msgtype: "stream", stream: { id } }))
}

/** As WeCom does, until it is over. */
async function overStream(channel: ChannelId, id: string) {
	for (;;) {
		const stream = await polled(channel, id)
		if (stream.finish) return stream
	}
}

async function streamOf(response: Response): Promise<{ id: string; finish: boolean; content: string }> {
	const answer = await wecomReads(response)
	if (answer?.msgtype !== "stream") throw new Error(`no stream: ${JSON.stringify(answer)}`)
	return answer.stream as { id: string; finish: boolean; content: string }
}
