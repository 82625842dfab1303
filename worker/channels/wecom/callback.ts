// What WeCom brings for an AI bot, and the answers that it takes at once. https://developer.work.weixin.qq.com/document/path/100719
import * as z from "zod"
import type { Env } from "../../../durable-objects/env.ts"
import type { ChatUpdate } from "../../../durable-objects/outside.ts"
import { workspaceOf } from "../../feed.ts"
import { hash } from "../../hash.ts"
import type { ChannelEntry } from "../../registry/channels.ts"
import type { Registry } from "../../registry.ts"
import type { Bot } from "../provider.ts"
import { bookOf, pressedBy } from "../wechat-book.ts"
import { open, seal, signatureOf } from "../wechat-crypto.ts"
import { LANGUAGE, WORDS } from "../wechat-text.ts"
import { isAnswerUrl, isFileUrl, WecomCredentials } from "./provider.ts"

const Text = z.object({ content: z.string().max(20_000) })
const File = z.object({ url: z.string().max(2_048) })
const Item = z.object({
	msgtype: z.string(),
	text: Text.optional(),
	image: File.optional(),
	file: File.optional(),
	/** As WeCom has understood it. */
	voice: Text.optional(),
})
const Callback = Item.extend({
	msgid: z.string().min(1).max(256),
	aibotid: z.string().max(256).default(""),
	chatid: z.string().max(256).optional(),
	chattype: z.enum(["single", "group"]).default("single"),
	from: z.object({ userid: z.string().max(256).default("") }).default({ userid: "" }),
	response_url: z.string().max(2_048).optional(),
	mixed: z.object({ msg_item: z.array(Item).max(32) }).optional(),
	stream: z.object({ id: z.string().max(128) }).optional(),
	event: z.object({ eventtype: z.string() }).optional(),
})
type Callback = z.infer<typeof Callback>

interface At {
	env: Env
	registry: Registry
	row: ChannelEntry
	bot: Bot
	now: number
}

/** The answer to a callback that is signed. Null for one that cannot be opened. */
export async function answerWecom(at: At, encrypted: string): Promise<Response | null> {
	const { aesKey } = WecomCredentials.parse(at.bot.credentials)
	const opened = await open(aesKey, encrypted)
	if (opened === undefined) return null
	const callback = parse(opened.message)
	// What we do not know needs no answer.
	if (callback === null) return new Response("")
	const answer = await answerTo(at, callback)
	return answer === null ? new Response("") : sealed(at, JSON.stringify(answer), opened.receiver)
}

async function answerTo(at: At, callback: Callback): Promise<object | null> {
	const { bot, env, row, now } = at
	if (callback.msgtype === "stream") return callback.stream === undefined ? null : streamed(bot, callback.stream.id)
	if (callback.msgtype === "event")
		return callback.event?.eventtype === "enter_chat"
			? { msgtype: "text", text: { content: `${WORDS.zh.welcome}\n${WORDS.en.welcome}` } }
			: null
	await nameIt(at, callback)
	// The same message again has the same stream.
	const stream = (await hash(`${row.id} ${callback.msgid}`)).slice(0, 32)
	const update = updateOf(row, callback, stream, now)
	if (update === null) return null
	const { response_url: address } = callback
	const url = address !== undefined && isAnswerUrl(address) ? { address, until: now + ANSWER_MS } : null
	await bookOf(bot).beginStream(stream, `${row.id} ${update.address}`, url)
	await workspaceOf(env, row.workspaceId).received(row.workspaceId, await pressedBy(bot, update))
	return streamed(bot, stream)
}

/** The stream as it is now; WeCom asks again until it is over. */
async function streamed(bot: Bot, id: string): Promise<object | null> {
	const shown = await bookOf(bot).read(id)
	const { content, isOver } = shown ?? { content: "", isOver: true }
	const said = content === "" ? (isOver ? DONE : WAIT) : lastBytes(content, STREAM_BYTES)
	return { msgtype: "stream", stream: { id, finish: isOver, content: said } }
}

/** Null for what says nothing to us. */
function updateOf(row: ChannelEntry, callback: Callback, stream: string, now: number): ChatUpdate | null {
	const { msgid, from, chatid, chattype } = callback
	const isGroup = chattype === "group"
	if (from.userid === "" || (isGroup && chatid === undefined)) return null
	const items = [callback, ...(callback.mixed?.msg_item ?? [])]
	const texts = items.flatMap(({ text, voice }) => text?.content ?? voice?.content ?? [])
	// In a group the bot is spoken to by its name.
	const text = texts.join("\n").replace(isGroup ? /^\s*@\S+\s*/ : /^$/, "")
	const urls = items.flatMap(({ image, file }) => [
		...(image === undefined ? [] : [{ ...image, ending: "jpg" }]),
		...(file === undefined ? [] : [{ ...file, ending: "bin" }]),
	])
	const files = urls
		.filter(({ url }) => isFileUrl(url))
		.map(({ url, ending }, index) => ({ id: url, name: `wecom-${index + 1}.${ending}`, type: null, size: null }))
	return {
		channel: row.id,
		key: msgid,
		address: isGroup ? `group:${chatid}` : `single:${from.userid}`,
		isGroup,
		sender: { id: from.userid, name: from.userid },
		text: text.trim() === "" ? null : text,
		pressed: null,
		repliesTo: null,
		files,
		context: { stream, language: LANGUAGE },
		at: now,
	}
}

/** WeCom says only with the first message which bot it is. */
async function nameIt({ registry, row }: At, { aibotid }: Callback): Promise<void> {
	if (!row.account.startsWith("key ") || aibotid === "") return
	if ((await registry.channels.findAccount("wecom", aibotid)) !== undefined) return
	await registry.channels.change(row.id, { account: aibotid, name: `WeCom ${aibotid.slice(0, 24)}` })
}

async function sealed({ bot, now }: At, message: string, receiver: string): Promise<Response> {
	const { token, aesKey } = WecomCredentials.parse(bot.credentials)
	const encrypt = await seal(aesKey, { message, receiver })
	const timestamp = Math.floor(now / 1000)
	const nonce = crypto.randomUUID()
	const msgsignature = await signatureOf(token, String(timestamp), nonce, encrypt)
	return Response.json({ encrypt, msgsignature, timestamp, nonce })
}

function parse(text: string): Callback | null {
	try {
		return Callback.parse(JSON.parse(text))
	} catch {
		return null
	}
}

/** The end of a text: what was added last is what is new. */
function lastBytes(text: string, most: number): string {
	let last = text
	while (new TextEncoder().encode(last).length > most) last = last.slice(Math.ceil(last.length / 8))
	return last
}

const WAIT = "…"
const DONE = "✓"
const ANSWER_MS = 59 * 60_000
/** A stream's content has at most 20,480. */
const STREAM_BYTES = 20_000
