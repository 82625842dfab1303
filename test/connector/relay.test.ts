// What a machine does for a WeChat account, against a service that answers as WeChat's: nothing is lost, nothing is claimed.
import { randomBytes } from "node:crypto"
import { mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, expect, test } from "vitest"
import { Relays } from "../../connector/relay/relays.ts"
import { WeixinService } from "../../connector/relay/weixin-service.ts"
import { Refusal } from "../../protocol/errors.ts"
import { newChannelId } from "../../protocol/ids.ts"
import type { FromConnector } from "../../protocol/messages.ts"
import { Relayed } from "../../protocol/relay.ts"
import { WeixinServer } from "../support/weixin-server.ts"

const ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end()
})

type Told = Extract<FromConnector, { type: "relay" }>

async function folder(): Promise<string> {
	const dataDir = await mkdtemp(join(tmpdir(), "homeport-relay-"))
	ends.push(() => rm(dataDir, { recursive: true, force: true }))
	return dataDir
}

async function weixin(): Promise<WeixinServer> {
	const server = await WeixinServer.start()
	ends.push(() => server.stop())
	return server
}

/** A machine's relays with a link to a home that keeps what it is told, and takes it when the test says so. */
function machine(server: WeixinServer, dataDir: string) {
	const log: string[] = []
	const relays = new Relays({ dataDir, log: (line) => void log.push(line), service: new WeixinService(server.url) })
	ends.push(() => relays.stop())
	const heard: Told[] = []
	const waiting: ((told: Told) => void)[] = []
	const link = () =>
		relays.linked((message) => {
			if (message.type !== "relay") return
			const wait = waiting.shift()
			if (wait === undefined) heard.push(message)
			else wait(message)
		})
	const next = (): Promise<Told> => {
		const told = heard.shift()
		return told === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(told)
	}
	link()
	return { relays, link, next, heard, log }
}

const channel = newChannelId()
const credentialsOf = (server: WeixinServer, token = "token-1") =>
	JSON.stringify({ token, bot: "bot@im.bot", owner: "alice@im.wechat", url: server.url })
const on = (server: WeixinServer, token?: string) => ({
	channel,
	isOn: true,
	credentials: credentialsOf(server, token),
})

test("a message is told with its whole 64-bit id, what it says, and what answers carry", async () => {
	const [server, dataDir] = [await weixin(), await folder()]
	const { relays, next } = machine(server, dataDir)
	await relays.relay(on(server))
	server.push({ id: "18446744073709551615", text: '状态 "message_id":18446744073709551614', context: "context-7" })
	const { key, message } = await next()
	expect(key).toBe("18446744073709551615")
	expect(Relayed.parse(message)).toMatchObject({
		from: "alice@im.wechat",
		text: '状态 "message_id":18446744073709551614',
		context: "context-7",
	})
	const call = server.calls.find(({ path }) => path === "/ilink/bot/getupdates")
	expect(call?.headers).toMatchObject({
		authorization: "Bearer token-1",
		authorizationtype: "ilink_bot_token",
		"ilink-app-id": "bot",
		"ilink-app-clientversion": "132105",
	})
	expect(Number(Buffer.from(String(call?.headers["x-wechat-uin"]), "base64").toString())).toBeLessThan(2 ** 32)
	expect(call?.body.base_info).toMatchObject({ bot_agent: expect.stringMatching(/^Homeport\//) })
})

test("the cursor moves only when the home has what it was told; until then a restarted connector brings it again", async () => {
	const [server, dataDir] = [await weixin(), await folder()]
	const first = machine(server, dataDir)
	server.push({ id: "1", text: "one" })
	server.push({ id: "2", text: "two" })
	await first.relays.relay(on(server))
	const told = [await first.next(), await first.next()].map(({ key }) => key)
	expect(told).toEqual(["1", "2"])
	first.relays.relayed({ channel, keys: ["1"] })
	// Other calls go there and back, and it has not asked for more.
	const body = { to: "alice@im.wechat", context: null }
	for (let times = 0; times < 5; times++) await first.relays.call({ channel, method: "typing", body })
	expect(server.calls.filter(({ path }) => path === "/ilink/bot/getupdates")).toHaveLength(1)
	// The connector dies before the home has the second.
	first.relays.stop()

	const second = machine(server, dataDir)
	await second.relays.relay(on(server))
	expect([(await second.next()).key, (await second.next()).key]).toEqual(["1", "2"])
	second.relays.relayed({ channel, keys: ["1", "2"] })
	server.push({ id: "3", text: "three" })
	expect((await second.next()).key).toBe("3")
	second.relays.relayed({ channel, keys: ["3"] })
	// It asks from behind the third: that is written.
	const polls = () => server.calls.filter(({ path }) => path === "/ilink/bot/getupdates")
	while (polls().at(-1)?.body.get_updates_buf !== "at-3")
		await server.called("/ilink/bot/getupdates", polls().length + 1)
	second.relays.stop()

	const third = machine(server, dataDir)
	await third.relays.relay(on(server))
	server.push({ id: "4", text: "four" })
	expect((await third.next()).key).toBe("4")
	expect(third.heard).toEqual([])
})

test("what the home has not taken is told again at the next welcome", async () => {
	const [server, dataDir] = [await weixin(), await folder()]
	const { relays, link, next } = machine(server, dataDir)
	await relays.relay(on(server))
	server.push({ id: "5", text: "five" })
	expect((await next()).key).toBe("5")
	relays.unlinked()
	link()
	expect((await next()).key).toBe("5")
})

test("credentials are on no disk, and the cursor is its owner's alone", async () => {
	const [server, dataDir] = [await weixin(), await folder()]
	const { relays, next } = machine(server, dataDir)
	await relays.relay(on(server, "SENTINEL-TOKEN"))
	server.push({ id: "6" })
	await next()
	relays.relayed({ channel, keys: ["6"] })
	await server.called("/ilink/bot/getupdates", 2)
	const path = join(dataDir, "relay", `${channel}.json`)
	expect(await readFile(path, "utf8")).not.toContain("SENTINEL")
	expect((await stat(path)).mode & 0o777).toBe(0o600)
	await relays.relay({ channel, isOn: false, credentials: null })
	await expect(stat(path)).rejects.toThrow("ENOENT")
})

test("an account that the service knows no more is told once, and nobody polls until somebody signs in again", async () => {
	const [server, dataDir] = [await weixin(), await folder()]
	const { relays, next } = machine(server, dataDir)
	await relays.relay(on(server))
	await server.called("/ilink/bot/getupdates", 1)
	server.dead.add("token-1")
	server.change()
	const told = await next()
	expect(told.message).toEqual({ is: "signed-out" })
	relays.relayed({ channel, keys: [told.key] })
	await server.called("/ilink/bot/getupdates", 1)
	const answered = await relays.call({
		channel,
		method: "send",
		body: { to: "a", text: "x", context: null, client: "c" },
	})
	expect(answered.body).toEqual({ ret: -14 })

	await relays.relay(on(server, "token-2"))
	server.push({ id: "7", text: "again" })
	expect((await next()).key).toBe("7")
	expect(server.calls.filter(({ headers }) => headers.authorization === "Bearer token-1").length).toBeLessThanOrEqual(4)
})

test("a text is sent to whom it is for; a ret that is not 0 is told as it is", async () => {
	const [server, dataDir] = [await weixin(), await folder()]
	const { relays } = machine(server, dataDir)
	await relays.relay(on(server))
	const body = { to: "alice@im.wechat", text: "你好", context: "context-1", client: "client-1" }
	expect((await relays.call({ channel, method: "send", body })).body).toEqual({ ret: 0 })
	expect(server.sent).toEqual(
		[{ ...body, token: "token-1" }].map(({ to, text, context, client, token }) => ({
			to,
			text,
			context,
			client,
			token,
		})),
	)
	server.ret = -2
	expect((await relays.call({ channel, method: "send", body })).body).toEqual({ ret: -2 })
	expect((await relays.call({ channel, method: "typing", body: { to: body.to, context: null } })).body).toEqual({
		ret: 0,
	})
	expect(server.calls.at(-1)).toMatchObject({
		path: "/ilink/bot/sendtyping",
		body: { typing_ticket: "ticket", status: 1 },
	})
})

test("[TRU4] only the calls of the table are calls", async () => {
	const [server, dataDir] = [await weixin(), await folder()]
	const { relays } = machine(server, dataDir)
	await relays.relay(on(server))
	for (const method of ["getupdates", "toString", "__proto__", "send"])
		await expect(relays.call({ channel, method, body: { to: "" } })).rejects.toMatchObject({ code: "invalid_request" })
})

test("an account is signed in by a scan, step by step, and its end is told until somebody has it", async () => {
	const [server, dataDir] = [await weixin(), await folder()]
	const { relays } = machine(server, dataDir)
	const step = async (verifyCode?: string) =>
		(await relays.call({ channel, method: "signIn", body: verifyCode === undefined ? {} : { verifyCode } })).body
	expect(await step()).toMatchObject({ is: "scan", url: "https://liteapp.weixin.qq.com/q/1" })
	expect(await step()).toMatchObject({ is: "scan" })
	server.status = { status: "scaned" }
	expect(await step()).toEqual({ is: "scanned" })
	server.status = { status: "need_verifycode" }
	expect(await step()).toEqual({ is: "verify" })
	server.status = {
		status: "confirmed",
		bot_token: "token-9",
		ilink_bot_id: "bot@im.bot",
		ilink_user_id: "alice@im.wechat",
		baseurl: server.url,
	}
	const done = await step("1234")
	expect(done).toMatchObject({
		is: "done",
		credentials: { token: "token-9", bot: "bot@im.bot", owner: "alice@im.wechat" },
	})
	// The answer may have been lost.
	expect(await step()).toEqual(done)
})

test("[TRU4] an address that is not WeChat's is not followed, whoever names it", async () => {
	const service = new WeixinService("http://127.0.0.1:9")
	const theirs = ["idc2.weixin.qq.com", "https://a.wechat.com/x"]
	expect(theirs.map((address) => service.trusted(address))).toEqual([
		"https://idc2.weixin.qq.com/",
		"https://a.wechat.com/x",
	])
	const others = [
		"evil.example",
		"https://weixin.qq.com.evil.example",
		"http://a.weixin.qq.com",
		"https://evilweixin.qq.com",
		"https://a.weixin.qq.com@evil.example",
		"https://user@a.weixin.qq.com",
		"127.0.0.1:22",
		"file:///etc/passwd",
		"",
	]
	for (const address of others) expect(() => service.trusted(address), address).toThrow(Refusal)

	const [server, dataDir] = [await weixin(), await folder()]
	const { relays } = machine(server, dataDir)
	const body = {}
	await relays.call({ channel, method: "signIn", body })
	server.status = { status: "scaned_but_redirect", redirect_host: "evil.example" }
	await expect(relays.call({ channel, method: "signIn", body })).rejects.toMatchObject({ code: "channel_failed" })
	const elsewhere = JSON.stringify({ token: "t", bot: "b", owner: "", url: "https://evil.example" })
	const refused = relays.relay({ channel, isOn: true, credentials: elsewhere })
	await expect(refused).rejects.toMatchObject({ code: "channel_failed" })
})

test("a picture and a document come as they were sent, in parts", async () => {
	const [server, dataDir] = [await weixin(), await folder()]
	const { relays, next } = machine(server, dataDir)
	await relays.relay(on(server))
	const [key, bytes] = [randomBytes(16), randomBytes(700_000)]
	server.putFile("query/1+=", key, bytes)
	const hexInBase64 = Buffer.from(key.toString("hex")).toString("base64")
	server.push({
		id: "8",
		items: [
			{ type: 2, image_item: { aeskey: key.toString("hex"), media: { encrypt_query_param: "query/1+=" } } },
			{
				type: 4,
				file_item: {
					file_name: "report.pdf",
					len: "700000",
					media: { encrypt_query_param: "query/1+=", aes_key: hexInBase64 },
				},
			},
			{ type: 4, file_item: { file_name: "lost.pdf" } },
		],
	})
	const message = Relayed.parse((await next()).message)
	if (message.is !== "message") throw new Error("invariant: it is a message")
	expect(message.text).toBeNull()
	expect(message.files.map(({ name, size }) => [name, size])).toEqual([
		["wechat-1.jpg", null],
		["report.pdf", 700_000],
	])
	for (const { id } of message.files) {
		const parts: Buffer[] = []
		for (let from = 0, size = 1; from < size; ) {
			const { body } = await relays.call({ channel, method: "download", body: { id, from } })
			const part = body as { base64: string; size: number }
			parts.push(Buffer.from(part.base64, "base64"))
			size = part.size
			from += parts.at(-1)?.length ?? 0
		}
		expect(Buffer.concat(parts).equals(bytes)).toBe(true)
	}
})
