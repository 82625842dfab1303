// What the edge may ask of a machine, and the shape of each answer. Asked with a number, answered once with it.
import * as z from "zod"
import { SessionId, ViewerId } from "./ids.ts"
import { INPUT_FRAME_BYTES, LOG_CHUNK_BYTES } from "./limits.ts"
import { Name, Path, RuntimeInfo, Sequence, SessionInfo, StartSpec, Time } from "./session.ts"

export const SIGNALS = [
	"SIGHUP",
	"SIGINT",
	"SIGQUIT",
	"SIGKILL",
	"SIGUSR1",
	"SIGUSR2",
	"SIGTERM",
	"SIGCONT",
	"SIGSTOP",
] as const

/** Text for a program. `paste` wraps it as a bracketed paste where the program has asked for that. */
export const Input = z.object({
	text: z.string().max(INPUT_FRAME_BYTES * 16),
	paste: z.boolean().default(false),
	/** A long paste goes in parts, each after the answer to the one before: the brackets stand around all of them. */
	part: z.enum(["first", "middle", "last"]).optional(),
	/** A carriage return, written apart from the text, so that no program takes it for a part of a paste. */
	enter: z.boolean().default(false),
})

/** A secret on its way to the one session that gets it, as this environment variable. Kept by nobody on the way. */
export const DeliveredSecret = z.object({ name: z.string(), variable: z.string(), value: z.string() })
export type DeliveredSecret = z.infer<typeof DeliveredSecret>

export const ASKS = {
	/** Nothing; the answer shows that the connector is alive. */
	ping: { asked: z.object({}), answered: z.object({ at: Time }) },
	/** Starts a session; asking again with the same id answers with the session that there is. */
	start: { asked: StartSpec.extend({ secrets: z.array(DeliveredSecret).default([]) }), answered: SessionInfo },
	rename: { asked: z.object({ session: SessionId, name: Name }), answered: SessionInfo },
	/** Signals the session's whole process group; the answer does not wait for its effect. */
	signal: { asked: z.object({ session: SessionId, signal: z.enum(SIGNALS) }), answered: z.object({}) },
	/** Forgets an ended session and its log. */
	remove: { asked: z.object({ session: SessionId }), answered: z.object({}) },
	/** Writes text as `viewer`; answered when the PTY has it, or has taken no more of it for WRITE_MS. */
	write: {
		asked: Input.extend({ session: SessionId, viewer: ViewerId }),
		answered: z.object({
			/** How many the PTY took. */
			bytes: z.int().min(0),
			/** How many it did not take, since its program does not read: they are gone. */
			dropped: z.int().min(0).default(0),
		}),
	},
	/** The rendered screen: `rows` lines of text, trailing blanks removed. */
	screen: {
		asked: z.object({ session: SessionId }),
		answered: z.object({
			lines: z.array(z.string()),
			cursor: z.object({ x: z.int(), y: z.int() }),
			title: z.string(),
			sequence: Sequence,
		}),
	},
	/** Raw output from `from`, or from the oldest kept byte where `from` is gone. */
	log: {
		asked: z.object({ session: SessionId, from: Sequence, limit: z.int().min(1).max(LOG_CHUNK_BYTES) }),
		answered: z.object({
			/** Sequence of the first byte in `base64`. */
			from: Sequence,
			base64: z.string(),
			/** Sequence after the newest byte that there is. */
			end: Sequence,
		}),
	},
	runtimes: { asked: z.object({}), answered: z.object({ runtimes: z.array(RuntimeInfo) }) },
	/** Folders whose path begins with `path`, for completion; "~" is the home directory. */
	folders: {
		asked: z.object({ path: z.union([Path, z.literal("")]) }),
		answered: z.object({ home: z.string(), folders: z.array(z.string()).max(200) }),
	},
} as const

export type Ask = keyof typeof ASKS
export type Asked<A extends Ask> = z.infer<(typeof ASKS)[A]["asked"]>
export type Answered<A extends Ask> = z.infer<(typeof ASKS)[A]["answered"]>
