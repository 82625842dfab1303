// Telegram as a provider: messages with buttons, edited in place, in a chat or in a topic of a group.
import { InlineKeyboard } from "grammy"
import type { Delivered } from "../../../durable-objects/outside.ts"
import { Refusal } from "../../../protocol/errors.ts"
import type { Button, Provider } from "../provider.ts"
import { cut, split } from "../split.ts"
import { apiOfBot, failureOf, says, TelegramCredentials } from "./api.ts"
import { html } from "./html.ts"

export const telegram: Provider = {
	kind: "telegram",
	maxCharacters: 4_096,
	hasButtons: true,
	canBeQuiet: true,
	canEdit: true,

	async send(place, message) {
		const api = apiOfBot(place.bot)
		const { chat, thread } = addressed(place.address)
		const parts = split(message.blocks, telegram.maxCharacters)
		let last: string | null = null
		for (const [at, blocks] of parts.entries()) {
			const options = {
				parse_mode: "HTML" as const,
				link_preview_options: { is_disabled: true },
				...(message.isQuiet === true && { disable_notification: true }),
				...(at === parts.length - 1 && message.buttons.length > 0 && { reply_markup: keyboard(message.buttons) }),
			}
			const send = (inTopic: boolean) =>
				api.sendMessage(chat, html(blocks), {
					...options,
					...(inTopic && thread !== null && { message_thread_id: thread }),
				})
			try {
				// A topic that somebody has removed is no reason to say nothing.
				const sent = await send(true).catch((error: unknown) => {
					if (thread !== null && says(error, /thread not found|topic_closed|topic_deleted/i)) return send(false)
					throw error
				})
				last = String(sent.message_id)
			} catch (error) {
				return failureOf(error)
			}
		}
		return { is: "sent", message: last }
	},

	async edit(place, id, message): Promise<Delivered> {
		const { chat } = addressed(place.address)
		const [blocks = [], ...more] = split(message.blocks, telegram.maxCharacters - 2)
		const text = html(more.length === 0 ? blocks : [...blocks, { is: "text", text: "…" }])
		try {
			await apiOfBot(place.bot).editMessageText(chat, Number(id), text, {
				parse_mode: "HTML",
				link_preview_options: { is_disabled: true },
				...(message.buttons.length > 0 && { reply_markup: keyboard(message.buttons) }),
			})
		} catch (error) {
			// It shows that already, or somebody has removed it: there is nothing to do.
			if (!says(error, /not modified|message to edit not found|message can't be edited|MESSAGE_ID_INVALID/i))
				return failureOf(error)
		}
		return { is: "sent", message: id }
	},

	async openTopic(place, name) {
		const { chat } = addressed(place.address)
		try {
			const topic = await apiOfBot(place.bot).createForumTopic(chat, cut(name, TOPIC_CHARS))
			return `${chat}/${topic.message_thread_id}`
		} catch (error) {
			const failure = failureOf(error)
			if (failure.is === "later") throw error
			return null
		}
	},

	async typing(place) {
		const { chat, thread } = addressed(place.address)
		// Nothing but a sign: the answer itself follows.
		await apiOfBot(place.bot)
			.sendChatAction(chat, "typing", thread === null ? {} : { message_thread_id: thread })
			.catch(() => {})
	},

	async acknowledge(place, key, text) {
		// Telegram takes it for a short while only; what came of the press stands in the message, too.
		await apiOfBot(place.bot)
			.answerCallbackQuery(key, text === "" ? {} : { text: cut(text, TOAST_CHARS), show_alert: text.length > 60 })
			.catch(() => {})
	},

	async download(bot, file) {
		const { token } = TelegramCredentials.parse(bot.credentials)
		if (file.size !== null && file.size > FILE_BYTES) throw tooLarge()
		const { file_path, file_size } = await apiOfBot(bot)
			.getFile(file.id)
			.catch((error: unknown) => {
				if (says(error, /too big/i)) throw tooLarge()
				throw new Refusal("channel_failed", "Telegram does not give the file.")
			})
		if (file_path === undefined || !/^[\w./-]+$/.test(file_path) || file_path.includes(".."))
			throw new Refusal("channel_failed", "Telegram does not give the file.")
		if ((file_size ?? 0) > FILE_BYTES) throw tooLarge()
		const response = await fetch(`https://api.telegram.org/file/bot${token}/${file_path}`, {
			redirect: "manual",
			signal: AbortSignal.timeout(FILE_MS),
		})
		if (!response.ok || response.body === null) throw new Refusal("channel_failed", "Telegram does not give the file.")
		return { bytes: response.body, size: file_size ?? null }
	},
}

/** What bots may fetch from Telegram. */
export const FILE_BYTES = 20 * 1024 * 1024
const FILE_MS = 60_000
const TOPIC_CHARS = 128
const TOAST_CHARS = 200
/** Longer labels take a row of their own. */
const ROW_CHARS = 28

function tooLarge(): Refusal {
	return new Refusal("too_large", `A file has at most ${FILE_BYTES / 1024 / 1024} MB.`)
}

/** A chat, or a topic of it: `-100123/45`. */
export function addressed(address: string): { chat: number; thread: number | null } {
	const [chat = "", thread] = address.split("/")
	return { chat: Number(chat), thread: thread === undefined ? null : Number(thread) }
}

/** Short labels share a row. */
function keyboard(buttons: readonly Button[]): InlineKeyboard {
	const rows: InlineKeyboard = new InlineKeyboard()
	let room = ROW_CHARS
	for (const [at, { label, data }] of buttons.entries()) {
		if (at > 0 && label.length > room) {
			rows.row()
			room = ROW_CHARS
		}
		rows.text(cut(label, BUTTON_CHARS), data)
		room -= label.length
	}
	return rows
}

const BUTTON_CHARS = 64
