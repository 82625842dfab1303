// Commands that start sessions: an empty one, or one that is watched in the chat until it ends.
import { newSessionId, type SessionId } from "../../../protocol/ids.ts"
import type { Machine } from "../../../protocol/routes/machines.ts"
import { CUSTOM, JOB, type SessionInfo, SHELL } from "../../../protocol/session.ts"
import { workspaceOf } from "../../feed.ts"
import { hash } from "../../hash.ts"
import { act } from "../act.ts"
import { blocks, type Chat, say } from "../chat.ts"
import type { Message } from "../provider.ts"
import { shown } from "../render.ts"
import { machineAnd, Reply, rememberLast } from "../targets.ts"
import { sessionAddress } from "../topics.ts"
import type { Command } from "./command.ts"

export const create: Command = {
	name: "new",
	aliases: ["新建"],
	async run(chat, words) {
		const { machine, cwd, rest } = await machineAnd(chat, words)
		const [first = "", ...others] = rest.split(/\s+/).filter((word) => word !== "")
		const runtime = await runtimeNamed(chat, machine, first)
		const name = runtime === null ? rest : others.join(" ")
		const session = await start(chat, machine, { runtime: runtime ?? SHELL, argv: [], cwd, name: name || undefined })
		await opened(chat, machine, session, blocks({ is: "heading", text: titleOf(chat, machine, session) }))
	},
}

export const run: Command = {
	name: "run",
	aliases: ["运行"],
	async run(chat, words) {
		const { machine, cwd, rest } = await machineAnd(chat, words)
		if (rest === "") throw new Reply(chat.words.sayCommand)
		const [, first = "", prompt = ""] = /^(\S+)\s*(.*)$/s.exec(rest) ?? []
		const runtime = await runtimeNamed(chat, machine, first)
		const session = await start(chat, machine, {
			...(runtime === null || runtime === SHELL
				? { runtime: CUSTOM, argv: ["sh", "-c", runtime === null ? rest : prompt] }
				: { runtime, argv: asked(runtime, prompt) }),
			cwd,
			name: undefined,
		})
		const { provider, channel, workspaceId, env } = chat
		const title = { is: "heading" as const, text: titleOf(chat, machine, session) }
		const isShown = provider.canEdit
		const { message, address } = await opened(
			chat,
			machine,
			session,
			isShown ? blocks(title) : blocks(title, chat.words.onlyShownAtEnd),
		)
		if (message === null) return
		const following = { channel: channel.id, address, message, machine: machine.id, session: session.id, memo: {} }
		await workspaceOf(env, workspaceId).follow(workspaceId, following)
	},
}

export function titleOf({ words }: Pick<Chat, "words">, { name }: Pick<Machine, "name">, session: { name: string }) {
	return words.started(shown(session.name), shown(name))
}

interface Wanted {
	runtime: string
	argv: string[]
	cwd: string | undefined
	name: string | undefined
}

async function start(chat: Chat, machine: Machine, { runtime, argv, cwd, name }: Wanted): Promise<SessionInfo> {
	const { channel, update, provider, place } = chat
	await provider.typing(place)
	const id = await idFor(`${channel.id} ${update.key}`)
	const session = await act(chat, "startSession", {
		params: { machine: machine.id },
		body: { id, runtime, argv, ...(cwd !== undefined && { cwd }), ...(name !== undefined && { name }) },
	})
	await rememberLast(chat, { machine: machine.id, id })
	return session
}

/** Says that it is there: where it has, or can have, a topic of its own, in that. */
async function opened(
	chat: Chat,
	machine: Machine,
	session: SessionInfo,
	message: Message,
): Promise<{ message: string | null; address: string }> {
	const about = { machine: machine.id, session: session.id, request: null }
	const topic = await sessionAddress(chat, chat.destination, { id: session.id, name: session.name }, chat.place)
	const address = topic ?? chat.update.address
	const buttons = [
		{ label: chat.words.screenButton, data: `s:${machine.id}:${session.id}` },
		{ label: chat.words.stopButton, data: `x:${machine.id}:${session.id}` },
	]
	return { message: await say(chat, { ...message, buttons }, about, address), address }
}

/** The machine's runtime of that name; null where it has none, and so the words are something else. */
async function runtimeNamed(chat: Chat, machine: Machine, word: string): Promise<string | null> {
	if (word === "" || word === CUSTOM || word === JOB) return null
	const { runtimes } = await act(chat, "listRuntimes", { params: { machine: machine.id } })
	return runtimes.find(({ id }) => id === word.toLowerCase())?.id ?? null
}

/** How each runtime takes its first prompt and goes on in its terminal: each tool's own `--help`. */
function asked(runtime: string, prompt: string): string[] {
	if (prompt === "") return []
	// What begins with a dash would be an option.
	const words = prompt.startsWith("-") ? ` ${prompt}` : prompt
	switch (runtime) {
		case "gemini":
			return ["--prompt-interactive", words]
		case "opencode":
			return ["--prompt", words]
		case "aider":
			return ["--message", words]
		default:
			return [words]
	}
}

/** The same update starts the same session, however often it is begun. */
async function idFor(key: string): Promise<SessionId> {
	const length = newSessionId().length - "ses_".length
	return `ses_${(await hash(key)).slice(0, length)}` as SessionId
}
