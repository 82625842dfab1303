// What a chat says, done: who it is, whether they may, which command or answer it is, and the answer in the chat.
import type { Env } from "../../durable-objects/env.ts"
import { logFault } from "../../durable-objects/fault-log.ts"
import type { ChatUpdate } from "../../durable-objects/outside.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { RouteName } from "../../protocol/routes.ts"
import type { Principal } from "../access.ts"
import { refusalOf } from "../errors.ts"
import { workspaceOf } from "../feed.ts"
import { count } from "../rates.ts"
import type { ChannelEntry } from "../registry/channels.ts"
import type { DestinationEntry } from "../registry/destinations.ts"
import type { Membership } from "../registry/members.ts"
import { Registry } from "../registry.ts"
import { NOBODY, record } from "../trail.ts"
import { type Chat, chatOf, patiently, plain, say } from "./chat.ts"
import { isForAnother, readCommand } from "./commands/commands.ts"
import { pressScreen } from "./commands/look.ts"
import { pressAnswer } from "./commands/requests.ts"
import { pressStop, write } from "./commands/steer.ts"
import { openBot } from "./credentials.ts"
import { takeFiles } from "./files.ts"
import { pair } from "./pair.ts"
import type { Place } from "./provider.ts"
import { PROVIDERS } from "./providers.ts"
import { ANSWER_DATA, type AnswerData } from "./render.ts"
import { addressee, Reply } from "./targets.ts"
import { languageOf, refusalText, WORDS } from "./words/words.ts"

/** Rejects where it should be tried again. */
export async function handle(env: Env, workspaceId: string, update: ChatUpdate, isAgain: boolean): Promise<void> {
	const at = await arrive(env, workspaceId, update)
	if (at === null) return
	await take(at, isAgain)
	await at.provider.done?.(at.place)
}

async function take(at: At, isAgain: boolean): Promise<void> {
	const { registry, workspaceId, channel, destination, update, words } = at
	if (update.context.movedTo !== undefined || update.context.membership !== undefined)
		return destination === undefined ? undefined : moved(registry, destination, update)
	if (isForAnother(update.text, channel.name)) return
	const said = update.pressed === null ? readCommand(update.text, channel.name) : null
	if (said?.name === "pair" && said.words !== "") return pairHere(at, said.words)
	const sender = await registry.destinations.ofSender(channel.id, update.sender.id)
	if (sender === undefined) return refuseStranger(at, said !== null)
	const membership = await registry.members.membershipOf(sender.userId, workspaceId)
	if (membership === undefined || sender.details.isRemoved === true) return refuseRemoved(at, sender)
	if (destination === undefined) {
		if (said !== null || update.pressed !== null) await tell(at, words.pairHere)
		return
	}
	// A group is its member's: when they have left, nobody is answered there.
	if (!(await isStillTheirs(registry, destination, workspaceId))) return refuseRemoved(at, destination)
	await registry.destinations.mend(destination.id)
	await keepUp(registry, destination, update)
	const chat: Chat = { ...at, destination, principal: principalOf(membership, destination), isAgain }
	await answering(chat, () =>
		said === null ? respond(chat) : (said.command?.run(chat, said.words) ?? unknown(chat, said.name)),
	)
}

/** Says in the chat that this could not be done. */
export async function giveUp(env: Env, workspaceId: string, update: ChatUpdate): Promise<void> {
	const at = await arrive(env, workspaceId, update)
	// Only to who is known there.
	if (at?.destination !== undefined) await tell(at, at.words.notDone)
	await at?.provider.done?.(at.place)
}

/** An update at its chat, before it is known who says it. */
interface At extends Omit<Chat, "destination" | "principal" | "isAgain"> {
	destination: DestinationEntry | undefined
}

async function arrive(env: Env, workspaceId: string, update: ChatUpdate): Promise<At | null> {
	const registry = new Registry(env.DB)
	const channel = await registry.channels.find(update.channel)
	// It was disconnected meanwhile.
	if (channel === undefined || channel.workspaceId !== workspaceId) return null
	const provider = PROVIDERS[channel.kind]
	if (provider === undefined) throw new Error(`invariant: nothing speaks ${channel.kind}`)
	const bot = await openBot(env, channel)
	const destination = await registry.destinations.ofChat(channel.id, chatOf(update.address))
	const language = destination?.settings.language ?? languageOf(update.context.language)
	const place: Place = {
		address: update.address,
		language,
		details: destination?.details ?? {},
		context: textual(update.context),
		bot,
	}
	const via = channel.kind === "telegram" ? "telegram" : "wechat"
	const origin = typeof bot.credentials.origin === "string" ? bot.credentials.origin : null
	return {
		...{ env, registry, workspaceId, channel, provider, place, destination, update, language, origin, via },
		words: WORDS[language],
	}
}

/** Runs a command; what it refuses is said in the chat, and what broke is not: that is tried again. */
async function answering(chat: Chat, run: () => Promise<void>): Promise<void> {
	const { env, principal, update, provider, place, words } = chat
	try {
		await count(env, "api", principal.id)
		await run()
	} catch (error) {
		const text = error instanceof Reply ? error.message : error instanceof Refusal ? refusalText(error, words) : null
		if (text === null) throw error
		if (update.pressed !== null) await provider.acknowledge(place, update.pressed.key, text)
		else await say(chat, text)
		return
	}
	if (update.pressed !== null) await provider.acknowledge(place, update.pressed.key, "")
}

/** What is no command: a pressed button, files, or words for the session that they reply to. */
async function respond(chat: Chat): Promise<void> {
	const { update, words } = chat
	const { pressed, text, files, context } = update
	if (pressed !== null) {
		const answer = ANSWER_DATA.exec(pressed.data)
		if (answer !== null) return pressAnswer(chat, [...answer] as unknown as AnswerData)
		const [, deed, machine = "", session = ""] = /^([sx]):([^:]+):([^:]+)$/.exec(pressed.data) ?? []
		if (deed === "s") return pressScreen(chat, machine, session)
		if (deed === "x") return pressStop(chat, machine, session)
		throw new Reply(words.oldButton)
	}
	const to = await addressee(chat)
	if (context.isVoice === "1") {
		if (to !== null || !update.isGroup) throw new Reply(words.voice)
		return
	}
	if (files.length > 0) {
		if (to !== null || !update.isGroup) return takeFiles(chat, to)
		return
	}
	if (text === null || text.trim() === "") return
	if (to !== null) return write(chat, to, text)
	// People of a group talk to each other.
	if (!update.isGroup) throw new Reply(words.sayWhich)
}

async function unknown({ words, update }: Chat, name: string): Promise<void> {
	// In a group it may be another bot's.
	if (!update.isGroup) throw new Reply(words.unknownCommand(name))
}

async function pairHere(at: At, code: string): Promise<void> {
	const { env, registry, channel, update, words } = at
	try {
		await count(env, "sign-in", `pair ${channel.id} ${update.sender.id}`)
	} catch (error) {
		if (refusalOf(error).code !== "rate_limited") throw error
		return tell(at, words.tooMany)
	}
	const paired = await pair(env, registry, channel, update, code)
	if (paired === null) {
		await audit(at, "code_invalid")
		return tell(at, words.codeWrong)
	}
	const { destination, membership } = paired
	const language = destination.settings.language
	await tell(
		{ ...at, place: { ...at.place, language } },
		WORDS[language].paired(membership.workspaceName, membership.userName, membership.role),
	)
}

/** One polite sentence in an hour, and nothing else. People of a group who do not speak to the bot are none of its business. */
async function refuseStranger(at: At, isCommand: boolean): Promise<void> {
	const { env, workspaceId, channel, update, provider, place, words } = at
	const { pressed, isGroup, sender } = update
	if (pressed !== null) await provider.acknowledge(place, pressed.key, words.strangerToast)
	else if (isGroup && !isCommand && !(await isReplyToUs(at))) return
	const isFirst = await workspaceOf(env, workspaceId).once(`stranger ${channel.id} ${sender.id}`, STRANGER_MS)
	// Each pressed button is one more try.
	if (isFirst || pressed !== null) await audit(at, "not_allowed")
	if (isFirst && pressed === null) await tell(at, words.stranger)
}

async function refuseRemoved(at: At, { userId }: DestinationEntry): Promise<void> {
	const { update, provider, place, words } = at
	if (update.isGroup && update.pressed === null && readCommand(update.text, at.channel.name) === null) return
	await audit(at, "not_allowed", userId)
	if (update.pressed !== null) await provider.acknowledge(place, update.pressed.key, words.removed)
	else await tell(at, words.removed)
}

async function isReplyToUs({ env, workspaceId, destination, update }: At): Promise<boolean> {
	if (destination === undefined || update.repliesTo === null) return false
	return (await workspaceOf(env, workspaceId).about(destination.id, update.repliesTo)) !== null
}

async function isStillTheirs(registry: Registry, { userId, details }: DestinationEntry, workspaceId: string) {
	return details.isRemoved !== true && (await registry.members.membershipOf(userId, workspaceId)) !== undefined
}

/** The bot was blocked, removed, or let in again; or the chat goes by another address. */
async function moved(registry: Registry, destination: DestinationEntry, { context }: ChatUpdate): Promise<void> {
	if (context.movedTo !== undefined) return registry.destinations.move(destination.id, context.movedTo)
	if (context.membership === "back") return registry.destinations.mend(destination.id)
	const fault = { reason: "The bot was blocked or removed there.", at: Date.now(), isFinal: true }
	return registry.destinations.change(destination.id, { fault })
}

/** A group may get topics, or lose them. */
async function keepUp(registry: Registry, destination: DestinationEntry, { context, isGroup }: ChatUpdate) {
	const isForum = context.isForum === "1"
	if (!isGroup || (destination.details.isForum === true) === isForum) return
	await registry.destinations.detail(destination.id, { isForum, hasNoTopics: null })
}

function principalOf(membership: Membership, { id }: DestinationEntry): Principal {
	const { userId, userName } = membership
	const person = { is: "person", id: userId, name: userName, membership } as const
	return { ...person, actions: null, tags: null, expiresAt: null, through: [userId, id], cookies: [] }
}

/** Said to somebody who is not known, or not any more. */
async function tell({ provider, place }: Pick<At, "provider" | "place">, text: string): Promise<void> {
	const sent = await patiently(() => provider.send(place, plain(text)))
	if (sent.is === "failed") logFault("chat", { reason: sent.reason })
}

async function audit({ env, registry, workspaceId, channel, update }: At, outcome: string, userId?: string) {
	const { sender, isGroup } = update
	const membership = userId === undefined ? undefined : await registry.people.find(userId)
	const actor: typeof NOBODY =
		membership === undefined ? NOBODY : { is: "person", id: membership.id, name: membership.name }
	await record(
		env,
		registry,
		{ workspaceId, actor, target: { channel: channel.id } },
		{
			action: hookOf(channel),
			outcome,
			address: null,
			detail: { sender: sender.id, name: sender.name.slice(0, NAME_CHARS), isGroup },
		},
	)
}

function hookOf({ kind }: ChannelEntry): RouteName {
	return kind === "telegram" ? "telegramHook" : "wechatHook"
}

function textual(context: ChatUpdate["context"]): Record<string, string> {
	return Object.fromEntries(
		Object.entries(context).filter((field): field is [string, string] => field[1] !== undefined),
	)
}

const STRANGER_MS = 60 * 60_000
const NAME_CHARS = 64
