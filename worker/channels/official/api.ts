// An Official Account's API: calls with its access token, and what its error codes mean to us.
// https://developers.weixin.qq.com/doc/service/guide/dev/api/
import * as z from "zod"
import type { Delivered } from "../../../durable-objects/outside.ts"
import type { Bot } from "../provider.ts"
import { bookOf } from "../wechat-book.ts"

/** What a channel of this kind keeps sealed. */
export const OfficialCredentials = z.object({
	appId: z.string(),
	appSecret: z.string(),
	token: z.string(),
	aesKey: z.string(),
})

const Said = z.object({ errcode: z.int().default(0) })

/** An error code; 0 where it was taken. */
export async function call(bot: Bot, path: string, body: object): Promise<number> {
	return withToken(bot, async (token) => {
		const response = await fetch(`${API}/${path}?access_token=${encodeURIComponent(token)}`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			// Anything but ASCII must come as it is: the service shows escapes as they were written.
			body: JSON.stringify(body),
			redirect: "manual",
			signal: AbortSignal.timeout(CALL_MS),
		})
		return Said.safeParse(await response.json()).data?.errcode ?? UNREACHED
	})
}

/** A file that a person has sent; its error code where there is none. */
export async function media(bot: Bot, id: string): Promise<Response | number> {
	let file: Response | null = null
	const code = await withToken(bot, async (token) => {
		const url = `${API}/cgi-bin/media/get?access_token=${encodeURIComponent(token)}&media_id=${encodeURIComponent(id)}`
		const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(FILE_MS) })
		if (/json|text\/plain/.test(response.headers.get("content-type") ?? ""))
			return Said.safeParse(await response.json()).data?.errcode ?? UNREACHED
		file = response
		return response.ok ? 0 : UNREACHED
	})
	return file ?? code
}

/** Once more with a fresh token where the service does not take it any more. */
async function withToken(bot: Bot, use: (token: string) => Promise<number>): Promise<number> {
	const { appId, appSecret } = OfficialCredentials.parse(bot.credentials)
	let stale: string | null = null
	for (;;) {
		const granted = await bookOf(bot).accessToken({ appId, appSecret }, stale)
		if (granted.is === "refused") return granted.code
		// What failed would quote the token.
		const code = await use(granted.token).catch(() => UNREACHED)
		if (!STALE.has(code) || stale !== null) return code
		stale = granted.token
	}
}

/** The account may not call this at all, or not from here: it can only reply. */
export function isMuteBy(code: number): boolean {
	return code === NOT_ALLOWED || code === NOT_FROM_HERE
}

/** What an error code means to a message. */
export function failureOf(code: number): Delivered {
	switch (code) {
		case UNREACHED:
			return { is: "failed", reason: "WeChat cannot be reached now." }
		case 45015:
			return {
				is: "failed",
				reason: "WeChat delivers only within 48 hours of a message of yours: say something there.",
			}
		case 45047:
			return { is: "failed", reason: "WeChat delivers no more until you write: say something there." }
		case 45009:
			return { is: "later", afterMs: 30 * 60_000, reason: "The account has used up its calls for today." }
		case 45011:
			return { is: "later", afterMs: 60_000, reason: "WeChat asks to wait a minute." }
		case 40003:
		case 43004:
			return { is: "gone", reason: "This person does not follow the account any more." }
		case NOT_ALLOWED:
			return {
				is: "failed",
				reason: "This account is not verified, so it may only reply: send it /inbox.",
				isBot: true,
			}
		case NOT_FROM_HERE:
			return {
				is: "failed",
				reason: "This home's address is not on the account's IP allow-list, so it may only reply: send it /inbox.",
				isBot: true,
			}
		case 40013:
		case 40125:
			return { is: "failed", reason: "WeChat does not take the account's AppID or AppSecret.", isBot: true }
		default:
			return { is: "failed", reason: `WeChat did not deliver it (${code}).` }
	}
}

const API = "https://api.weixin.qq.com"
const NOT_ALLOWED = 48001
const NOT_FROM_HERE = 40164
/** The service's own word for being busy. */
const UNREACHED = -1
const STALE = new Set([40001, 40014, 42001])
const CALL_MS = 10_000
const FILE_MS = 60_000
