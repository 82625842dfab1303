// WeChat's iLink service as a bot calls it: addresses, headers, bounds. What comes of a call, others decide.
// After Tencent's own client: https://github.com/Tencent/openclaw-weixin
import { randomInt } from "node:crypto"
import * as z from "zod"
import { Refusal } from "../../protocol/errors.ts"
import type { WeixinCredentials } from "../../protocol/relay.ts"
import { VERSION } from "../version.ts"

/** The service does not know the token any more, or somebody else has the bot now. */
export const SIGNED_OUT = -14

const Text = z.string().max(64 * 1024)
const Media = z.object({ encrypt_query_param: z.string(), aes_key: z.string() }).partial().optional().catch(undefined)
const Item = z.object({
	type: z.int(),
	text_item: z.object({ text: Text }).optional().catch(undefined),
	/** With what was said, as text, where the service has understood it. */
	voice_item: z.object({ text: Text.optional() }).optional().catch(undefined),
	image_item: z.object({ media: Media, aeskey: z.string().optional() }).optional().catch(undefined),
	file_item: z
		.object({ media: Media, file_name: z.string().optional(), len: z.string().optional() })
		.optional()
		.catch(undefined),
	video_item: z.object({ media: Media }).optional().catch(undefined),
})
const Message = z.object({
	message_id: z.union([z.string().max(64), z.int()]).optional(),
	client_id: z.string().max(128).optional(),
	from_user_id: z.string().min(1).max(256),
	/** 1 is a person's, 2 a bot's. */
	message_type: z.int(),
	create_time_ms: z.int().min(0).optional(),
	group_id: z.string().optional(),
	context_token: z.string().max(4_096).optional(),
	item_list: z.array(Item).max(64).default([]),
})
export type WeixinMessage = z.infer<typeof Message>

const Result = z.object({ ret: z.int().default(0), errcode: z.int().default(0) })
const Updates = Result.extend({
	msgs: z.array(z.unknown()).nullish(),
	get_updates_buf: z.string().optional(),
	longpolling_timeout_ms: z.int().positive().optional(),
})
const Config = Result.extend({ typing_ticket: z.string().optional() })
const QrCode = z.object({ qrcode: z.string().min(1), qrcode_img_content: z.string().min(1).max(2_048) })
const QrStatus = z.object({
	status: z.string(),
	redirect_host: z.string().optional(),
	bot_token: z.string().optional(),
	ilink_bot_id: z.string().optional(),
	ilink_user_id: z.string().optional(),
	baseurl: z.string().optional(),
})
export type QrStatus = z.infer<typeof QrStatus>

export interface Polled {
	ret: number
	messages: WeixinMessage[]
	cursor: string | null
	/** How long the service would like the next call to wait. */
	holdMs: number | null
}

export class WeixinService {
	/** Where signing in begins. */
	readonly home: string
	readonly #files: string

	/** `url` stands in for the service and its files, in tests. */
	constructor(url: string | undefined = process.env.HOMEPORT_WEIXIN_URL) {
		this.home = url ?? HOME
		this.#files = url === undefined ? FILES : new URL("c2c", `${url}/`).href
	}

	/** An address that the service has named, if it is one of the service's own. Throws Refusal for any other. */
	trusted(address: string): string {
		const text = address.includes("://") ? address : `https://${address}`
		const url = URL.canParse(text) ? new URL(text) : null
		const isTheirs = url?.protocol === "https:" && OWN_HOSTS.some((host) => url.hostname.endsWith(host))
		if (url === null || (!isTheirs && url.host !== new URL(this.home).host) || url.username !== "")
			throw new Refusal("channel_failed", "WeChat named an address that is not its own.")
		return isTheirs ? url.href : this.home
	}

	async qrCode(): Promise<z.infer<typeof QrCode>> {
		const { json } = await this.#post(this.home, "ilink/bot/get_bot_qrcode?bot_type=3", null, { local_token_list: [] })
		return must(QrCode, json)
	}

	/** Waits at the service for a change. A network that fails is as if nothing had changed. */
	async qrStatus(at: string, qrcode: string, verifyCode: string | undefined, waitMs: number): Promise<QrStatus> {
		const url = new URL("ilink/bot/get_qrcode_status", slashed(at))
		url.searchParams.set("qrcode", qrcode)
		if (verifyCode !== undefined) url.searchParams.set("verify_code", verifyCode)
		try {
			const response = await fetch(url, { headers: APP, redirect: "error", signal: AbortSignal.timeout(waitMs) })
			return must(QrStatus, parseIds(await readText(response)))
		} catch (error) {
			if (error instanceof Refusal) throw error
			return { status: "wait" }
		}
	}

	/** Waits at the service for messages from `cursor` on. */
	async poll(by: WeixinCredentials, cursor: string, holdMs: number, signal: AbortSignal): Promise<Polled> {
		const within = AbortSignal.any([signal, AbortSignal.timeout(holdMs)])
		const body = { get_updates_buf: cursor }
		const { json } = await this.#post(by.url, "ilink/bot/getupdates", by, body, within)
		const { ret, errcode, msgs, get_updates_buf, longpolling_timeout_ms } = must(Updates, json)
		// One message that is not as it should be hides no other.
		const messages = (msgs ?? []).flatMap((message) => Message.safeParse(message).data ?? [])
		return {
			ret: ret === 0 ? errcode : ret,
			messages,
			cursor: get_updates_buf === undefined || get_updates_buf === "" ? null : get_updates_buf,
			holdMs: longpolling_timeout_ms ?? null,
		}
	}

	async send(
		by: WeixinCredentials,
		{ to, text, context, client }: { to: string; text: string; context: string | null; client: string },
	): Promise<{ status: number; ret: number }> {
		const msg = {
			from_user_id: "",
			to_user_id: to,
			client_id: client,
			message_type: 2,
			message_state: 2,
			...(context !== null && { context_token: context }),
			item_list: [{ type: 1, text_item: { text } }],
		}
		return this.#call(by, "ilink/bot/sendmessage", { msg })
	}

	async typing(by: WeixinCredentials, to: string, context: string | null): Promise<{ status: number; ret: number }> {
		const asked = { ilink_user_id: to, ...(context !== null && { context_token: context }) }
		const { status, json } = await this.#post(by.url, "ilink/bot/getconfig", by, asked)
		const { ret, errcode, typing_ticket } = must(Config, json)
		if (typing_ticket === undefined) return { status, ret: ret || errcode || -1 }
		return this.#call(by, "ilink/bot/sendtyping", { ilink_user_id: to, typing_ticket, status: 1 })
	}

	/** Says that somebody polls, or no more. Only a courtesy: what comes of it does not matter. */
	async notify(by: WeixinCredentials, what: "start" | "stop"): Promise<void> {
		await this.#post(by.url, `ilink/bot/msg/notify${what}`, by, {}).catch(() => {})
	}

	/** A file's bytes, encrypted. Throws Refusal("too_large"). */
	async file(query: string, most: number): Promise<Buffer> {
		const url = `${this.#files}/download?encrypted_query_param=${encodeURIComponent(query)}`
		const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(CALL_MS * 2) })
		if (!response.ok) throw new Refusal("channel_failed", `WeChat answered ${response.status}.`)
		return readBytes(response, most)
	}

	async #call(by: WeixinCredentials, path: string, body: object): Promise<{ status: number; ret: number }> {
		const { status, json } = await this.#post(by.url, path, by, body)
		const { ret, errcode } = must(Result, json)
		return { status, ret: ret === 0 ? errcode : ret }
	}

	async #post(
		at: string,
		path: string,
		by: WeixinCredentials | null,
		body: object,
		signal = AbortSignal.timeout(CALL_MS),
	): Promise<{ status: number; json: unknown }> {
		const response = await fetch(new URL(path, slashed(this.trusted(at))), {
			method: "POST",
			headers: {
				...APP,
				"content-type": "application/json",
				authorizationtype: "ilink_bot_token",
				// Another number each time, as the service wants it.
				"x-wechat-uin": Buffer.from(String(randomInt(2 ** 32))).toString("base64"),
				...(by !== null && { authorization: `Bearer ${by.token}` }),
			},
			body: JSON.stringify({
				...body,
				base_info: { channel_version: CHANNEL_VERSION, bot_agent: `Homeport/${VERSION}` },
			}),
			redirect: "error",
			signal,
		})
		const text = await readText(response)
		if (!response.ok) throw new Refusal("channel_failed", `WeChat answered ${response.status}.`)
		return { status: response.status, json: parseIds(text) }
	}
}

/** Ids of messages are larger than a number of JavaScript is exact: they are read as texts. */
function parseIds(text: string): unknown {
	try {
		return JSON.parse(text.replace(/("message_id"\s*:\s*)(\d+)/g, '$1"$2"'))
	} catch {
		throw new Refusal("channel_failed", "WeChat's answer is not JSON.")
	}
}

function must<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
	const parsed = schema.safeParse(value)
	if (!parsed.success) throw new Refusal("channel_failed", "WeChat's answer has another shape than it should.")
	return parsed.data
}

async function readText(response: Response): Promise<string> {
	return (await readBytes(response, ANSWER_BYTES)).toString("utf8")
}

async function readBytes({ body }: Response, most: number): Promise<Buffer> {
	const chunks: Uint8Array[] = []
	let size = 0
	for await (const chunk of body ?? []) {
		size += chunk.length
		if (size > most) throw new Refusal("too_large", `WeChat sent more than ${most} bytes.`)
		chunks.push(chunk)
	}
	return Buffer.concat(chunks)
}

function slashed(url: string): string {
	return url.endsWith("/") ? url : `${url}/`
}

const HOME = "https://ilinkai.weixin.qq.com"
const FILES = "https://novac2c.cdn.weixin.qq.com/c2c"
const OWN_HOSTS = [".weixin.qq.com", ".wechat.com"]
/** The version of Tencent's client that this one does as. */
const CHANNEL_VERSION = "2.4.9"
const APP = { "ilink-app-id": "bot", "ilink-app-clientversion": String((2 << 16) | (4 << 8) | 9) }
const CALL_MS = 15_000
const ANSWER_BYTES = 8 * 1024 * 1024
