// Commands about what waits for a person: the list, and leave given or not.
import { type Choice, type InboxItem, optionMeaning } from "../../../protocol/attention.ts"
import { Refusal } from "../../../protocol/errors.ts"
import { act } from "../act.ts"
import { type Chat, say } from "../chat.ts"
import type { Message } from "../provider.ts"
import { type AnswerData, pressedOption, requestMessage, shown } from "../render.ts"
import { Reply, repliedTo } from "../targets.ts"
import { refusalText } from "../words/words.ts"
import type { Command } from "./command.ts"

export const inbox: Command = {
	name: "inbox",
	aliases: ["收件箱", "待办"],
	async run(chat) {
		const { items } = await act(chat, "listInbox", {})
		if (items.length === 0) {
			await say(chat, chat.words.nothingWaits)
			return
		}
		for (const item of items.slice(0, LISTED)) await say(chat, await messageFor(chat, item), aboutOf(item))
		if (items.length > LISTED) await say(chat, chat.words.more(items.length - LISTED))
	},
}

export const approve: Command = { name: "approve", aliases: ["同意", "批准"], run: (chat) => decide(chat, "yes") }

export const deny: Command = { name: "deny", aliases: ["拒绝"], run: (chat) => decide(chat, "no") }

/** A pressed answer: what comes of it is told at once in a word, and stands in the message. */
export async function pressAnswer(chat: Chat, [, id, place, mark]: AnswerData): Promise<void> {
	const { words, provider, update } = chat
	const key = update.pressed?.key ?? ""
	let toast: string
	let item: InboxItem | undefined
	try {
		item = (await act(chat, "showRequest", { params: { request: id } })).item
		const option = pressedOption(item, place, mark)
		if (option === undefined) throw new Refusal("answer_invalid")
		item = await answered(chat, item, { is: "option", label: option.label })
		toast = wordOf(chat, item)
	} catch (error) {
		if (!(error instanceof Refusal)) throw error
		toast = error.code === "not_found" ? words.oldButton : refusalText(error, words)
		// What it shows may be old; what it is now is the better answer.
		item = await act(chat, "showRequest", { params: { request: id } }).then(
			({ item }) => item,
			() => undefined,
		)
	}
	await provider.acknowledge(chat.place, key, toast)
	const message = update.pressed?.message ?? null
	if (item === undefined || message === null || !provider.canEdit || item.state.is === "answering") return
	await provider.edit(chat.place, message, await messageFor(chat, item))
}

/** Answers, and says so. */
export async function answer(chat: Chat, item: InboxItem, choice: Choice): Promise<void> {
	const after = await answered(chat, item, choice)
	await say(chat, wordOf(chat, after), aboutOf(after))
}

async function decide(chat: Chat, means: "yes" | "no"): Promise<void> {
	const { words } = chat
	const { items } = await act(chat, "listInbox", {})
	const about = await repliedTo(chat)
	const open = items.filter(({ kind, state }) => kind === "approval" && state.is === "open")
	const meant =
		about === null ? open : items.filter((item) => item.id === about.request || item.session === about.session)
	const [item, another] = meant
	if (item === undefined) throw new Reply(words.nothingWaits)
	if (another !== undefined) {
		await say(chat, words.severalWait)
		for (const one of meant.slice(0, LISTED)) await say(chat, await messageFor(chat, one), aboutOf(one))
		return
	}
	const option = optionMeaning(item.options, means)
	if (option === undefined) throw new Reply(words.noSuchAnswer)
	await answer(chat, item, { is: "option", label: option.label })
}

async function answered(chat: Chat, { id }: InboxItem, choice: Choice): Promise<InboxItem> {
	return (await act(chat, "answerRequest", { params: { request: id }, body: { choice } })).item
}

function wordOf({ words }: Chat, { state }: InboxItem): string {
	if (state.is === "answered") return words.answerSent(shown(state.answer ?? ""))
	if (state.is === "gone") return words.gone[state.because]
	return words.answerOnItsWay
}

async function messageFor(chat: Chat, item: InboxItem): Promise<Message> {
	const { registry, workspaceId, destination, origin, via } = chat
	const { policy } = await registry.policies.find(workspaceId)
	const { settings } = destination
	// Whoever asks for it here wants to see it here.
	return requestMessage({
		item,
		settings: { ...settings, showsContent: true },
		mayAnswer: policy.mayAnswer[via],
		origin,
		because: "changed",
	})
}

function aboutOf({ machine, session, id }: InboxItem) {
	return { machine, session, request: id }
}

const LISTED = 5
