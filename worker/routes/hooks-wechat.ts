// The door that WeCom and Official Accounts knock at: every call is signed with the channel's own token, and fresh.
import { Refusal } from "../../protocol/errors.ts"
import { readBounded } from "../body.ts"
import type { Call, Handlers } from "../call.ts"
import { openBot } from "../channels/credentials.ts"
import { OfficialCredentials } from "../channels/official/api.ts"
import { answerOfficial } from "../channels/official/callback.ts"
import { readXml } from "../channels/official/xml.ts"
import type { Bot } from "../channels/provider.ts"
import { isFresh, isSigned, open } from "../channels/wechat-crypto.ts"
import { answerWecom } from "../channels/wecom/callback.ts"
import { WecomCredentials } from "../channels/wecom/provider.ts"
import type { ChannelEntry } from "../registry/channels.ts"
import { record } from "../trail.ts"

type Hook = Call<"wechatHook"> | Call<"checkWechatHook">

export const wechatHooks: Handlers<"checkWechatHook" | "wechatHook"> = {
	/** Says back what only who knows the channel's token and key can read. */
	async checkWechatHook(call) {
		const { row, bot } = await botOf(call)
		const { signature, msg_signature, timestamp, nonce, echostr } = queryOf(call)
		if (row.kind === "official") {
			const { token } = OfficialCredentials.parse(bot.credentials)
			if (!isFresh(timestamp, Date.now()) || !(await isSigned(signature, token, timestamp, nonce)))
				return forged(call, row)
			return text(echostr)
		}
		const { token, aesKey } = WecomCredentials.parse(bot.credentials)
		if (!isFresh(timestamp, Date.now()) || !(await isSigned(msg_signature, token, timestamp, nonce, echostr)))
			return forged(call, row)
		const opened = await open(aesKey, echostr)
		return opened === undefined ? forged(call, row) : text(opened.message)
	},

	async wechatHook(call) {
		const { row, bot } = await botOf(call)
		const { env, registry } = call
		const now = Date.now()
		const { msg_signature, timestamp, nonce } = queryOf(call)
		const { token } = TOKEN.parse(bot.credentials)
		const encrypted = encryptedIn(row, new TextDecoder().decode(await readBounded(call.request)))
		// A message that is not encrypted is not signed either: the signature covers the time and a number alone.
		if (encrypted === undefined)
			throw new Refusal("invalid_request", "Set the account's messages to be encrypted (安全模式).")
		if (!isFresh(timestamp, now) || !(await isSigned(msg_signature, token, timestamp, nonce, encrypted)))
			return forged(call, row)
		const answer =
			row.kind === "official"
				? await answerOfficial({ env, row, bot, now }, encrypted)
				: await answerWecom({ env, registry, row, bot, now }, encrypted)
		return answer ?? forged(call, row)
	},
}

async function botOf({ env, registry, params }: Hook): Promise<{ row: ChannelEntry; bot: Bot }> {
	const row = await registry.channels.find(params.channel)
	if (row === undefined || (row.kind !== "wecom" && row.kind !== "official")) throw new Refusal("not_found")
	return { row, bot: await openBot(env, row) }
}

/** Somebody else knocks, or an old call is brought again: refused, and in the trail. */
async function forged(call: Hook, { workspaceId }: ChannelEntry): Promise<never> {
	const { env, registry, traced, address, params } = call
	const of = { ...traced, workspaceId, target: { channel: params.channel } }
	await record(env, registry, of, { action: "wechatHook", outcome: "not_signed_in", address, detail: {} })
	throw new Refusal("not_signed_in", "The signature is not this channel's, or it is not of now.")
}

function encryptedIn({ kind }: ChannelEntry, body: string): string | undefined {
	if (kind === "official") return readXml(body)?.Encrypt
	try {
		const { encrypt } = JSON.parse(body) as { encrypt?: unknown }
		return typeof encrypt === "string" ? encrypt : undefined
	} catch {
		return undefined
	}
}

function queryOf({ request }: Hook) {
	const { searchParams } = new URL(request.url)
	const of = (name: string) => searchParams.get(name) ?? ""
	return {
		signature: of("signature"),
		msg_signature: of("msg_signature"),
		timestamp: of("timestamp"),
		nonce: of("nonce"),
		echostr: of("echostr"),
	}
}

function text(said: string): Response {
	return new Response(said, { headers: { "content-type": "text/plain; charset=utf-8" } })
}

const TOKEN = WecomCredentials.pick({ token: true })
