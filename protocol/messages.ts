// JSON messages of the two sockets: machine to object (the link) and viewer to object. One union a direction.
import * as z from "zod"
import { ASKS } from "./ask.ts"
import { AttentionReport } from "./attention.ts"
import { Refusal } from "./errors.ts"
import { explain } from "./explain.ts"
import { ChannelId, SessionId, ViewerId } from "./ids.ts"
import { MESSAGE_BYTES, SESSIONS_PER_MACHINE } from "./limits.ts"
import { ROLES } from "./roles.ts"
import { Cols, Platform, Presence, Rows, Sequence, SessionInfo, Watcher } from "./session.ts"

const AskNumber = z.int().min(0)
const AskName = z.enum(Object.keys(ASKS) as [keyof typeof ASKS, ...(keyof typeof ASKS)[]])

/** Machine object to connector. */
export const ToConnector = z.discriminatedUnion("type", [
	/** Answers hello: the link is up, and this is its number. */
	z.object({ type: z.literal("welcome"), epoch: z.int(), machine: z.string() }),
	/** Open a channel for `viewer`, beginning at `have`, or with a snapshot where `have` is null or gone from the log. */
	z.object({ type: z.literal("watch"), session: SessionId, viewer: ViewerId, have: Sequence.nullable() }),
	/** Close the channel of `viewer`; of everyone and all others where it is EVERYONE. */
	z.object({ type: z.literal("unwatch"), session: SessionId, viewer: ViewerId }),
	/** Send a snapshot frame addressed to KEEPER. */
	z.object({ type: z.literal("keep"), session: SessionId }),
	z.object({ type: z.literal("resize"), session: SessionId, cols: Cols, rows: Rows }),
	/** Whether somebody looks at the list of sessions: activity and titles are told only then. */
	z.object({ type: z.literal("observe"), on: z.boolean() }),
	z.object({ type: z.literal("ask"), number: AskNumber, ask: AskName, of: z.unknown() }),
])
export type ToConnector = z.infer<typeof ToConnector>

/** Connector to Machine object. */
export const FromConnector = z.discriminatedUnion("type", [
	/** First on every link: who I am and every session that I hold. What is not in it is lost. */
	z.object({
		type: z.literal("hello"),
		version: z.int(),
		platform: Platform,
		sessions: z.array(SessionInfo).max(SESSIONS_PER_MACHINE),
	}),
	/** A session is new or has changed. */
	z.object({ type: z.literal("session"), session: SessionInfo }),
	/** A session was removed. */
	z.object({ type: z.literal("removed"), session: SessionId }),
	/** What waits for a person on this machine, whole; also after every hello that was welcomed. */
	z.object({ type: z.literal("attention"), ...AttentionReport.shape }),
	/** What a channel that this machine polls for has brought: taken once it is kept, by an ask of `relayed`. */
	z.object({ type: z.literal("relay"), channel: ChannelId, key: z.string().max(128), message: z.unknown() }),
	/** The viewer's channel has reached the shared one at `sequence`: what follows comes addressed to EVERYONE. */
	z.object({ type: z.literal("joined"), session: SessionId, viewer: ViewerId, sequence: Sequence }),
	/** A channel could not be opened: there is no such session here. */
	z.object({ type: z.literal("unwatchable"), session: SessionId, viewer: ViewerId, code: z.string() }),
	/** How much of this viewer's input is written; sent on watch and when an input frame leaves a gap. */
	z.object({ type: z.literal("expects"), session: SessionId, viewer: ViewerId, sequence: Sequence }),
	z.object({ type: z.literal("answer"), number: AskNumber, answer: z.unknown() }),
	z.object({ type: z.literal("refuse"), number: AskNumber, code: z.string(), detail: z.string().optional() }),
])
export type FromConnector = z.infer<typeof FromConnector>

/** Viewer to Machine object. */
export const FromViewer = z.discriminatedUnion("type", [
	/** First on every socket. */
	z.object({ type: z.literal("hello"), version: z.int(), viewer: ViewerId }),
	/** Watch a session from `have`; null for a viewer that has nothing. Repeating it begins anew from `have`. */
	z.object({
		type: z.literal("attach"),
		session: SessionId,
		have: Sequence.nullable(),
		cols: Cols,
		rows: Rows,
	}),
	z.object({ type: z.literal("detach"), session: SessionId }),
	/** This viewer's window. `claim` makes it the session's size now; otherwise typing does. */
	z.object({ type: z.literal("size"), session: SessionId, cols: Cols, rows: Rows, claim: z.boolean() }),
])
export type FromViewer = z.infer<typeof FromViewer>

/** Machine object to viewer. */
export const ToViewer = z.discriminatedUnion("type", [
	/** Answers hello: the machine, and every session that it is known to have. */
	z.object({
		type: z.literal("machine"),
		name: z.string(),
		role: z.enum(ROLES),
		presence: Presence,
		platform: Platform.nullable(),
		sessions: z.array(SessionInfo),
	}),
	/** The machine has another name, or runs on something else now. */
	z.object({ type: z.literal("renamed"), name: z.string(), platform: Platform.nullable() }),
	/** The machine's presence has changed. Attached viewers attach again when it is linked. */
	z.object({ type: z.literal("presence"), presence: Presence }),
	z.object({ type: z.literal("session"), session: SessionInfo }),
	z.object({ type: z.literal("removed"), session: SessionId }),
	/** Answers attach. `live` is false while the machine is away: a kept snapshot follows if there is one. */
	z.object({ type: z.literal("attached"), session: SessionId, live: z.boolean() }),
	/** The viewer has caught up with the program. */
	z.object({ type: z.literal("caught-up"), session: SessionId, sequence: Sequence }),
	/** All input before `sequence` is written; send again from there. */
	z.object({ type: z.literal("expects"), session: SessionId, sequence: Sequence }),
	/** The object has lost its memory, or the session has begun again: attach again. Keys and output go on meanwhile. */
	z.object({ type: z.literal("again"), session: SessionId }),
	/** Who else is here. */
	z.object({ type: z.literal("watchers"), session: SessionId, watchers: z.array(Watcher) }),
	/** What was asked of this session is refused; the socket stays. */
	z.object({ type: z.literal("refused"), session: SessionId, code: z.string(), message: z.string() }),
])
export type ToViewer = z.infer<typeof ToViewer>

/** Workspace object to console: something in the registry changed; ask for it again. */
export const FromFeed = z.discriminatedUnion("type", [
	z.object({ type: z.literal("changed"), what: z.enum(["machines", "attention", "channels"]) }),
])
export type FromFeed = z.infer<typeof FromFeed>

/** Parses one JSON message of a direction. Throws Refusal("malformed") or Refusal("too_large"). */
export function parseMessage<T>(direction: z.ZodType<T>, text: string): T {
	if (text.length > MESSAGE_BYTES) throw new Refusal("too_large", `A message has at most ${MESSAGE_BYTES} characters.`)
	let value: unknown
	try {
		value = JSON.parse(text)
	} catch {
		throw new Refusal("malformed", "The message is not JSON.")
	}
	const parsed = direction.safeParse(value)
	if (!parsed.success) throw new Refusal("malformed", explain(parsed.error))
	return parsed.data
}
