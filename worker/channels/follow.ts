// A message that shows how a session goes on: the last lines of its screen, edited in place, until it ends.
import type { Env } from "../../durable-objects/env.ts"
import type { Following, Looked } from "../../durable-objects/outside.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { sees } from "../access.ts"
import { ask, describe } from "../machines.ts"
import { Registry } from "../registry.ts"
import { chatOf, patiently } from "./chat.ts"
import { stateText } from "./commands/fleet.ts"
import { screenText } from "./commands/look.ts"
import { titleOf } from "./commands/start.ts"
import { chatAt } from "./deliver.ts"
import type { Message, Place } from "./provider.ts"
import { WORDS, type Words } from "./words/words.ts"

/** Rejects where it should be tried again. */
export async function follow(env: Env, workspaceId: string, following: Following): Promise<Looked> {
	const registry = new Registry(env.DB)
	const destination = await registry.destinations.ofChat(following.channel, chatOf(following.address))
	if (destination === undefined || destination.workspaceId !== workspaceId) return OVER
	const [membership, machine] = await Promise.all([
		registry.members.membershipOf(destination.userId, workspaceId),
		registry.machines.find(following.machine),
	])
	if (membership === undefined || machine === undefined || machine.revokedAt !== null) return OVER
	if (destination.details.isRemoved === true || !sees({ membership, tags: null }, machine)) return OVER
	const { provider, place } = await chatAt(env, registry, destination)
	const here: Place = { ...place, address: following.address }
	const words = WORDS[destination.settings.language]
	const memo = readMemo(following.memo)
	const { sessions, presence } = await describe(env, machine.id)
	const session = sessions.find(({ id }) => id === following.session)
	if (session === undefined) return presence.is === "linked" ? OVER : again(memo, AWAY_MS)
	const isOver = session.state.is !== "running"
	const isLate = Date.now() - memo.since > FOLLOWED_MS
	if (!provider.canEdit && !isOver) return isLate ? OVER : again(memo, BLIND_MS)
	if (!isOver && presence.is !== "linked") return again(memo, AWAY_MS)
	const lines = await lastLines(env, machine.id, session, memo.shown)
	const message = progress(session, machine, lines, isLate && !isOver, words)
	const text = JSON.stringify(message.blocks)
	if (text !== memo.shown) {
		const edited = await patiently(() =>
			provider.canEdit ? provider.edit(here, following.message, message) : provider.send(here, message),
		)
		// A chat or a bot that is no more shows nothing.
		if (edited.is === "gone" || (edited.is === "failed" && edited.isBot === true)) return OVER
		if (edited.is === "later") return again(memo, edited.afterMs)
		if (edited.is === "failed") throw new Error(edited.reason)
	}
	if (isOver || isLate) return OVER
	const still = text === memo.shown ? memo.still + 1 : 0
	const isOld = Date.now() - memo.since > OLD_MS
	const pace = (destination.isGroup ? GROUP_MS : CHAT_MS) * (isOld ? 10 : 1)
	return again({ ...memo, shown: text, still }, Math.min(pace * 2 ** Math.min(still, 6), SLOWEST_MS))
}

interface Memo {
	since: number
	/** The message as it is there. */
	shown: string
	/** How often it was the same. */
	still: number
}

function readMemo({ since, shown, still }: Record<string, unknown>): Memo {
	return {
		since: typeof since === "number" ? since : Date.now(),
		shown: typeof shown === "string" ? shown : "",
		still: typeof still === "number" ? still : 0,
	}
}

function again(memo: Memo, afterMs: number): Looked {
	return { is: "again", afterMs, memo: { ...memo } }
}

/** The screen's last lines. A session that has ended shows its screen as long as its holder keeps it. */
async function lastLines(
	env: Env,
	machine: Following["machine"],
	{ id }: SessionInfo,
	before: string,
): Promise<string> {
	try {
		const { lines } = await ask(env, machine, "screen", { session: id })
		const text = screenText(lines).split("\n").slice(-LINES).join("\n")
		return text.length > CHARS ? text.slice(-CHARS).toWellFormed() : text
	} catch {
		// What was shown before says more than nothing.
		const blocks = before === "" ? [] : (JSON.parse(before) as Message["blocks"])
		return blocks.find((block) => block.is === "code")?.text ?? ""
	}
}

function progress(
	session: SessionInfo,
	machine: { id: string; name: string },
	lines: string,
	isLeft: boolean,
	words: Words,
): Message {
	const { state } = session
	const params = `${machine.id}:${session.id}`
	return {
		blocks: [
			{ is: "heading", text: titleOf({ words }, machine, session) },
			...(lines === "" ? [] : [{ is: "code" as const, text: lines }]),
			{ is: "text", text: isLeft ? words.notShownLonger : stateText(state, words) },
		],
		buttons:
			state.is === "running"
				? [
						{ label: words.screenButton, data: `s:${params}` },
						{ label: words.stopButton, data: `x:${params}` },
					]
				: [],
	}
}

const OVER: Looked = { is: "over" }
const LINES = 12
const CHARS = 3_000
/** Telegram's guidance: an edit a second in a chat, 20 a minute in a group. */
const CHAT_MS = 1_000
const GROUP_MS = 3_500
const SLOWEST_MS = 15_000
const AWAY_MS = 15_000
/** A service that cannot edit is told the end. */
const BLIND_MS = 5_000
/** After so long nobody sits and watches every second. */
const OLD_MS = 10 * 60_000
const FOLLOWED_MS = 6 * 60 * 60_000
