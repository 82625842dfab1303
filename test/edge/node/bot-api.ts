// Telegram as its Bot API is published: bots by token, chats with messages, topics and files, and the errors that it gives.
// https://core.telegram.org/bots/api

export interface Shown {
	id: number
	chat: number
	thread: number | null
	/** As people read it. */
	text: string
	html: string
	buttons: { text: string; callback_data: string }[][]
	isQuiet: boolean
	/** How often it was changed. */
	edits: number
}

interface Chat {
	id: number
	type: "private" | "supergroup"
	title: string
	isForum: boolean
	mayOpenTopics: boolean
	isBlocked: boolean
	topics: Map<number, string>
}

interface Webhook {
	url: string
	secret: string
	allowed: string[]
}

interface Call {
	method: string
	payload: Record<string, unknown>
	/** What was answered. */
	ok: boolean
}

/** Whom a bot talks with. */
export interface Person {
	id: number
	first_name: string
	username?: string
	language_code?: string
}

export type Update = Record<string, unknown> & { update_id: number }

const EVERY_MS = 10
const PATIENCE_MS = 15_000

type Payload = Record<string, string | undefined>

export class BotApi {
	readonly token: string
	readonly me: { id: number; is_bot: true; first_name: string; username: string }
	webhook: Webhook | null = null
	readonly commands = new Map<string, { command: string; description: string }[]>()
	readonly calls: Call[] = []
	readonly messages: Shown[] = []
	readonly toasts: { key: string; text: string }[] = []
	/** The next calls of this method are refused so. */
	readonly faults: { method: string; code: number; description: string; retryAfter?: number }[] = []
	readonly #chats = new Map<number, Chat>()
	readonly #files = new Map<string, Uint8Array<ArrayBuffer>>()
	readonly #queries = new Set<string>()
	#next = 1_000

	constructor(bot = Math.floor(Math.random() * 1e9) + 1e8) {
		this.token = `${bot}:AA${"t".repeat(33)}`
		this.me = { id: bot, is_bot: true, first_name: "Home", username: `home_${bot}_bot` }
	}

	chat(
		id: number,
		{ isForum = false, mayOpenTopics = true }: { isForum?: boolean; mayOpenTopics?: boolean } = {},
	): Chat {
		const type = id > 0 ? "private" : "supergroup"
		const chat: Chat = {
			...{ id, type, isForum, mayOpenTopics },
			title: id > 0 ? "" : `Group ${-id}`,
			isBlocked: false,
			topics: new Map(),
		}
		this.#chats.set(id, chat)
		return chat
	}

	// What people do.

	/** Somebody writes; `more` are fields of the message. */
	said(person: Person, chat: number, text: string | null, more: Record<string, unknown> = {}): Update {
		return this.#update({
			message: {
				message_id: ++this.#next,
				date: Math.floor(Date.now() / 1000),
				chat: this.#chatOf(chat, person),
				from: { is_bot: false, ...person },
				...(text !== null && { text }),
				...more,
			},
		})
	}

	pressed(person: Person, message: Shown, data: string): Update {
		const id = `query-${++this.#next}`
		this.#queries.add(id)
		return this.#update({
			callback_query: {
				id,
				from: { is_bot: false, ...person },
				chat_instance: "1",
				data,
				message: {
					message_id: message.id,
					date: 0,
					chat: this.#chatOf(message.chat, person),
					text: message.text,
					...(message.thread !== null && { message_thread_id: message.thread, is_topic_message: true }),
				},
			},
		})
	}

	/** The person of a private chat blocks the bot, or starts it again. */
	blocked(person: Person, isBlocked: boolean): Update {
		const chat = this.#chats.get(person.id) ?? this.chat(person.id)
		chat.isBlocked = isBlocked
		return this.#update({
			my_chat_member: {
				chat: this.#chatOf(person.id, person),
				from: { is_bot: false, ...person },
				date: Math.floor(Date.now() / 1000),
				old_chat_member: { status: "member", user: this.me },
				new_chat_member: { status: isBlocked ? "kicked" : "member", user: this.me },
			},
		})
	}

	file(bytes: Uint8Array<ArrayBuffer>): string {
		const id = `file-${++this.#next}`
		this.#files.set(id, bytes)
		return id
	}

	// What tests look at.

	/** What stands in a chat, the oldest first. */
	in(chat: number): Shown[] {
		return this.messages.filter((message) => message.chat === chat)
	}

	/** The first that is so. Asked again and again: in the Workers runtime nobody wakes another request's promise. */
	async until<T>(find: () => T | undefined, what = String(find)): Promise<T> {
		for (const end = Date.now() + PATIENCE_MS; ; ) {
			const found = find()
			if (found !== undefined) return found
			if (Date.now() > end) throw new Error(`Not within ${PATIENCE_MS} ms: ${what}. There is ${this.#seen()}`)
			await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
		}
	}

	#seen(): string {
		const said = this.messages.map(({ chat, text, edits }) => `${chat}: ${text} (${edits} edits)`)
		return JSON.stringify({
			said,
			toasts: this.toasts,
			calls: this.calls.slice(-5).map(({ method, ok }) => [method, ok]),
		})
	}

	/** The first message of a chat whose text has this. */
	shows(chat: number, text: string | RegExp): Promise<Shown> {
		const has = (said: string) => (typeof text === "string" ? said.includes(text) : text.test(said))
		return this.until(() => this.in(chat).find((message) => has(message.text)), `${chat} shows ${text}`)
	}

	// What bots call.

	/** Null for what is not Telegram's. */
	async answer(request: { url: string; headers: { get(name: string): string | null }; text(): Promise<string> }) {
		const url = new URL(request.url)
		if (url.host !== "api.telegram.org") return null
		const [, isFile, token, rest = ""] = /^\/(file\/)?bot([^/]+)\/(.+)$/.exec(url.pathname) ?? []
		if (token !== this.token) return failed(401, "Unauthorized")
		if (isFile !== undefined) {
			const bytes = this.#files.get(rest.replace(/^documents\//, ""))
			return bytes === undefined ? new Response(null, { status: 404 }) : new Response(bytes)
		}
		const body = await request.text()
		const payload = (body === "" ? {} : JSON.parse(body)) as Payload
		const fault = this.faults.findIndex(({ method }) => method === rest)
		const response =
			fault >= 0 ? this.#fault(this.faults.splice(fault, 1)[0] as BotApi["faults"][number]) : this.#call(rest, payload)
		this.calls.push({ method: rest, payload, ok: response.ok })
		return response
	}

	#fault({ code, description, retryAfter }: BotApi["faults"][number]): Response {
		return failed(code, description, retryAfter === undefined ? undefined : { retry_after: retryAfter })
	}

	#call(method: string, payload: Payload): Response {
		switch (method) {
			case "getMe":
				return done(this.me)
			case "setWebhook":
				return this.#setWebhook(payload as never)
			case "deleteWebhook":
				this.webhook = null
				return done(true)
			case "getWebhookInfo":
				return done({ url: this.webhook?.url ?? "", has_custom_certificate: false, pending_update_count: 0 })
			case "setMyCommands":
				return this.#setCommands(payload as never)
			case "sendMessage":
				return this.#send(payload as never)
			case "editMessageText":
				return this.#edit(payload as never)
			case "answerCallbackQuery": {
				const key = String(payload.callback_query_id)
				if (!this.#queries.delete(key))
					return failed(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
				this.toasts.push({ key, text: payload.text ?? "" })
				return done(true)
			}
			case "sendChatAction":
				return done(true)
			case "createForumTopic":
				return this.#openTopic(payload as never)
			case "getFile": {
				const bytes = this.#files.get(String(payload.file_id))
				if (bytes === undefined) return failed(400, "Bad Request: invalid file_id")
				if (bytes.length > 20 * 1024 * 1024) return failed(400, "Bad Request: file is too big")
				return done({
					file_id: payload.file_id,
					file_unique_id: "u",
					file_size: bytes.length,
					file_path: `documents/${payload.file_id}`,
				})
			}
			default:
				return failed(404, "Not Found: method not found")
		}
	}

	#setWebhook(payload: { url: string; secret_token?: string; allowed_updates?: string[] }): Response {
		const { url, secret_token = "", allowed_updates = [] } = payload
		if (!url.startsWith("https://"))
			return failed(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
		if (!/^[\w-]{1,256}$/.test(secret_token))
			return failed(400, "Bad Request: secret token contains unallowed characters")
		this.webhook = { url, secret: secret_token, allowed: allowed_updates }
		return done(true)
	}

	#setCommands({ commands, language_code = "" }: { commands: never[]; language_code?: string }): Response {
		const list = commands as { command: string; description: string }[]
		if (list.length > 100) return failed(400, "Bad Request: too many commands")
		for (const { command, description } of list) {
			if (!/^[a-z0-9_]{1,32}$/.test(command)) return failed(400, "Bad Request: BOT_COMMAND_INVALID")
			if (description.length < 1 || description.length > 256)
				return failed(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
		}
		this.commands.set(language_code, list)
		return done(true)
	}

	#send(payload: {
		chat_id: number
		text: string
		message_thread_id?: number
		disable_notification?: boolean
		reply_markup?: { inline_keyboard: Shown["buttons"] }
	}): Response {
		const chat = this.#chats.get(Number(payload.chat_id))
		if (chat === undefined) return failed(400, "Bad Request: chat not found")
		if (chat.isBlocked) return failed(403, "Forbidden: bot was blocked by the user")
		const thread = payload.message_thread_id ?? null
		if (thread !== null && !chat.topics.has(thread)) return failed(400, "Bad Request: message thread not found")
		const read = readHtml(payload.text)
		const fault = faultOf(read, payload.reply_markup?.inline_keyboard ?? [])
		if (read === null || fault !== null) return failed(400, `Bad Request: ${fault}`)
		const message: Shown = {
			id: ++this.#next,
			chat: chat.id,
			thread,
			text: read,
			html: payload.text,
			buttons: payload.reply_markup?.inline_keyboard ?? [],
			isQuiet: payload.disable_notification === true,
			edits: 0,
		}
		this.messages.push(message)
		return done({ message_id: message.id, date: 0, chat: { id: chat.id, type: chat.type }, text: message.text })
	}

	#edit(payload: {
		chat_id: number
		message_id: number
		text: string
		reply_markup?: { inline_keyboard: Shown["buttons"] }
	}): Response {
		const chat = this.#chats.get(Number(payload.chat_id))
		if (chat === undefined) return failed(400, "Bad Request: chat not found")
		if (chat.isBlocked) return failed(403, "Forbidden: bot was blocked by the user")
		const message = this.messages.find(({ id, chat: at }) => id === payload.message_id && at === chat.id)
		if (message === undefined) return failed(400, "Bad Request: message to edit not found")
		const read = readHtml(payload.text)
		const buttons = payload.reply_markup?.inline_keyboard ?? []
		const fault = faultOf(read, buttons)
		if (read === null || fault !== null) return failed(400, `Bad Request: ${fault}`)
		if (message.html === payload.text && JSON.stringify(message.buttons) === JSON.stringify(buttons))
			return failed(
				400,
				"Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
			)
		Object.assign(message, { html: payload.text, text: read, buttons, edits: message.edits + 1 })
		return done({ message_id: message.id, date: 0, chat: { id: chat.id, type: chat.type }, text: message.text })
	}

	#openTopic({ chat_id, name }: { chat_id: number; name: string }): Response {
		const chat = this.#chats.get(Number(chat_id))
		if (chat === undefined) return failed(400, "Bad Request: chat not found")
		if (!chat.isForum) return failed(400, "Bad Request: the chat is not a forum")
		if (!chat.mayOpenTopics) return failed(400, "Bad Request: not enough rights to create a topic")
		if (name.length < 1 || name.length > 128) return failed(400, "Bad Request: TOPIC_TITLE_INVALID")
		const thread = ++this.#next
		chat.topics.set(thread, name)
		return done({ message_thread_id: thread, name, icon_color: 7_322_096 })
	}

	#update(fields: Record<string, unknown>): Update {
		return { update_id: ++this.#next, ...fields }
	}

	#chatOf(id: number, person: Person): Record<string, unknown> {
		const { type, title, isForum } = this.#chats.get(id) ?? this.chat(id)
		return {
			id,
			type,
			...(type === "private" ? { ...person } : { title }),
			...(isForum && { is_forum: true }),
		}
	}
}

function done(result: unknown): Response {
	return Response.json({ ok: true, result })
}

function failed(code: number, description: string, parameters?: object): Response {
	return Response.json(
		{ ok: false, error_code: code, description, ...(parameters !== undefined && { parameters }) },
		{ status: code },
	)
}

/** What people read; null where the entities are wrong. */
function readHtml(html: string): string | null {
	const open: string[] = []
	let text = ""
	let rest = html
	while (rest !== "") {
		const [whole, close, tag] = /^<(\/?)([a-z-]+)>/.exec(rest) ?? []
		if (whole !== undefined && tag !== undefined) {
			if (!["b", "i", "u", "s", "code", "pre", "a", "blockquote"].includes(tag)) return null
			if (close === "/") {
				if (open.pop() !== tag) return null
			} else open.push(tag)
			rest = rest.slice(whole.length)
			continue
		}
		if (rest.startsWith("<")) return null
		const [entity, name = ""] = /^&(lt|gt|amp|quot);/.exec(rest) ?? []
		if (entity !== undefined) text += { lt: "<", gt: ">", amp: "&", quot: '"' }[name]
		else text += rest[0]
		rest = rest.slice(entity?.length ?? 1)
	}
	return open.length === 0 ? text : null
}

function faultOf(read: string | null, buttons: Shown["buttons"]): string | null {
	if (read === null) return "can't parse entities: Unexpected end tag"
	if (read.trim() === "") return "message text is empty"
	if (read.length > 4096) return "message is too long"
	for (const { text, callback_data } of buttons.flat()) {
		if (text === "") return "inline keyboard button text is empty"
		if (new TextEncoder().encode(callback_data).length > 64) return "BUTTON_DATA_INVALID"
	}
	return null
}
