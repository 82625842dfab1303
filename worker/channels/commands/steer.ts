// Commands that act on a session: writing to it, and stopping it.
import type { About } from "../../../durable-objects/outbox/chat-memory.ts"
import type { InboxItem } from "../../../protocol/attention.ts"
import { act } from "../act.ts"
import { type Chat, say } from "../chat.ts"
import { shown } from "../render.ts"
import { find, Reply, rememberLast, sessionAnd, sessionIn, sessionOf } from "../targets.ts"
import type { Command } from "./command.ts"
import { aboutOf } from "./look.ts"
import { answer } from "./requests.ts"

export const send: Command = {
	name: "send",
	aliases: ["发送"],
	async run(chat, words) {
		const { session, rest } = await sessionAnd(chat, words)
		if (rest === "") throw new Reply(chat.words.sayText)
		await write(chat, aboutOf(session), rest)
	},
}

export const stop: Command = {
	name: "stop",
	aliases: ["停止"],
	async run(chat, words) {
		const session = await sessionOf(chat, words)
		await stopSession(chat, aboutOf(session))
	},
}

/** The button that stops a session. */
export async function pressStop(chat: Chat, machine: string, session: string): Promise<void> {
	await stopSession(chat, { ...sessionIn(chat, machine, session), request: null })
}

async function stopSession(chat: Chat, about: About): Promise<void> {
	const session = await find(chat, about)
	const params = { machine: session.machine, session: session.id }
	await act(chat, "signalSession", { params, body: { signal: "SIGHUP" } })
	await say(chat, chat.words.stopped(shown(session.name)), about)
}

/**
 * Words for a session. Where it waits for an answer they are one, or nothing is typed: keys into a menu that nobody meant
 * are how wrong answers are given.
 */
export async function write(chat: Chat, about: About, text: string): Promise<void> {
	const { words } = chat
	const session = await find(chat, about)
	await rememberLast(chat, session)
	const waiting = await waitingOf(chat, about)
	if (waiting !== undefined) return answerInWords(chat, waiting, text)
	// Nobody types twice because a machine of ours stumbled.
	if (chat.isAgain) throw new Reply(words.maybeDone)
	const params = { machine: session.machine, session: session.id }
	const body = { text, paste: text.includes("\n"), enter: true }
	const { dropped } = await act(chat, "sendInput", { params, body })
	await say(
		chat,
		dropped > 0 ? words.partlySent(shown(session.name)) : words.sent(shown(session.name)),
		aboutOf(session),
	)
}

async function answerInWords(chat: Chat, item: InboxItem, text: string): Promise<void> {
	const { words } = chat
	if (item.kind === "secret") throw new Reply(words.waitsForSecret)
	const said = text.trim()
	const option = item.options.find(({ label }) => label.toLowerCase() === said.toLowerCase())
	if (option !== undefined) return answer(chat, item, { is: "option", label: option.label })
	if (item.takesText) return answer(chat, item, { is: "text", text: said })
	throw new Reply(words.waitsForAnswer(item.options.map(({ label }) => shown(label)).join(" · ")))
}

/** What the session waits for an answer to now; it is not in the way of writing when it waits for work, or is stuck. */
async function waitingOf(chat: Chat, { session }: About): Promise<InboxItem | undefined> {
	const { items } = await act(chat, "listInbox", {})
	return items.find(
		(item) => item.session === session && item.state.is === "open" && item.kind !== "idle" && item.kind !== "stuck",
	)
}
