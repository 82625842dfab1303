// The way to what a workspace's object keeps for its WeChat bots, and the numbers that stand for buttons there.
import { env as platform } from "cloudflare:workers"
import type { Env } from "../../durable-objects/env.ts"
import type { ChatUpdate } from "../../durable-objects/outside.ts"
import type { WorkspaceObject } from "../../durable-objects/workspace-object.ts"
import type { Bot, Message, Place } from "./provider.ts"

/** Providers are called without it. */
export const ENV = platform as unknown as Env

export function bookOf({ workspaceId }: Pick<Bot, "workspaceId">): ReturnType<Workspace["wechat"]> {
	return ENV.WORKSPACE.get(ENV.WORKSPACE.idFromName(workspaceId)).wechat()
}

type Workspace = DurableObjectStub<WorkspaceObject>

/** What the book knows a chat by. */
export function chatOf({ bot, address }: Pick<Place, "bot" | "address">): string {
	return `${bot.id} ${address}`
}

/** The buttons of a message, each with its number. */
export async function numbered(place: Place, { buttons }: Message): Promise<{ number: number; label: string }[]> {
	if (buttons.length === 0) return []
	const data = buttons.map((button) => button.data)
	const numbers = await bookOf(place.bot).offer(chatOf(place), data)
	return buttons.map(({ label }, index) => ({ number: numbers[index] ?? 0, label }))
}

/** A text that is a number which was offered in this chat is the press of that button. */
export async function pressedBy(bot: Pick<Bot, "id" | "workspaceId">, update: ChatUpdate): Promise<ChatUpdate> {
	const digits = /^\s*(\d{1,2})\s*[.。、)）]?\s*$/.exec((update.text ?? "").normalize("NFKC"))?.[1]
	if (digits === undefined) return update
	const chat = `${bot.id} ${update.address}`
	const data = await bookOf(bot).chosen(chat, Number(digits))
	if (data === null) return update
	return { ...update, text: null, pressed: { data, message: null, key: update.key } }
}
