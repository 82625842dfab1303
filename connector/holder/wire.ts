// What link process and holder say to each other over a Unix socket, in packets (packets.ts): messages, and frames.
import * as z from "zod"
import { SessionId, ViewerId } from "../../protocol/ids.ts"
import { Cols, Rows, Sequence, SessionInfo, Time } from "../../protocol/session.ts"
import { Substrate } from "../../protocol/substrate.ts"

/** What only this machine needs to know of a run. */
const ofRun = {
	/** Of the system's start in which it was begun: a session of another one did not outlive it. */
	boot: z.string(),
	/** What its runtime calls the conversation, where it lets itself be told. */
	conversation: z.string().nullable(),
}

/** A session as its folder has it; older holders did not write down all of it. */
export const SavedInfo = SessionInfo.extend({
	/** Its holder was told to end, as all processes are when the system goes down, while it ran or just after its end. */
	wasStopped: z.boolean().default(false),
	boot: ofRun.boot.default(""),
	conversation: ofRun.conversation.default(null),
})
export type SavedInfo = z.infer<typeof SavedInfo>

type About = Pick<SessionInfo, "network" | "image" | "vm" | "loadout" | "tags" | "comesBack" | "run" | "beganAt">

/** What the holder executes: nothing is left to look up. The environment is whole and never written to disk. */
export const Execution = z.object({
	id: SessionId,
	name: z.string(),
	runtime: z.string(),
	/** What the person asked for, to show. */
	argv: z.array(z.string()),
	/** Absolute path of the program, and its arguments: of the session's warden, where it runs in a substrate. */
	program: z.string(),
	arguments: z.array(z.string()),
	cwd: z.string(),
	/** Where the program begins, if not there: it goes there by itself. */
	startsIn: z.string().optional(),
	environment: z.record(z.string(), z.string()),
	/** The variables that hold secrets: their values are masked in what leaves the session for keeping. */
	secrets: z.array(z.string()),
	substrate: Substrate,
	/** Told of the session as it is, by nobody but whoever says it here. A later run than the first goes on in the folder. */
	about: z.custom<About>((value) => typeof value === "object" && value !== null && !Array.isArray(value)),
	...ofRun,
	cols: Cols,
	rows: Rows,
	createdAt: Time,
})
export type Execution = z.infer<typeof Execution>

const HolderAsk = z.enum(["rename", "change", "signal", "write", "screen", "log"])
export type HolderAsk = z.infer<typeof HolderAsk>

/** Link process to holder. */
export const ToHolder = z.discriminatedUnion("type", [
	/** First, once in a run of the session: begin. Ignored by a holder that has begun. */
	z.object({ type: z.literal("start"), execution: Execution }),
	z.object({ type: z.literal("watch"), viewer: ViewerId, have: Sequence.nullable() }),
	z.object({ type: z.literal("unwatch"), viewer: ViewerId }),
	z.object({ type: z.literal("keep") }),
	z.object({ type: z.literal("resize"), cols: Cols, rows: Rows }),
	z.object({ type: z.literal("observe"), on: z.boolean() }),
	z.object({ type: z.literal("ask"), number: z.int(), ask: HolderAsk, of: z.unknown() }),
])
export type ToHolder = z.infer<typeof ToHolder>

/** Holder to link process. */
export const FromHolder = z.discriminatedUnion("type", [
	/** First on every connection; `session` is null until the holder has begun. */
	z.object({ type: z.literal("hello"), version: z.int(), session: SessionInfo.nullable() }),
	z.object({ type: z.literal("session"), session: SessionInfo }),
	z.object({ type: z.literal("joined"), viewer: ViewerId, sequence: Sequence }),
	z.object({ type: z.literal("expects"), viewer: ViewerId, sequence: Sequence }),
	z.object({ type: z.literal("answer"), number: z.int(), answer: z.unknown() }),
	z.object({ type: z.literal("refuse"), number: z.int(), code: z.string(), detail: z.string().optional() }),
	/** Another link process has connected; this connection ends. Taking the session back would only take it from that one. */
	z.object({ type: z.literal("replaced") }),
	/** The program could not be executed, or the folder of an ended session not be read; the holder ends. */
	z.object({ type: z.literal("failed"), code: z.string().default("start_failed"), detail: z.string().optional() }),
])
export type FromHolder = z.infer<typeof FromHolder>
