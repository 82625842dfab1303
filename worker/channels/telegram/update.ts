// What Telegram brings, as any chat brings it. https://core.telegram.org/bots/api#update
import * as z from "zod"
import type { ChatUpdate } from "../../../durable-objects/outside.ts"
import type { ChannelId } from "../../../protocol/ids.ts"

const Chat = z.object({
	id: z.int(),
	type: z.string(),
	title: z.string().optional(),
	is_forum: z.boolean().optional(),
})
const User = z.object({
	id: z.int(),
	is_bot: z.boolean().default(false),
	first_name: z.string().default(""),
	last_name: z.string().optional(),
	username: z.string().optional(),
	language_code: z.string().optional(),
})
const File = z.object({
	file_id: z.string(),
	file_name: z.string().optional(),
	mime_type: z.string().optional(),
	file_size: z.int().optional(),
})
const Message = z.object({
	message_id: z.int(),
	date: z.int(),
	chat: Chat,
	from: User.optional(),
	text: z.string().optional(),
	caption: z.string().optional(),
	message_thread_id: z.int().optional(),
	is_topic_message: z.boolean().default(false),
	reply_to_message: z.object({ message_id: z.int() }).optional(),
	photo: z.array(File).optional(),
	document: File.optional(),
	voice: z.unknown().optional(),
	audio: z.unknown().optional(),
	video_note: z.unknown().optional(),
	migrate_to_chat_id: z.int().optional(),
})
const Pressed = z.object({
	id: z.string(),
	from: User,
	data: z.string().optional(),
	message: Message.partial().required({ message_id: true, chat: true }).optional(),
})
const Membership = z.object({
	chat: Chat,
	from: User,
	date: z.int(),
	new_chat_member: z.object({ status: z.string() }),
})

export const TelegramUpdate = z.object({
	update_id: z.int(),
	message: Message.optional(),
	callback_query: Pressed.optional(),
	my_chat_member: Membership.optional(),
})
type TelegramUpdate = z.infer<typeof TelegramUpdate>

/** What setWebhook asks for; nothing else comes. */
export const ALLOWED_UPDATES = ["message", "callback_query", "my_chat_member"] as const

/** Null for what says nothing to us. */
export function readUpdate(channel: ChannelId, update: TelegramUpdate): ChatUpdate | null {
	const key = String(update.update_id)
	const { message, callback_query: pressed, my_chat_member: membership } = update
	if (message !== undefined) return said(channel, key, message)
	if (pressed?.message !== undefined && pressed.data !== undefined) {
		const { message } = pressed
		return {
			...from(channel, key, message.chat, pressed.from, topicOf(message)),
			pressed: { data: pressed.data, message: String(message.message_id), key: pressed.id },
		}
	}
	if (membership !== undefined) {
		const isGone = ["kicked", "left"].includes(membership.new_chat_member.status)
		const base = from(channel, key, membership.chat, membership.from, null)
		return { ...base, context: { ...base.context, membership: isGone ? "gone" : "back" } }
	}
	return null
}

function said(channel: ChannelId, key: string, message: z.infer<typeof Message>): ChatUpdate | null {
	const { chat, from: user, date, text, caption, photo, document, reply_to_message, migrate_to_chat_id } = message
	if (user === undefined) return null
	const thread = topicOf(message)
	const base = from(channel, key, chat, user, thread)
	// Whatever is said in a topic replies to the message that opened it.
	const repliesTo =
		reply_to_message === undefined || reply_to_message.message_id === thread
			? null
			: String(reply_to_message.message_id)
	const isVoice = message.voice !== undefined || message.audio !== undefined || message.video_note !== undefined
	const picture = photo?.at(-1)
	const files = [
		...(document === undefined ? [] : [document]),
		// The largest comes last.
		...(picture === undefined
			? []
			: [{ ...picture, file_name: `photo-${message.message_id}.jpg`, mime_type: "image/jpeg" }]),
	]
	return {
		...base,
		text: text ?? caption ?? null,
		repliesTo,
		files: files.map(({ file_id, file_name, mime_type, file_size }) => ({
			id: file_id,
			name: file_name ?? `file-${message.message_id}`,
			type: mime_type ?? null,
			size: file_size ?? null,
		})),
		context: {
			...base.context,
			...(isVoice && { isVoice: "1" }),
			...(migrate_to_chat_id !== undefined && { movedTo: String(migrate_to_chat_id) }),
		},
		at: date * 1_000,
	}
}

function from(
	channel: ChannelId,
	key: string,
	chat: z.infer<typeof Chat>,
	user: z.infer<typeof User>,
	thread: number | null,
): ChatUpdate {
	const name = [user.first_name, user.last_name ?? ""].join(" ").trim()
	return {
		channel,
		key,
		address: thread === null ? String(chat.id) : `${chat.id}/${thread}`,
		isGroup: chat.type !== "private",
		sender: { id: String(user.id), name: user.username === undefined ? name : `${name} (@${user.username})` },
		text: null,
		pressed: null,
		repliesTo: null,
		files: [],
		context: {
			...(user.language_code !== undefined && { language: user.language_code }),
			chatName: chat.title ?? name,
			...(chat.is_forum === true && { isForum: "1" }),
		},
		at: Date.now(),
	}
}

/** The topic of a group that a message stands in; a thread of replies is none. */
function topicOf(message: { message_thread_id?: number | undefined; is_topic_message?: boolean | undefined }) {
	return message.is_topic_message === true ? (message.message_thread_id ?? null) : null
}
