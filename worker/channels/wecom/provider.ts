// WeCom's AI bot as a provider: what answers a message joins the stream that WeCom asks for, and what comes later goes to an
// address that each message brings, once and within an hour. Otherwise such a bot cannot write.
import * as z from "zod"
import type { Delivered } from "../../../durable-objects/outside.ts"
import { Refusal } from "../../../protocol/errors.ts"
import { readBytes } from "../bytes.ts"
import type { Bot, Message, Place, Provider } from "../provider.ts"
import { split } from "../split.ts"
import { bookOf, chatOf, numbered, standing } from "../wechat-book.ts"
import { openFile } from "../wechat-crypto.ts"
import { listed, markdown, type Numbered } from "../wechat-text.ts"

/** What a channel of this kind keeps sealed. */
export const WecomCredentials = z.object({ token: z.string(), aesKey: z.string() })

export const wecom: Provider = {
	kind: "wecom",
	maxCharacters: 4_000,
	hasButtons: false,
	canBeQuiet: false,
	canEdit: false,

	async send(place, message) {
		const options = await numbered(place, message)
		return standing(place, options, await say(place, written(place, message, options)))
	},

	/** While its stream is open it is changed there; otherwise what is new is said anew. */
	async edit(place, id, message) {
		const options = await numbered(place, message)
		const text = written(place, message, options)
		const part = /^part (\d+)$/.exec(id)?.[1]
		if (part !== undefined && (await bookOf(place.bot).rewrite(Number(part), text))) return { is: "sent", message: id }
		return standing(place, options, await post(place, text))
	},

	/** WeCom itself shows that the stream goes on. */
	async typing() {},

	async done({ bot, context }) {
		if (context.stream !== undefined) await bookOf(bot).finish(context.stream)
	},

	async acknowledge(place, _, text) {
		if (text !== "") await wecom.send(place, { blocks: [{ is: "text", text }], buttons: [] })
	},

	async download(bot, { id }) {
		const bytes = await fetchFile(bot, id)
		return { bytes: new Blob([bytes]).stream(), size: bytes.length }
	},
}

/** Whether an address is where WeCom takes an answer. */
export function isAnswerUrl(address: string): boolean {
	return URL.canParse(address) && new URL(address).origin === "https://qyapi.weixin.qq.com"
}

/** Whether a file may be fetched there: WeCom's files lie in Tencent's stores. */
export function isFileUrl(address: string): boolean {
	if (!URL.canParse(address)) return false
	const { protocol, hostname, port, username } = new URL(address)
	return protocol === "https:" && port === "" && username === "" && /\.(?:myqcloud\.com|qq\.com)$/.test(hostname)
}

/** As much as WeCom takes in one message. */
function written({ language }: Place, message: Message, options: readonly Numbered[]): string {
	const list = listed(options, language)
	const room = wecom.maxCharacters - list.reduce((sum, { text }) => sum + text.length + 1, 0)
	const [first = [], ...more] = split(message.blocks, room)
	return markdown([...first, ...(more.length === 0 ? [] : [{ is: "text" as const, text: "…" }]), ...list])
}

/** Into the stream that waits for it, or by itself. */
async function say(place: Place, text: string): Promise<Delivered> {
	const { stream } = place.context
	const part = stream === undefined ? null : await bookOf(place.bot).write(stream, text)
	return part === null ? post(place, text) : { is: "sent", message: `part ${part}` }
}

async function post(place: Place, text: string): Promise<Delivered> {
	const url = await bookOf(place.bot).takeUrl(chatOf(place))
	if (url === null) return { is: "failed", reason: CANNOT }
	try {
		const response = await fetch(url, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ msgtype: "markdown", markdown: { content: text } }),
			redirect: "manual",
			signal: AbortSignal.timeout(CALL_MS),
		})
		const said = Said.safeParse(await response.json())
		if (said.success && said.data.errcode === 0) return { is: "sent", message: `post ${crypto.randomUUID()}` }
		return { is: "failed", reason: `WeCom did not deliver it (${said.data?.errcode ?? response.status}).` }
	} catch {
		// What failed would quote the address.
		return { is: "failed", reason: "WeCom cannot be reached." }
	}
}

async function fetchFile({ credentials }: Bot, url: string): Promise<Uint8Array> {
	if (!isFileUrl(url)) throw new Refusal("channel_failed", "WeCom named an address that is not its own.")
	const failed = new Refusal("channel_failed", "WeCom does not give the file.")
	const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(FILE_MS) }).catch(() => {
		throw failed
	})
	if (!response.ok) throw failed
	const bytes = await openFile(WecomCredentials.parse(credentials).aesKey, await readBytes(response, FILE_BYTES))
	if (bytes === undefined) throw new Refusal("channel_failed", "WeCom's file cannot be deciphered.")
	return bytes
}

const Said = z.object({ errcode: z.int() })
const CANNOT =
	"A WeCom bot may write by itself only within an hour of a message to it, once for each: say something to it, such as /inbox."
const CALL_MS = 10_000
const FILE_MS = 60_000
const FILE_BYTES = 20 * 1024 * 1024
