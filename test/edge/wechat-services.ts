// WeCom and an Official Account as they call a home, and as they are called by it: signed, encrypted, with their error codes.
import { env } from "cloudflare:workers"
import { vi } from "vitest"
import { type ChannelId, newChannelId } from "../../protocol/ids.ts"
import { sealCredentials } from "../../worker/channels/credentials.ts"
import { readXml, writeXml } from "../../worker/channels/official/xml.ts"
import { open, seal, signatureOf } from "../../worker/channels/wechat-crypto.ts"
import { Registry } from "../../worker/registry.ts"
import { ask } from "./home.ts"

export const TOKEN = "QDG6eK"
export const AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"

/** A channel as connecting one leaves it. */
export async function channelRow(
	workspaceId: string,
	kind: "wecom" | "official" | "weixin",
	{ machine = null, credentials }: { machine?: string | null; credentials?: Record<string, unknown> | null } = {},
): Promise<ChannelId> {
	const id = newChannelId()
	const own = {
		token: TOKEN,
		aesKey: AES_KEY,
		...(kind === "official" && { appId: appIdOf(id), appSecret: "SENTINEL" }),
	}
	const kept = credentials === undefined ? own : credentials
	await new Registry(env.DB).channels.add({
		id,
		workspaceId,
		kind,
		name: kind,
		account: kind === "wecom" ? `key ${id}` : id,
		machine: machine as never,
		sealed: kept === null ? null : await sealCredentials(env, { id, workspaceId }, kept),
		state: kept === null ? { is: "signed-out", at: 1 } : { is: "working" },
		createdAt: 1,
		createdBy: null as never,
	})
	return id
}

/** Each account has its own access token. */
function appIdOf(id: ChannelId): string {
	return `wx${id.slice(4, 20)}`
}

interface Knock {
	/** In place of what is right. */
	timestamp?: string
	nonce?: string
	signature?: string
	aesKey?: string
	token?: string
	receiver?: string
}

/** WeCom brings something. */
export async function wecomBrings(channel: ChannelId, callback: object, knock: Knock = {}): Promise<Response> {
	const { aesKey = AES_KEY, token = TOKEN, nonce = crypto.randomUUID() } = knock
	const timestamp = knock.timestamp ?? String(Math.floor(Date.now() / 1000))
	const encrypt = await seal(aesKey, { message: JSON.stringify(callback), receiver: "" })
	const msg_signature = knock.signature ?? (await signatureOf(token, timestamp, nonce, encrypt))
	const query = new URLSearchParams({ msg_signature, timestamp, nonce })
	return ask(`/api/hooks/wechat/${channel}?${query}`, { method: "POST", body: JSON.stringify({ encrypt }) })
}

/** What our answer says, once its signature is found right; null for an empty one. */
export async function wecomReads(response: Response, aesKey = AES_KEY): Promise<Record<string, unknown> | null> {
	const text = await response.text()
	if (text === "") return null
	const { encrypt, msgsignature, timestamp, nonce } = JSON.parse(text) as Record<string, string>
	if (encrypt === undefined || nonce === undefined) throw new Error(`no encrypted answer: ${text}`)
	if ((await signatureOf(TOKEN, String(timestamp), nonce, encrypt)) !== msgsignature) throw new Error("wrong signature")
	return JSON.parse((await open(aesKey, encrypt))?.message ?? "null")
}

/** A text to a WeCom bot. */
export function wecomText(text: string, more: Record<string, unknown> = {}) {
	const msgid = crypto.randomUUID()
	const response_url = `https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=${msgid}`
	const base = { msgid, aibotid: "AIBOT", chattype: "single", from: { userid: "alice" }, response_url }
	return { ...base, msgtype: "text", text: { content: text }, ...more }
}

/** An Official Account brings something. */
export async function officialBrings(
	channel: ChannelId,
	message: Record<string, string | number>,
	knock: Knock = {},
): Promise<Response> {
	const { aesKey = AES_KEY, token = TOKEN, nonce = crypto.randomUUID(), receiver = appIdOf(channel) } = knock
	const timestamp = knock.timestamp ?? String(Math.floor(Date.now() / 1000))
	const Encrypt = await seal(aesKey, { message: writeXml(message), receiver })
	const msg_signature = knock.signature ?? (await signatureOf(token, timestamp, nonce, Encrypt))
	const signature = await signatureOf(token, timestamp, nonce)
	const query = new URLSearchParams({ signature, msg_signature, timestamp, nonce, encrypt_type: "aes", openid: "o1" })
	const body = writeXml({ ToUserName: "gh_1", Encrypt })
	return ask(`/api/hooks/wechat/${channel}?${query}`, { method: "POST", body })
}

/** The text of our reply, once its signature is found right; "success" for the word alone. */
export async function officialReads(response: Response): Promise<string> {
	const text = await response.text()
	if (text === "success") return text
	const { Encrypt = "", MsgSignature, TimeStamp = "", Nonce = "" } = readXml(text) ?? {}
	if ((await signatureOf(TOKEN, TimeStamp, Nonce, Encrypt)) !== MsgSignature) throw new Error("wrong signature")
	return readXml((await open(AES_KEY, Encrypt))?.message ?? "")?.Content ?? ""
}

export function officialText(text: string, from = `o${crypto.randomUUID()}`) {
	const MsgId = String(Math.floor(Math.random() * 1e15))
	return { ToUserName: "gh_1", FromUserName: from, CreateTime: 1, MsgType: "text", Content: text, MsgId }
}

interface Called {
	url: URL
	body: Record<string, unknown>
}

/** The services' own ends: what they were called with, and what they answer. */
export class Services {
	readonly calls: Called[] = []
	/** Error codes of the calls to come, by path; 0 where there are none. */
	readonly codes = new Map<string, number[]>()
	/** Access tokens given out. */
	tokens = 0
	readonly files = new Map<string, Uint8Array>()

	constructor() {
		const outside = globalThis.fetch
		vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
			const request = new Request(input, init)
			const url = new URL(request.url)
			const isTheirs = /\.(?:weixin\.qq\.com|myqcloud\.com)$/.test(url.hostname)
			return isTheirs ? this.#answer(request, url) : outside(input, init)
		})
	}

	/** The calls of a path. */
	to(path: string): Called[] {
		return this.calls.filter(({ url }) => url.pathname === path)
	}

	async #answer(request: Request, url: URL): Promise<Response> {
		const text = await request.text()
		this.calls.push({ url, body: text === "" ? {} : JSON.parse(text) })
		const errcode = this.codes.get(url.pathname)?.shift() ?? 0
		if (errcode !== 0) return Response.json({ errcode, errmsg: "no" })
		const file = this.files.get(url.pathname)
		if (file !== undefined) return new Response(file)
		if (url.pathname === "/cgi-bin/stable_token")
			return Response.json({ access_token: `SENTINEL-TOKEN-${++this.tokens}`, expires_in: 7200 })
		return Response.json({ errcode: 0, errmsg: "ok" })
	}
}
