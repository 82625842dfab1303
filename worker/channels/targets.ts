// Which session or machine somebody in a chat means: by name, by what they reply to, by the topic, or by what was last.
import type { About } from "../../durable-objects/outbox/chat-memory.ts"
import { Refusal } from "../../protocol/errors.ts"
import { MachineId, SessionId } from "../../protocol/ids.ts"
import type { Machine } from "../../protocol/routes/machines.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import { workspaceOf } from "../feed.ts"
import { act } from "./act.ts"
import type { Chat } from "./chat.ts"
import { shown } from "./render.ts"

/** Something that is said in the chat instead of what was wanted. */
export class Reply extends Error {}

/** The session that these words begin with, or else the one that is meant, and the words that are left. */
export async function sessionAnd(chat: Chat, words: string): Promise<{ session: Session; rest: string }> {
	const { sessions } = await act(chat, "listSessions", {})
	const reply = await repliedTo(chat)
	// Who replies to a session, or writes in its topic, says no name.
	const fixed = sessions.find(({ id }) => id === (reply?.session ?? topicSession(chat)))
	if (fixed !== undefined) return { session: fixed, rest: words.trim() }
	const [named, another] = beginning(sessions, words)
	if (another !== undefined) throw new Reply(chat.words.severalSessions(firstWord(words)))
	if (named !== undefined) return named
	const last = sessions.find(({ id }) => id === chat.destination.details.session)
	if (last !== undefined) return { session: last, rest: words.trim() }
	const running = sessions.filter(({ state }) => state.is === "running")
	if (running[0] !== undefined && running.length === 1) return { session: running[0], rest: words.trim() }
	throw new Reply(chat.words.sayWhich)
}

/** The session of these words alone: a name that is not there is said to be so. */
export async function sessionOf(chat: Chat, name: string): Promise<Session> {
	const { session, rest } = await sessionAnd(chat, name)
	if (rest !== "") throw new Reply(chat.words.noSession(shown(name)))
	return session
}

/** The session that a plain message goes to: what it replies to, or the topic's. */
export async function addressee(chat: Chat): Promise<About | null> {
	const reply = await repliedTo(chat)
	if (reply !== null) return reply
	const session = topicSession(chat)
	if (session === null) return null
	const { sessions } = await act(chat, "listSessions", {})
	const known = sessions.find(({ id }) => id === session)
	return known === undefined ? null : { machine: known.machine, session: known.id, request: null }
}

/** What the message that is replied to, or whose button was pressed, is about. */
export async function repliedTo({ env, workspaceId, destination, update }: Chat): Promise<About | null> {
	const message = update.repliesTo
	return message === null ? null : workspaceOf(env, workspaceId).about(destination.id, message)
}

/** `@NAME` or `@NAME:DIRECTORY` at the beginning says where; without a name it is the chat's last machine, or the only one. */
export async function machineAnd(
	chat: Chat,
	words: string,
): Promise<{ machine: Machine; cwd: string | undefined; rest: string }> {
	const { machines } = await act(chat, "listMachines", {})
	const [, name = "", directory, after] = /^@([^\s:]*)(?::(\S+))?(?:\s+(.*))?$/s.exec(words.trim()) ?? []
	const said = { cwd: directory, rest: (words.trim().startsWith("@") ? (after ?? "") : words).trim() }
	if (name !== "") {
		const machine = machines.find((one) => one.id === name || one.name.toLowerCase() === name.toLowerCase())
		if (machine === undefined) throw new Reply(chat.words.noMachine(shown(name)))
		return { machine, ...said }
	}
	const linked = machines.filter(({ presence }) => presence.is === "linked")
	const last = linked.find(({ id }) => id === chat.destination.details.machine)
	const machine = last ?? (linked.length === 1 ? linked[0] : undefined)
	if (machine !== undefined) return { machine, ...said }
	if (machines.length === 0) throw new Reply(chat.words.noMachines)
	if (linked.length === 0) throw new Reply(chat.words.noneLinked)
	throw new Reply(chat.words.severalMachines(linked.map((one) => shown(one.name)).join(", ")))
}

/** What commands without a name mean from now on. */
export async function rememberLast(
	{ registry, destination }: Chat,
	{ machine, id }: Pick<Session, "machine" | "id">,
): Promise<void> {
	const { details } = destination
	if (details.session === id && details.machine === machine) return
	Object.assign(details, { session: id, machine })
	await registry.destinations.detail(destination.id, { session: id, machine })
}

/** A session's id in the data of a button. Throws Reply for what is none of ours. */
export function sessionIn(chat: Chat, machine: string, session: string): { machine: MachineId; session: SessionId } {
	const ids = { machine: MachineId.safeParse(machine).data, session: SessionId.safeParse(session).data }
	if (ids.machine === undefined || ids.session === undefined) throw new Reply(chat.words.oldButton)
	return { machine: ids.machine, session: ids.session }
}

/** Throws Refusal("session_not_found") for one that is not on its machine any more. */
export async function find(chat: Chat, { machine, session }: Pick<About, "machine" | "session">): Promise<Session> {
	const { sessions } = await act(chat, "listSessions", {})
	const found = sessions.find((one) => one.id === session && one.machine === machine)
	if (found === undefined) throw new Refusal("session_not_found")
	return found
}

function topicSession({ destination, update }: Chat): SessionId | null {
	const topics = destination.details.topics
	if (typeof topics !== "object" || topics === null) return null
	const found = Object.entries(topics).find(([, address]) => address === update.address)
	return found === undefined ? null : (found[0] as SessionId)
}

/** The sessions whose name the words begin with: names may have spaces, so the longest counts, and running ones go first. */
function beginning(sessions: Session[], words: string): { session: Session; rest: string }[] {
	const text = words.trim()
	const lower = text.toLowerCase()
	const fits = sessions.flatMap((session) =>
		[session.id as string, session.name, `${session.machineName}/${session.name}`]
			.filter((name) => lower === name.toLowerCase() || lower.startsWith(`${name.toLowerCase()} `))
			.map((name) => ({ session, length: name.length })),
	)
	const longest = Math.max(...fits.map(({ length }) => length))
	const best = fits.filter(({ length }) => length === longest)
	const running = best.filter(({ session }) => session.state.is === "running")
	const chosen = running.length > 0 ? running : best
	return chosen.map(({ session }) => ({ session, rest: text.slice(longest).trim() }))
}

function firstWord(words: string): string {
	return shown(words.trim().split(/\s+/, 1)[0] ?? "")
}
