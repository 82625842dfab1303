// Attention requests as the command finds and shows them. What machines tell is drawn as text, whatever is in it.

import {
	type AttentionKind,
	type GoneBecause,
	type InboxItem,
	isAnsweredThere,
	type RequestState,
	type Via,
} from "../protocol/attention.ts"
import type { Client } from "../protocol/client.ts"
import { never, REFUSALS, refusalCode } from "../protocol/errors.ts"
import { RequestId } from "../protocol/ids.ts"
import { Failure } from "./exit.ts"
import { typed } from "./invocation.ts"
import { pickSession } from "./lookup.ts"
import { age, ago, style } from "./output.ts"

/** The request of this id; or the only one that a session of this name has open. Throws Failure. */
export async function findRequest(call: Client, wanted: string): Promise<InboxItem> {
	const id = RequestId.safeParse(wanted)
	if (id.success) return (await call("showRequest", { params: { request: id.data } })).item
	const session = pickSession((await call("listSessions")).sessions, wanted)
	const { items } = await call("listInbox")
	const open = items.filter((one) => one.session === session.id && one.machine === session.machine)
	// That it is done, or wants somebody to look, needs no answer.
	const asking = open.filter(({ kind }) => kind !== "idle")
	const [item, other] = asking.length > 0 ? asking : open
	if (item === undefined) {
		const [last] = (await call("listAttention", { query: { session: session.id, limit: 1 } })).items
		throw new Failure("not_found", `${session.name} asks for nothing now. ${lastOf(last)}`)
	}
	if (other !== undefined) {
		const lines = asking.map((one) => `  ${one.id}  ${titleOf(one)}`)
		throw new Failure("ambiguous", `${session.name} has more than one request. Say which:\n${lines.join("\n")}`)
	}
	return item
}

/** For whoever comes late: what has become of the last one. */
function lastOf(last: InboxItem | undefined): string {
	if (last === undefined || last.state.is === "open") return `\`${typed("inbox")}\` lists what waits.`
	return `The last that it asked, ${ago(Date.now() - last.state.at)}: ${describeOutcome(last.state)}`
}

/** What it wants, in some lines: enough to decide by. */
export function describeRequest(item: InboxItem, now: number): string {
	const { id, kind, risk, raisedAt, deadline, sessionName, runtime, cwd, text, subject, options, takesText, state } =
		item
	const due = deadline === null ? [] : [`${hasNo(item) ? "no" : "forgotten"} in ${age(deadline - now)}`]
	const facts = [WANTS[kind], ...(risk === "high" && kind === "approval" ? [style("red", "high risk")] : [])]
	const head = [style("bold", plainLine(sessionName)), facts.join(", "), ago(now - raisedAt), ...due, style("dim", id)]
	const where = style("dim", `${plainLine(runtime)} in ${plainLine(cwd)}`)
	const asks = plain(text) === "" ? [] : lines(text)
	const about =
		subject === null ? [] : lines(subject.text).map((line) => `${subject.is === "command" ? "$ " : "  "}${line}`)
	const cut =
		subject === null || subject.isWhole ? [] : [style("dim", "This may not be all of it: look at its screen.")]
	const labels = options.map(({ label }) => `[${plainLine(label)}]`)
	const ways = [
		...labels,
		...(kind === "secret"
			? [style("dim", "answered in the console, or typed in its terminal")]
			: takesText
				? ["--text"]
				: isAnsweredThere(item)
					? [style("dim", "answered in its terminal only")]
					: []),
	]
	const under = [
		where,
		...asks,
		...about,
		...cut,
		...(ways.length === 0 ? [] : [ways.join(" ")]),
		...(state.is === "open" && state.refused === undefined ? [] : [describeOutcome(state)]),
	]
	return [head.join("  "), ...under.map((line) => `  ${line}`)].join("\n")
}

/** The same in one line, for what needs no decision. */
export function mentionRequest(item: InboxItem, now: number): string {
	const words = [style("bold", plainLine(item.sessionName)), WANTS[item.kind], ago(now - item.raisedAt)]
	const said = plain(item.text) === "" ? [] : [titleOf(item)]
	return [...words, style("dim", item.id), ...said].join("  ")
}

/** What has become of it, in a sentence. */
export function describeOutcome(state: RequestState): string {
	switch (state.is) {
		case "open":
			return state.refused === undefined
				? "Nobody has answered yet."
				: `The answer of ${plainLine(state.refused.by.name)} was not typed: ${REFUSALS[refusalCode(state.refused.code)].message}`
		case "answering":
			return `${plainLine(state.by.name)} ${FROM[state.by.via]} is answering ${said(state.answer)}.`
		case "answered": {
			const seen = state.isConfirmed ? "" : ", and its screen has not moved on yet"
			return `${plainLine(state.by.name)} answered ${said(state.answer)} ${FROM[state.by.via]}${seen}.`
		}
		case "gone":
			return GONE[state.because]
		default:
			return never(state)
	}
}

/** One line of it, for a list. */
export function titleOf({ text, subject, kind }: InboxItem): string {
	const [first = ""] = lines(subject?.text ?? text)
	return first === "" ? WANTS[kind] : shorten(first)
}

/** The same in one line. */
export function plainLine(text: string): string {
	return plain(text).replaceAll("\n", " ")
}

/** As a terminal may be given it: nothing in it moves the cursor, colours, or turns the direction of letters. */
function plain(text: string): string {
	return text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, " ").trim()
}

export const WANTS: Record<AttentionKind, string> = {
	approval: "asks for leave",
	question: "has a question",
	choice: "wants a choice",
	secret: "asks for a secret",
	idle: "is done",
	stuck: "is stuck",
}

const FROM: Record<Via, string> = {
	console: "in the console",
	api: "by the API",
	command: "by the command",
	push: "from a notification",
	telegram: "from Telegram",
	wechat: "from WeChat",
	policy: "by the policy",
}

const GONE: Record<GoneBecause, string> = {
	input: "Answered in its terminal.",
	moved: "Its screen has moved on.",
	exited: "Its program has ended.",
	expired: "Its time was over.",
	dismissed: "Dismissed.",
	removed: "Its session was removed.",
}

const SHOWN_LINES = 12
const SHOWN_CHARS = 60

function said(answer: string | null): string {
	if (answer === "") return "it with Enter alone"
	return answer === null ? "it" : `"${shorten(plainLine(answer))}"`
}

function hasNo({ options }: InboxItem): boolean {
	return options.some(({ means }) => means === "no")
}

function lines(text: string): string[] {
	const all = plain(text).split("\n")
	return all.length <= SHOWN_LINES
		? all
		: [...all.slice(0, SHOWN_LINES), `… and ${all.length - SHOWN_LINES} lines more`]
}

function shorten(text: string): string {
	return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS - 1)}…` : text
}
