// The way to what a workspace's object keeps for its WeChat bots, and the numbers that stand for buttons there.
import { env as platform } from "cloudflare:workers"
import type { Env } from "../../durable-objects/env.ts"
import type { ChatUpdate, Delivered } from "../../durable-objects/outside.ts"
import type { Wechat } from "../../durable-objects/wechat/wechat.ts"
import { workspaceOf } from "../feed.ts"
import type { Bot, Message, Place } from "./provider.ts"
import type { Numbered } from "./wechat-text.ts"

/** Providers are called without it. */
export const ENV = platform as unknown as Env

/** Each method of the object's, called there. */
export function bookOf({ workspaceId }: Pick<Bot, "workspaceId">): Book {
	const call =
		(name: string) =>
		(...of: unknown[]) =>
			workspaceOf(ENV, workspaceId).wechat(name as keyof Wechat, of)
	// A promise is looked for `then`: a book has none.
	return new Proxy({}, { get: (_, name) => (name === "then" ? undefined : call(String(name))) }) as Book
}

type Book = {
	[Name in keyof Wechat]: (...of: Parameters<Wechat[Name]>) => Promise<Awaited<ReturnType<Wechat[Name]>>>
}

/** What the book knows a chat by. */
export function chatOf({ bot, address }: Pick<Place, "bot" | "address">): string {
	return `${bot.id} ${address}`
}

/** The buttons of a message, each with its number. */
export async function numbered(place: Place, { buttons }: Message): Promise<Numbered[]> {
	if (buttons.length === 0) return []
	const data = buttons.map((button) => button.data)
	const numbers = await bookOf(place.bot).offer(chatOf(place), data)
	return buttons.map(({ label }, index) => ({ number: numbers[index] ?? 0, label }))
}

/** The message that they stand on is sent: who types one of them, and words, replies to it. */
export async function standing(place: Place, options: readonly Numbered[], sent: Delivered): Promise<Delivered> {
	if (sent.is === "sent" && sent.message !== null && options.length > 0)
		await bookOf(place.bot).stand(
			chatOf(place),
			options.map(({ number }) => number),
			sent.message,
		)
	return sent
}

/**
 * A text that is a number which was offered in this chat is the press of that button; such a number with words after it
 * replies to the message that the number stands on.
 */
export async function pressedBy(bot: Pick<Bot, "id" | "workspaceId">, update: ChatUpdate): Promise<ChatUpdate> {
	const [, digits, words = ""] =
		/^\s*([0-9０-９]{1,3})(?![0-9０-９])\s*[.。．、:：)）]?\s*(.*)$/s.exec(update.text ?? "") ?? []
	if (digits === undefined) return update
	const chosen = await bookOf(bot).chosen(`${bot.id} ${update.address}`, Number(digits.normalize("NFKC")))
	if (chosen === null) return update
	const { data, message } = chosen
	if (words === "") return { ...update, text: null, pressed: { data, message: null, key: update.key } }
	return message === null ? update : { ...update, text: words, repliesTo: message }
}
