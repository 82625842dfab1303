// What the edge may ask of a machine, and the shape of each answer. Asked with a number, answered once with it.
import * as z from "zod"
import { Choice, ClaimId, QUESTION_CHARS } from "./attention.ts"
import { ChannelId, RequestId, SessionId, ViewerId } from "./ids.ts"
import { FILE_CHUNK_BYTES, INPUT_FRAME_BYTES, LOADOUT_BYTES, LOG_CHUNK_BYTES, TAGS } from "./limits.ts"
import { Profile } from "./profile.ts"
import { Name, Path, RuntimeInfo, Sequence, SessionInfo, StartSpec, Tag, Time } from "./session.ts"
import { Denied, Label, Substrate, SubstrateInfo } from "./substrate.ts"
import { Vm, VmDeed, VmImage } from "./vm.ts"

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

/** What of a session can be changed while it runs. */
export const Change = z.object({
	name: Name.optional(),
	tags: z.array(Tag).max(TAGS, `must have at most ${TAGS} words`).optional(),
	comesBack: z.boolean().optional(),
})

/** What a session, or the whole machine, uses now. */
export const Usage = z
	.object({
		sessions: z.array(
			z.object({
				session: SessionId,
				/** Processors' worth of time over the last seconds; 1 is one of them. */
				cpus: z.number(),
				/** Bytes. */
				memory: z.int(),
				processes: z.int(),
				/** When this run of it began. */
				since: Time,
			}),
		),
		machine: z.object({
			cpus: z.int(),
			/** Runnable processes, as the system averages them over a minute. */
			load: z.number(),
			memory: z.object({ total: z.int(), free: z.int() }),
			/** Of the file system that sessions are kept on. */
			disk: z.object({ total: z.int(), free: z.int() }),
		}),
	})
	.meta({ id: "Usage" })
export type Usage = z.infer<typeof Usage>

/** What has changed in a session's working directory since it was started. */
export const Diff = z
	.object({
		/** The commit that it is compared with; null where there was none. */
		base: z.string().nullable(),
		files: z.array(
			z.object({
				path: z.string(),
				is: z.enum(["added", "changed", "removed", "renamed"]),
				/** Lines; null for what is not text. */
				added: z.int().nullable(),
				removed: z.int().nullable(),
			}),
		),
		/** A unified diff, cut at DIFF_BYTES. */
		patch: z.string(),
		isCut: z.boolean(),
	})
	.meta({ id: "Diff" })
export type Diff = z.infer<typeof Diff>

/** A mistake in a loadout. */
export const Problem = z.object({ loadout: z.string(), line: z.int(), column: z.int(), message: z.string() })
export type Problem = z.infer<typeof Problem>

/** A loadout as it will be applied: each step with the loadout that it comes from. */
export const Loadout = z
	.object({
		name: Label,
		text: z.string(),
		problems: z.array(Problem),
		phases: z.array(
			z.object({
				name: z.string(),
				/** Whether a failure of it ends the whole; otherwise it is told and the rest goes on. */
				isCore: z.boolean(),
				steps: z.array(z.object({ does: z.string(), from: z.string() })),
			}),
		),
	})
	.meta({ id: "Loadout" })
export type Loadout = z.infer<typeof Loadout>

const Secrets = z.array(DeliveredSecret).default([])
const nothing = z.object({})

export const ASKS = {
	/** Nothing; the answer shows that the connector is alive. */
	ping: { asked: z.object({}), answered: z.object({ at: Time }) },
	/** Starts a session; asking again with the same id answers with the session that there is. */
	start: { asked: StartSpec.extend({ secrets: Secrets }), answered: SessionInfo },
	/** A name for a session: what connectors knew before `change`. */
	rename: { asked: z.object({ session: SessionId, name: Name }), answered: SessionInfo },
	change: { asked: Change.extend({ session: SessionId }), answered: SessionInfo },
	/** Begins a session again in the same directory, with the old output above; kills it first where it runs. */
	restart: {
		asked: z.object({
			session: SessionId,
			/** With the runtime's own conversation, where it can take that up. */
			resume: z.boolean().default(false),
			secrets: Secrets,
		}),
		answered: SessionInfo,
	},
	/** A new session from what another one was started from. */
	clone: {
		asked: z.object({ session: SessionId, id: SessionId, name: Name.optional(), secrets: Secrets }),
		answered: SessionInfo,
	},
	/** The secrets, by name, that a start wants beside those that are bound to its runtime. */
	wants: {
		asked: z.object({ runtime: z.string(), loadout: Label.optional() }),
		answered: z.object({ secrets: z.array(z.object({ name: z.string(), variable: z.string() })) }),
	},
	/** Signals all of the session's processes; the answer does not wait for its effect. */
	signal: { asked: z.object({ session: SessionId, signal: z.enum(SIGNALS) }), answered: z.object({}) },
	/** Forgets an ended session and its log. */
	remove: {
		asked: z.object({
			session: SessionId,
			/** Also where that loses changes in a working directory that was made for it alone. */
			force: z.boolean().default(false),
		}),
		answered: z.object({}),
	},
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
	diff: { asked: z.object({ session: SessionId }), answered: Diff },
	/** Connections that the session's allow-list has refused. */
	denied: { asked: z.object({ session: SessionId }), answered: z.object({ denied: z.array(Denied) }) },
	/** A part of a file, where the session runs: a path from its working directory on, or an absolute one. */
	readFile: {
		asked: z.object({ session: SessionId, path: Path, from: z.int().min(0) }),
		answered: z.object({ base64: z.string(), /** Bytes of the whole file. */ size: z.int() }),
	},
	/** Writes a part of a file there; the one at 0 begins it anew, in a place of its own until `isLast` puts it in place whole. */
	writeFile: {
		asked: z.object({
			session: SessionId,
			path: Path,
			at: z.int().min(0),
			base64: z.string().max(Math.ceil(FILE_CHUNK_BYTES / 3) * 4),
			isLast: z.boolean(),
			/** Makes the folder that it goes to where it is not there, such that git does not see it. */
			makesFolder: z.boolean().default(false),
		}),
		answered: nothing,
	},
	usage: { asked: nothing, answered: Usage },
	/** What the machine can run sessions in; `again` tries it all again first. */
	substrates: {
		asked: z.object({ again: z.boolean().default(false) }),
		answered: z.object({
			/** Of sessions that do not say theirs. */
			default: Substrate,
			/** Still being tried: what is not listed is not known yet. */
			isTrying: z.boolean(),
			substrates: z.array(SubstrateInfo),
		}),
	},
	/** Sets the default of sessions that do not say theirs; null for what is best here. */
	configure: { asked: z.object({ substrate: Substrate.nullable() }), answered: nothing },
	vms: { asked: nothing, answered: z.object({ vms: z.array(Vm), images: z.array(VmImage) }) },
	/** Begins a deed; what comes of it is read from the answer and from `vms`. Null when the VM is gone. */
	vm: { asked: z.object({ name: Label, deed: VmDeed }), answered: z.object({ vm: Vm.nullable() }) },
	profiles: { asked: nothing, answered: z.object({ profiles: z.array(Profile) }) },
	saveProfile: { asked: Profile, answered: nothing },
	removeProfile: { asked: z.object({ id: Label }), answered: nothing },
	loadouts: {
		asked: nothing,
		answered: z.object({
			loadouts: z.array(z.object({ name: Label, description: z.string(), problems: z.array(Problem) })),
		}),
	},
	readLoadout: { asked: z.object({ name: Label }), answered: Loadout },
	/** Refused with its first problem where it has one: a loadout that cannot be applied is not kept. */
	saveLoadout: { asked: z.object({ name: Label, text: z.string().max(LOADOUT_BYTES) }), answered: Loadout },
	removeLoadout: { asked: z.object({ name: Label }), answered: nothing },
	/**
	 * Types an answer, if what it answers is on the screen as it is now; the same claim again types nothing more, and is
	 * answered as the first time: also after `until`, which is looked at only where the claim is not known. While the first
	 * is under way the second waits for it. A refusal says that nothing was typed for this claim and nothing will be. Throws
	 * Refusal: request_gone, answer_invalid, not_chosen, session_ended.
	 */
	answer: {
		asked: z.object({
			session: SessionId,
			request: RequestId,
			claim: ClaimId,
			choice: Choice,
			/** By the control plane's clock: after it nothing is typed. */
			until: Time,
		}),
		answered: z.object({
			/** Whether the screen has moved on since. */
			isConfirmed: z.boolean(),
		}),
	},
	/** Takes a request away without typing anything. */
	dismiss: { asked: z.object({ session: SessionId, request: RequestId }), answered: nothing },
	/** Raises a request of the kind question in these words, which nothing is typed for. */
	notify: { asked: z.object({ session: SessionId, text: z.string().min(1).max(QUESTION_CHARS) }), answered: nothing },
	/** Poll for this channel, or no more: what it is signed in by is null where it is not. */
	relay: {
		asked: z.object({ channel: ChannelId, isOn: z.boolean(), credentials: z.string().max(8_192).nullable() }),
		answered: nothing,
	},
	/** What was relayed under these keys is kept, and is not told again. */
	relayed: { asked: z.object({ channel: ChannelId, keys: z.array(z.string().max(128)).max(200) }), answered: nothing },
	/** Calls the service of a relayed channel: the machine adds what it is signed in by. */
	callRelay: {
		asked: z.object({ channel: ChannelId, method: z.string().max(64), body: z.unknown() }),
		answered: z.object({ status: z.int(), body: z.unknown() }),
	},
	runtimes: { asked: z.object({}), answered: z.object({ runtimes: z.array(RuntimeInfo) }) },
	/** Folders whose path begins with `path`, for completion; "~" is the home directory. */
	folders: {
		asked: z.object({ path: z.union([Path, z.literal("")]) }),
		answered: z.object({ home: z.string(), folders: z.array(z.string()).max(200) }),
	},
} as const

/** The version of the protocol since which a question is known; a connector before it is told to update. */
export const ASKED_SINCE = {
	change: 3,
	restart: 3,
	clone: 3,
	wants: 3,
	diff: 3,
	denied: 3,
	readFile: 3,
	writeFile: 3,
	usage: 3,
	substrates: 3,
	configure: 3,
	vms: 3,
	vm: 3,
	profiles: 3,
	saveProfile: 3,
	removeProfile: 3,
	loadouts: 3,
	readLoadout: 3,
	saveLoadout: 3,
	removeLoadout: 3,
	answer: 4,
	dismiss: 4,
	notify: 4,
	relay: 4,
	relayed: 4,
	callRelay: 4,
} as const satisfies Partial<Record<keyof typeof ASKS, number>>

export type Ask = keyof typeof ASKS
export type Asked<A extends Ask> = z.infer<(typeof ASKS)[A]["asked"]>
export type Answered<A extends Ask> = z.infer<(typeof ASKS)[A]["answered"]>
