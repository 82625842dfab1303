// Commands that show a session: its screen, and its last output, as text.
import { LOG_CHUNK_BYTES } from "../../../protocol/limits.ts"
import type { Session } from "../../../protocol/routes/sessions.ts"
import { act } from "../act.ts"
import { blocks, type Chat, say } from "../chat.ts"
import { plainOutput } from "../plain-output.ts"
import { shown } from "../render.ts"
import { find, rememberLast, sessionAnd, sessionIn, sessionOf } from "../targets.ts"
import type { Command } from "./command.ts"
import { stateText } from "./fleet.ts"

export const screen: Command = {
	name: "screen",
	aliases: ["屏幕"],
	async run(chat, words) {
		await showScreen(chat, await sessionOf(chat, words))
	},
}

export const log: Command = {
	name: "log",
	aliases: ["日志"],
	async run(chat, words) {
		const { session, rest } = await sessionAnd(chat, words)
		const lines = Math.min(Math.max(Number.parseInt(rest, 10) || LINES, 1), MOST_LINES)
		await rememberLast(chat, session)
		const params = { machine: session.machine, session: session.id }
		const { end } = await act(chat, "readLog", { params, query: { from: Number.MAX_SAFE_INTEGER, limit: 1 } })
		const { base64 } = await act(chat, "readLog", {
			params,
			query: { from: Math.max(0, end - LOG_BYTES), limit: LOG_CHUNK_BYTES },
		})
		const text = plainOutput(new TextDecoder().decode(Uint8Array.fromBase64(base64)))
		const last = text.split("\n").slice(-lines).join("\n")
		const { words: say_ } = chat
		const body = last.trim() === "" ? say_.emptyLog : { is: "code" as const, text: shown(last) }
		await say(chat, blocks({ is: "heading", text: titleOf(session, chat) }, body), aboutOf(session))
	},
}

/** The button that asks for a screen. */
export async function pressScreen(chat: Chat, machine: string, session: string): Promise<void> {
	await showScreen(chat, await find(chat, sessionIn(chat, machine, session)))
}

async function showScreen(chat: Chat, session: Session): Promise<void> {
	await rememberLast(chat, session)
	const { lines } = await act(chat, "readScreen", { params: { machine: session.machine, session: session.id } })
	const text = screenText(lines)
	const body = text === "" ? chat.words.emptyScreen : { is: "code" as const, text }
	await say(chat, blocks({ is: "heading", text: titleOf(session, chat) }, body), aboutOf(session))
}

/** The rows of a screen as a chat may have them, without the empty ones at its end. */
export function screenText(lines: readonly string[]): string {
	return shown(lines.map((line) => line.trimEnd()).join("\n")).trimEnd()
}

export function aboutOf({ machine, id }: Pick<Session, "machine" | "id">) {
	return { machine, session: id, request: null }
}

function titleOf({ name, machineName, state }: Session, { words }: Chat): string {
	return `${shown(name)} @ ${shown(machineName)} · ${stateText(state, words)}`
}

const LINES = 40
const MOST_LINES = 200
/** Enough for the lines of any program that draws no pictures. */
const LOG_BYTES = 64 * 1024
