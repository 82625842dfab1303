// A session and a machine as everyone is told of them.
import * as z from "zod"
import { looksLikeId, SessionId } from "./ids.ts"
import { ARGV_CHARS, ARGV_ITEMS, MAX_COLS, MAX_ROWS, NAME_CHARS, PATH_CHARS, TAGS } from "./limits.ts"
import { VariableName } from "./profile.ts"
import { Image, Label, Limits, Network, Substrate } from "./substrate.ts"

/** Milliseconds since 1970, by the clock of whoever says it. */
export const Time = z.int().min(0)
export const Sequence = z.int().min(0)
export const Cols = z.int().min(2).max(MAX_COLS)
export const Rows = z.int().min(1).max(MAX_ROWS)

const NAME_LENGTH = `must be 1 to ${NAME_CHARS} characters`

/**
 * What people call a machine, a session or a token. Printable, without a slash, since `machine/name` addresses a
 * session, and unlike an id, since ids address things too.
 */
export const Name = z
	.string()
	.trim()
	.min(1, NAME_LENGTH)
	.max(NAME_CHARS, NAME_LENGTH)
	.regex(
		/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u,
		"must begin with a letter or digit and have only letters, digits, spaces, dots, dashes and underscores",
	)
	.refine((name) => !looksLikeId(name), "must not look like an id")
/** A word that machines and sessions are grouped by. */
export const Tag = z
	.string()
	.regex(/^[a-z0-9][a-z0-9._-]{0,31}$/, "must be lower-case letters, digits, dot, dash and underscore")
export const Path = z.string().min(1).max(PATH_CHARS)

/**
 * The program ran to an end of its own (`exited`), or whoever held it died with it (`lost`), or what it should run in could
 * not be had, so it never ran (`failed`). Each is final for this run of the session.
 */
export const SessionState = z
	.discriminatedUnion("is", [
		z.object({ is: z.literal("running") }),
		z.object({
			is: z.literal("exited"),
			/** The exit code; null when a signal ended it. */
			code: z.int().nullable(),
			/** The signal's name, such as SIGTERM. */
			signal: z.string().nullable(),
			at: Time,
		}),
		z.object({ is: z.literal("lost"), reason: z.string(), at: Time }),
		z.object({ is: z.literal("failed"), reason: z.string(), at: Time }),
	])
	.meta({ id: "SessionState" })
export type SessionState = z.infer<typeof SessionState>

export const SessionInfo = z
	.object({
		id: SessionId,
		name: Name,
		runtime: z.string(),
		argv: z.array(z.string()),
		/** As the program sees it. */
		cwd: z.string(),
		substrate: Substrate,
		network: Network.default({ is: "full" }),
		/** The container's image; null for other substrates. */
		image: z.string().nullable().default(null),
		/** The VM that it runs in; null for other substrates. */
		vm: z.string().nullable().default(null),
		/** What was installed there for it. */
		loadout: z.string().nullable().default(null),
		tags: z.array(Tag).max(TAGS).default([]),
		/** It begins again by itself after its machine was restarted, with its runtime's own conversation. */
		comesBack: z.boolean().default(false),
		/** How often it was begun: a later run goes on in the same output. */
		run: z.int().min(1).default(1),
		/** When this run of it began; null where an older connector began it. */
		beganAt: Time.nullable().default(null),
		cols: Cols,
		rows: Rows,
		state: SessionState,
		/** What the program calls itself by OSC 0 or 2; empty until it does. */
		title: z.string(),
		createdAt: Time,
		/** When the program last wrote; null when it has not. As fresh as ACTIVITY_EVERY_MS while somebody looks. */
		lastOutputAt: Time.nullable(),
		/** Bytes of output so far, as fresh as lastOutputAt. */
		sequence: Sequence,
	})
	.meta({ id: "SessionInfo" })
export type SessionInfo = z.infer<typeof SessionInfo>

const COMMAND_LENGTH = `must have at most ${ARGV_CHARS} characters in all`

/** Where a session's working directory comes from; `cwd` is then a place within it. */
export const From = z
	.discriminatedUnion("is", [
		/** A copy of a folder of the machine. */
		z.object({ is: z.literal("dir"), path: Path }),
		/** A clone of a repository, at a branch, tag or commit. */
		z.object({
			is: z.literal("git"),
			url: z.string().min(1).max(PATH_CHARS),
			ref: z.string().min(1).max(256).optional(),
		}),
		/** A git worktree of its own, on a new branch from `ref`, of a repository on the machine. */
		z.object({ is: z.literal("worktree"), path: Path, ref: z.string().min(1).max(256).optional() }),
	])
	.meta({ id: "From" })
export type From = z.infer<typeof From>

/** What a session is started from. argv goes to exec as it is; environment is data. */
export const StartSpec = z
	.object({
		/** Chosen by whoever asks, so that asking twice starts one session. */
		id: SessionId,
		name: Name.optional(),
		/** Where it is not said, runtimeOf says it. */
		runtime: z.string().min(1).max(NAME_CHARS).optional(),
		/** The whole command for the runtime `custom`; further arguments for any other. */
		argv: z
			.array(z.string().max(ARGV_CHARS, COMMAND_LENGTH))
			.max(ARGV_ITEMS, `must have at most ${ARGV_ITEMS} words`)
			.refine((argv) => argv.reduce((sum, item) => sum + item.length, 0) <= ARGV_CHARS, COMMAND_LENGTH)
			.refine((argv) => !argv.some((item) => item.includes("\0")), "must not hold a NUL character")
			.default([]),
		cwd: Path.optional(),
		environment: z.record(VariableName, z.string().max(ARGV_CHARS)).default({}),
		/** Starts a runtime that signs in by itself although none of its keys was found. */
		withoutKey: z.boolean().default(false),
		/** The machine's default where it is not said. */
		substrate: Substrate.optional(),
		network: Network.default({ is: "full" }),
		limits: Limits.default({}),
		image: Image.optional(),
		/** The VM to run in; without one, a session in a VM has a VM of its own, by its name. */
		vm: Label.optional(),
		/** What is installed there first: in the container's image, or in the VM. */
		loadout: Label.optional(),
		from: From.optional(),
		/**
		 * A folder within the working directory that its beginning makes, in a folder that is there: where it is there already,
		 * the program is not executed. So it is at most once, whoever dies in the middle.
		 */
		once: Path.optional(),
		/** A file within the working directory that the program has as its standard input, in place of the terminal. */
		stdin: Path.optional(),
		tags: z.array(Tag).max(TAGS, `must have at most ${TAGS} words`).default([]),
		comesBack: z.boolean().default(false),
		cols: Cols.default(80),
		rows: Rows.default(24),
	})
	.meta({ id: "StartSpec" })
export type StartSpec = z.infer<typeof StartSpec>

/** The runtime whose whole command the person gives. */
export const CUSTOM = "custom"
/** What a session runs for which nothing was asked. */
export const SHELL = "shell"
/** Work on the machine itself that takes its time, such as making an image: a session, so that it can be watched and is kept. */
export const JOB = "homeport"
/** The runtimes that every connector knows; any other is a profile of the machine. */
export const BUILT_IN: readonly string[] = [SHELL, CUSTOM, JOB, "claude-code", "codex", "gemini", "opencode", "aider"]

/** The runtime that is meant, also where it is not said. */
export function runtimeOf({ runtime, argv }: Pick<StartSpec, "runtime" | "argv">): string {
	return runtime ?? (argv.length > 0 ? CUSTOM : SHELL)
}

/** A runtime as one machine has it. */
export const RuntimeInfo = z
	.object({
		id: z.string(),
		label: z.string(),
		/** Absolute path of the program; null when it is not installed. */
		program: z.string().nullable(),
		version: z.string().nullable(),
		/** How to get it. */
		install: z.string(),
		/** Said before a start: environment variables or sign-ins of which none was found; empty when it is ready. */
		missingKeys: z.array(z.string()),
		/** Whether the program can sign a person in, in its terminal. */
		signsIn: z.boolean().default(false),
		/** Whether people made it, as a profile. */
		isProfile: z.boolean().default(false),
		/** Regular expressions: one that matches the screen's text says that it waits for a person. */
		waits: z.array(z.string()).default([]),
	})
	.meta({ id: "RuntimeInfo" })
export type RuntimeInfo = z.infer<typeof RuntimeInfo>

/** Whether a machine is linked, as the holder of its socket knows it. */
export const Presence = z
	.object({
		is: z.enum(["linked", "away"]),
		/** When it became so; null when the machine has never called. */
		since: Time.nullable(),
		/** The last time that the machine was heard; null when never. */
		provenAt: Time.nullable(),
		/** The link's number; each new link has the next. */
		epoch: z.int().min(0),
		/** The clock of whoever says this, so that ages do not depend on the reader's. */
		now: Time,
	})
	.meta({ id: "Presence" })
export type Presence = z.infer<typeof Presence>

export const Platform = z
	.object({
		/** As Node says it: linux, darwin. */
		os: z.string().max(32),
		arch: z.string().max(32),
		/** A person's word for it, such as "Debian GNU/Linux 12". */
		release: z.string().max(128),
		hostname: z.string().max(256),
		/** The version of the connector. */
		connector: z.string().max(32),
	})
	.meta({ id: "Platform" })
export type Platform = z.infer<typeof Platform>

/** Another screen on the same session. */
export const Watcher = z.object({
	/** The person or token behind it. */
	name: z.string(),
	/** Whether this viewer's size is the session's. */
	ownsSize: z.boolean(),
	/** Whether it is the viewer that is told. */
	self: z.boolean(),
})
export type Watcher = z.infer<typeof Watcher>
