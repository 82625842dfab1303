// Commands that list what there is: machines, sessions, and the workspace itself.
import type { Session } from "../../../protocol/routes/sessions.ts"
import type { SessionState } from "../../../protocol/session.ts"
import { act } from "../act.ts"
import { blocks, say } from "../chat.ts"
import type { Button } from "../provider.ts"
import { shown } from "../render.ts"
import type { Words } from "../words/words.ts"
import type { Command } from "./command.ts"

export const machines: Command = {
	name: "machines",
	aliases: ["机器"],
	async run(chat) {
		const { machines } = await act(chat, "listMachines", {})
		const { words } = chat
		const lines = machines.map(({ name, presence, running }) =>
			words.machineLine(shown(name), presence.is === "linked" ? words.linked : words.away, running),
		)
		await say(chat, lines.length === 0 ? words.noMachines : lines.join("\n"))
	},
}

export const sessions: Command = {
	name: "sessions",
	aliases: ["会话"],
	async run(chat) {
		const { sessions } = await act(chat, "listSessions", {})
		const { words } = chat
		if (sessions.length === 0) {
			await say(chat, words.noSessions)
			return
		}
		const sorted = [...sessions].sort(
			(one, other) => Number(isRunning(other)) - Number(isRunning(one)) || other.createdAt - one.createdAt,
		)
		const listed = sorted.slice(0, LISTED)
		const lines = listed.map(
			({ name, machineName, runtime, state }) =>
				`${shown(machineName)}/${shown(name)} · ${shown(runtime)} · ${stateText(state, words)}`,
		)
		const more = sorted.length > LISTED ? [words.more(sorted.length - LISTED)] : []
		const buttons = listed.filter(isRunning).slice(0, BUTTONS).map(screenButton)
		await say(chat, { ...blocks([...lines, ...more].join("\n")), buttons })
	},
}

export const workspace: Command = {
	name: "workspace",
	aliases: ["工作区"],
	async run(chat) {
		const { words, origin, principal } = chat
		const { workspaceName, userName, role } = principal.membership
		await say(
			chat,
			[words.workspace(shown(workspaceName), shown(userName), role), ...(origin === null ? [] : [origin])].join("\n"),
		)
	},
}

export function stateText(state: SessionState, words: Words): string {
	switch (state.is) {
		case "running":
			return words.running
		case "exited":
			return words.exited(state.code, state.signal)
		case "lost":
			return words.lost
		case "failed":
			return `${words.failed}: ${shown(state.reason)}`
	}
}

function isRunning({ state }: Pick<Session, "state">): boolean {
	return state.is === "running"
}

function screenButton({ name, machine, id }: Session): Button {
	return { label: shown(name), data: `s:${machine}:${id}` }
}

const LISTED = 30
const BUTTONS = 8
