// What link process and holder say to each other over a Unix socket, in packets (packets.ts): messages, and frames.
import * as z from "zod"
import { ASKS } from "../../protocol/ask.ts"
import { ClaimId } from "../../protocol/attention.ts"
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

/** The rendered screen, as who attends is told it: nothing of it is a secret. */
export const Shown = z.object({
	/** The output after which it looks so. */
	sequence: Sequence,
	/** How often something was typed until then that was not pressed by `press`. */
	typed: z.int().min(0),
	lines: z.array(z.string()),
	cursor: z.object({ x: z.int(), y: z.int() }),
	cols: Cols,
	rows: Rows,
	title: z.string(),
	isAlternate: z.boolean(),
	hasApplicationKeys: z.boolean(),
	/** Not told by holders of older connectors. */
	isCursorHidden: z.boolean().optional(),
	/** For each row in which colour it begins, as a number; nor this. */
	inks: z.array(z.int()).optional(),
	/** What is pasted comes to the program as such, however many lines it has. */
	bracketsPastes: z.boolean().default(false),
	/** For each row whether it continues the one above. */
	isWrapped: z.array(z.boolean()),
	/** Text that stands out by how it is drawn; the same style is the same look. */
	runs: z.array(z.object({ row: z.int(), text: z.string(), style: z.int() })),
})
export type Shown = z.infer<typeof Shown>

const Signal = z.discriminatedUnion("is", [
	z.object({ is: z.literal("bell") }),
	z.object({ is: z.literal("notification"), text: z.string() }),
	z.object({ is: z.literal("event"), from: z.string(), event: z.unknown() }),
])

/** What a link process asks of a holder: what the edge asks of a session, and what only this machine does. */
export const HOLDER_ASKS = {
	rename: ASKS.rename,
	change: ASKS.change,
	signal: ASKS.signal,
	write: ASKS.write,
	screen: ASKS.screen,
	log: ASKS.log,
	/** The screen as it is now. */
	look: { asked: z.object({ session: SessionId }), answered: Shown },
	/** Whether its terminal takes a line now without showing it, as for a password. */
	hides: { asked: z.object({ session: SessionId }), answered: z.object({ hides: z.boolean() }) },
	/**
	 * Types this once for its claim, and only if the screen is the one that was judged. Throws Refusal("session_ended") for
	 * a claim that is not known.
	 */
	press: {
		asked: z.object({
			session: SessionId,
			claim: ClaimId,
			/** Of the screen that was judged; null to ask only whether the claim is known. */
			on: z.object({ sequence: Sequence, typed: z.int().min(0) }).nullable(),
			/** By this machine's clock: after it nothing is typed. */
			until: Time,
			text: z.string(),
			paste: z.boolean(),
			enter: z.boolean(),
		}),
		answered: z.object({
			/**
			 * `already`: under this claim, before. `moved`: the program has written since, or somebody has typed, or did just
			 * before. `late`: the time is over. `unknown`: nothing was typed under this claim.
			 */
			is: z.enum(["pressed", "already", "moved", "late", "unknown"]),
			/** How many bytes the program did not take: they are gone. */
			dropped: z.int().min(0).default(0),
		}),
	},
} as const
export type HolderAsk = keyof typeof HOLDER_ASKS
export type HolderAskedOf<A extends HolderAsk> = z.infer<(typeof HOLDER_ASKS)[A]["asked"]>
export type HolderAnswered<A extends HolderAsk> = z.infer<(typeof HOLDER_ASKS)[A]["answered"]>

const HolderAskName = z.enum(Object.keys(HOLDER_ASKS) as [HolderAsk, ...HolderAsk[]])

/** Link process to holder. */
export const ToHolder = z.discriminatedUnion("type", [
	/** First, once in a run of the session: begin. Ignored by a holder that has begun. */
	z.object({ type: z.literal("start"), execution: Execution }),
	z.object({ type: z.literal("watch"), viewer: ViewerId, have: Sequence.nullable() }),
	z.object({ type: z.literal("unwatch"), viewer: ViewerId }),
	z.object({ type: z.literal("keep") }),
	z.object({ type: z.literal("resize"), cols: Cols, rows: Rows }),
	z.object({ type: z.literal("observe"), on: z.boolean() }),
	/** Whether `shown`, `typed` and `signal` are told. */
	z.object({ type: z.literal("attend"), on: z.boolean() }),
	z.object({ type: z.literal("ask"), number: z.int(), ask: HolderAskName, of: z.unknown() }),
])
export type ToHolder = z.infer<typeof ToHolder>

/** Holder to link process. */
export const FromHolder = z.discriminatedUnion("type", [
	/** First on every connection; `session` is null until the holder has begun. */
	z.object({ type: z.literal("hello"), version: z.int(), session: SessionInfo.nullable() }),
	z.object({ type: z.literal("session"), session: SessionInfo }),
	z.object({ type: z.literal("joined"), viewer: ViewerId, sequence: Sequence }),
	z.object({ type: z.literal("expects"), viewer: ViewerId, sequence: Sequence }),
	/** The screen, when it has changed and settled. */
	z.object({ type: z.literal("shown"), shown: Shown }),
	/** Somebody types; told once for a while. */
	z.object({ type: z.literal("typed"), typed: z.int().min(0) }),
	z.object({ type: z.literal("signal"), signal: Signal, at: Time }),
	z.object({ type: z.literal("answer"), number: z.int(), answer: z.unknown() }),
	z.object({ type: z.literal("refuse"), number: z.int(), code: z.string(), detail: z.string().optional() }),
	/** Another link process has connected; this connection ends. Taking the session back would only take it from that one. */
	z.object({ type: z.literal("replaced") }),
	/** The program could not be executed, or the folder of an ended session not be read; the holder ends. */
	z.object({ type: z.literal("failed"), code: z.string().default("start_failed"), detail: z.string().optional() }),
])
export type FromHolder = z.infer<typeof FromHolder>
