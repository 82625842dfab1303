// An Official Account as a provider: the customer-service API where the account may call it; otherwise what answers a
// message waits until the person asks for it.
import type { Delivered } from "../../../durable-objects/outside.ts"
import { Refusal } from "../../../protocol/errors.ts"
import { readBytes } from "../bytes.ts"
import type { Place, Provider } from "../provider.ts"
import { bookOf, chatOf, numbered, standing } from "../wechat-book.ts"
import { inBytes, listed, plain } from "../wechat-text.ts"
import { call, failureOf, isMuteBy, media } from "./api.ts"

/** What the service takes in one message, with room for how to go on. */
export const TEXT_BYTES = 1_800

export const official: Provider = {
	kind: "official",
	maxCharacters: 600,
	hasButtons: false,
	canBeQuiet: false,
	canEdit: false,

	async send(place, message) {
		const options = await numbered(place, message)
		const text = plain([...message.blocks, ...listed(options, place.language)])
		for (const part of inBytes(text, TEXT_BYTES)) {
			const sent = await sendOne(place, part)
			if (sent.is !== "sent") return sent
		}
		// The service names none: it is only told apart from what was not sent.
		return standing(place, options, { is: "sent", message: crypto.randomUUID() })
	},

	/** What was sent cannot be changed: what is new is said anew. */
	edit: (place, _, message) => official.send(place, message),

	async typing({ bot, address }) {
		if (await bookOf(bot).isMute(bot.id)) return
		// Nothing but a sign: the answer itself follows.
		await call(bot, "cgi-bin/message/custom/typing", { touser: address, command: "Typing" }).catch(() => {})
	},

	async done(place) {
		if (place.context.reply === "1") await bookOf(place.bot).doneHolding(chatOf(place))
	},

	async acknowledge(place, _, text) {
		if (text !== "") await official.send(place, { blocks: [{ is: "text", text }], buttons: [] })
	},

	async download(bot, { id }) {
		const file = await media(bot, id)
		if (typeof file === "number") throw new Refusal("channel_failed", `WeChat does not give the file (${file}).`)
		const bytes = await readBytes(file, FILE_BYTES)
		return { bytes: new Blob([bytes]).stream(), size: bytes.length }
	},
}

async function sendOne(place: Place, content: string): Promise<Delivered> {
	const { bot, address, context } = place
	const book = bookOf(bot)
	const isReply = context.reply === "1"
	if (!(isReply && (await book.isMute(bot.id)))) {
		const body = { touser: address, msgtype: "text", text: { content } }
		const code = await call(bot, "cgi-bin/message/custom/send", body)
		if (code === 0) return { is: "sent", message: null }
		if (!isMuteBy(code)) return failureOf(code)
		await book.mute(bot.id, true)
		if (!isReply) return failureOf(code)
	}
	// They have asked, and get it with the next reply.
	await book.hold(chatOf(place), content)
	return { is: "sent", message: null }
}

const FILE_BYTES = 20 * 1024 * 1024
