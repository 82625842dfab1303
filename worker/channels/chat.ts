// One update at work: who says it, where, in which language, and how they are answered.
import type { About } from "../../durable-objects/outbox/chat-memory.ts"
import type { ChatUpdate, Delivered } from "../../durable-objects/outside.ts"
import type { Language } from "../../protocol/channel.ts"
import { workspaceOf } from "../feed.ts"
import type { ChannelEntry } from "../registry/channels.ts"
import type { DestinationEntry } from "../registry/destinations.ts"
import type { Doer } from "./act.ts"
import type { Block, Message, Place, Provider } from "./provider.ts"
import type { Words } from "./words/words.ts"

export interface Chat extends Doer {
	workspaceId: string
	channel: ChannelEntry
	provider: Provider
	place: Place
	/** The chat that it was said in. */
	destination: DestinationEntry
	update: ChatUpdate
	/** It was begun before, and nobody knows how far it came. */
	isAgain: boolean
	language: Language
	words: Words
	/** Where the console is; null where that is not known. */
	origin: string | null
}

/** The chat that an address is in: what stands before its topic. */
export function chatOf(address: string): string {
	return address.split("/", 1)[0] ?? address
}

/** Answers; what the message is about is remembered, so that replies to it go there. Null where it could not be sent. */
export async function say(
	chat: Pick<Chat, "env" | "workspaceId" | "provider" | "place" | "destination">,
	message: Message | string,
	about: About | null = null,
	address?: string,
): Promise<string | null> {
	const { env, workspaceId, provider, destination } = chat
	const place = address === undefined ? chat.place : { ...chat.place, address }
	const whole: Message = typeof message === "string" ? plain(message) : message
	const sent = await patiently(() => provider.send(place, whole))
	if (sent.is !== "sent" || sent.message === null) return null
	if (about !== null) await workspaceOf(env, workspaceId).remember(destination.id, sent.message, about)
	return sent.message
}

/** A message of one text. */
export function plain(text: string): Message {
	return { blocks: [{ is: "text", text }], buttons: [] }
}

export function blocks(...all: (Block | string)[]): Message {
	return { blocks: all.map((block) => (typeof block === "string" ? { is: "text", text: block } : block)), buttons: [] }
}

/** Where the service asks to wait a little, it is waited. */
export async function patiently(send: () => Promise<Delivered>): Promise<Delivered> {
	let delivered = await send()
	for (let tries = 1; tries < SEND_TRIES && delivered.is !== "sent" && delivered.is !== "gone"; tries++) {
		const ms = delivered.is === "later" ? delivered.afterMs : FAILED_MS
		if (ms > PATIENCE_MS) break
		await new Promise((resolve) => setTimeout(resolve, ms))
		delivered = await send()
	}
	return delivered
}

const SEND_TRIES = 3
const FAILED_MS = 1_000
/** A chat waits no longer for one message: what comes after it waits, too. */
const PATIENCE_MS = 60_000
