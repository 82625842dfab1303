// What an Official Account brings, and the reply that it takes within five seconds.
// https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_standard_messages.html
import type { Env } from "../../../durable-objects/env.ts"
import type { ChatUpdate } from "../../../durable-objects/outside.ts"
import { workspaceOf } from "../../feed.ts"
import type { ChannelEntry } from "../../registry/channels.ts"
import type { Bot } from "../provider.ts"
import { bookOf, pressedBy } from "../wechat-book.ts"
import { open, seal, signatureOf } from "../wechat-crypto.ts"
import { LANGUAGE, WORDS } from "../wechat-text.ts"
import { OfficialCredentials } from "./api.ts"
import { TEXT_BYTES } from "./provider.ts"
import { readXml, writeXml } from "./xml.ts"

interface At {
	env: Env
	row: ChannelEntry
	bot: Bot
	now: number
}

/** The answer to a callback that is signed. Null for one that cannot be opened, or is for another account. */
export async function answerOfficial(at: At, encrypted: string): Promise<Response | null> {
	const { aesKey, appId } = OfficialCredentials.parse(at.bot.credentials)
	const opened = await open(aesKey, encrypted)
	if (opened === undefined || opened.receiver !== appId) return null
	const message = readXml(opened.message)
	// What we do not know needs no answer.
	if (message === undefined) return thanks()
	const reply = await replyTo(at, message)
	return reply === null ? thanks() : replied(at, message, reply)
}

/** Null where what there is to say comes by itself. */
async function replyTo({ env, row, bot, now }: At, message: Record<string, string>): Promise<string | null> {
	const { Content = "" } = message
	const update = updateOf(row, message, now)
	if (update === null) return null
	const book = bookOf(bot)
	const chat = `${row.id} ${update.address}`
	const asks = /^\s*[?？]\s*$/.test(Content)
	const words = /\p{Script=Han}/u.test(Content) ? WORDS.zh : WORDS.en
	if (asks) {
		const texts = await book.takeHeld(chat, TEXT_BYTES)
		return texts.length === 0 ? `${WORDS.zh.nothing}\n${WORDS.en.nothing}` : texts.join("\n\n")
	}
	await workspaceOf(env, row.workspaceId).received(row.workspaceId, await pressedBy(bot, update))
	if (update.context.membership === "back") return `${WORDS.zh.welcome}\n${WORDS.en.welcome}`
	if (update.context.membership === "gone") return null
	if (!(await book.isMute(bot.id))) return null
	const { texts, isDone } = await book.awaitHeld(chat, REPLY_MS, TEXT_BYTES)
	if (texts.length > 0) return texts.join("\n\n")
	return isDone ? DONE : words.working
}

/** Null for what says nothing to us. */
function updateOf(row: ChannelEntry, message: Record<string, string>, now: number): ChatUpdate | null {
	const { FromUserName: from, CreateTime = "", MsgType, MsgId, Content, Recognition, MediaId, Event } = message
	if (from === undefined || from === "") return null
	const base: ChatUpdate = {
		channel: row.id,
		key: MsgId ?? `${from} ${CreateTime} ${Event ?? ""}`,
		address: from,
		isGroup: false,
		sender: { id: from, name: from.slice(0, 12) },
		text: null,
		pressed: null,
		repliesTo: null,
		files: [],
		context: { reply: "1", language: LANGUAGE },
		at: now,
	}
	switch (MsgType) {
		case "text":
			return { ...base, text: Content ?? null }
		case "voice":
			// As the service has understood it, where the account has that switched on.
			return Recognition === undefined || Recognition === ""
				? { ...base, context: { ...base.context, isVoice: "1" } }
				: { ...base, text: Recognition }
		case "image":
			return MediaId === undefined
				? null
				: { ...base, files: [{ id: MediaId, name: `wechat-${MsgId ?? now}.jpg`, type: "image/jpeg", size: null }] }
		case "event":
			if (Event !== "subscribe" && Event !== "unsubscribe") return null
			// Who follows again is told again.
			return { ...base, context: { membership: Event === "subscribe" ? "back" : "gone" } }
		default:
			return null
	}
}

/** The service's word for: taken, and nothing to say. */
function thanks(): Response {
	return new Response("success", { headers: { "content-type": "text/plain" } })
}

async function replied({ bot, now }: At, message: Record<string, string>, content: string): Promise<Response> {
	const { token, aesKey, appId } = OfficialCredentials.parse(bot.credentials)
	const { FromUserName = "", ToUserName = "" } = message
	const seconds = Math.floor(now / 1000)
	const inner = {
		ToUserName: FromUserName,
		FromUserName: ToUserName,
		CreateTime: seconds,
		MsgType: "text",
		Content: content,
	}
	const Encrypt = await seal(aesKey, { message: writeXml(inner), receiver: appId })
	const Nonce = crypto.randomUUID()
	const MsgSignature = await signatureOf(token, String(seconds), Nonce, Encrypt)
	const xml = writeXml({ Encrypt, MsgSignature, TimeStamp: seconds, Nonce })
	return new Response(xml, { headers: { "content-type": "text/xml; charset=utf-8" } })
}

const DONE = "✓"
/** The service waits five seconds. */
const REPLY_MS = 3_500
