// Tasks: work for a runtime on some machine, as people write it down, and as the ledger tells it.
import * as z from "zod"
import { DestinationId, MachineId, SessionId, TaskId, UploadId } from "./ids.ts"
import { ARGV_CHARS, ARGV_ITEMS, NAME_CHARS, PATH_CHARS, TAGS } from "./limits.ts"
import { VariableName } from "./profile.ts"
import { Name, Path, Tag, Time } from "./session.ts"
import { Image, Label, Limits, Network, Substrate } from "./substrate.ts"

export const PROMPT_CHARS = 200_000
export const INPUTS = 50
export const ARTIFACTS = 100
/** Of words for a task that runs. */
export const STEER_CHARS = 20_000

/** Where it may run. What is not said is any machine that can. */
export const Target = z
	.strictObject({
		/** A machine's id or name. */
		machine: z.string().min(1).max(NAME_CHARS).optional(),
		/** A machine has all of these. */
		tags: z.array(Tag).max(TAGS).default([]),
		/** A VM made for it from this loadout, and removed after it. */
		newVm: z.strictObject({ loadout: Label.optional() }).optional(),
	})
	.meta({ id: "Target" })
export type Target = z.infer<typeof Target>

/** A path within the working directory: relative, and nowhere out of it. */
const RelativePath = z
	.string()
	.min(1)
	.max(PATH_CHARS)
	.regex(/^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[^\0]+$/, "must be a path within the working directory, without . or ..")

/** What it works on. */
export const WorkOn = z
	.discriminatedUnion("is", [
		z.strictObject({
			is: z.literal("repository"),
			url: z.string().min(1).max(PATH_CHARS),
			ref: z.string().min(1).max(256).optional(),
			/** Commits of history; all where it is not said. */
			depth: z.int().min(1).max(1_000_000).optional(),
			/** A secret of the workspace that git signs in with, over HTTPS alone. Without it, the machine's own credentials do. */
			credential: z
				.strictObject({
					secret: z.string().min(1).max(64),
					user: z
						.string()
						.regex(/^[\x21-\x7e]{1,128}$/, "must be printable, without spaces")
						.default("x-access-token"),
				})
				.optional(),
		}),
		z.strictObject({
			is: z.literal("directory"),
			path: Path,
			/** In a worktree of its own, on a new branch. */
			worktree: z.boolean().default(false),
		}),
	])
	.meta({ id: "WorkOn" })
export type WorkOn = z.infer<typeof WorkOn>

/** What happens to what it changed. */
export const Changes = z.enum(["keep", "commit", "push", "pull-request"])

const Seconds = z
	.number()
	.min(1)
	.max(7 * 86_400)

/** What is done once it is over. */
export const Follow = z
	.discriminatedUnion("is", [
		/** Everybody who sees the task, or one place alone. */
		z.strictObject({ is: z.literal("notify"), to: DestinationId.optional() }),
		/** A POST of the task as JSON, signed as Standard Webhooks says with the named secret. */
		z.strictObject({ is: z.literal("webhook"), url: z.url().max(2_048), secret: z.string().min(1).max(64).optional() }),
		/** Another task: a manifest of its own, which may use {{task.id}}, {{task.name}} and {{task.state}} in its prompt. */
		z.strictObject({
			is: z.literal("task"),
			get manifest() {
				return Manifest
			},
		}),
	])
	.meta({ id: "Follow" })

/** As of a session, without a key that is not known. */
const [Full, None, AllowList] = Network.options
const StrictNetwork = z.discriminatedUnion("is", [Full.strict(), None.strict(), AllowList.strict()])

/** A task as people write it, in YAML or JSON. No key that it does not know is passed over: a misspelt limit would be none. */
export const Manifest = z
	.strictObject({
		name: Name.optional(),
		target: Target.default({ tags: [] }),
		runtime: z.string().min(1).max(NAME_CHARS).default("claude-code"),
		model: z.string().min(1).max(128).optional(),
		prompt: z.string().max(PROMPT_CHARS).default(""),
		/** Further arguments of the runtime; the whole command of `custom`. */
		argv: z.array(z.string().max(ARGV_CHARS)).max(ARGV_ITEMS).default([]),
		/**
		 * Its agent works as with a person at hand: it may ask, and hears what it is told. It is over once the agent says that it
		 * is done. Else it works its prompt off and ends, and asks nobody.
		 */
		interactive: z.boolean().default(false),
		workOn: WorkOn.optional(),
		substrate: Substrate.optional(),
		network: StrictNetwork.default({ is: "full" }),
		limits: Limits.strict().default({}),
		image: Image.optional(),
		loadout: Label.optional(),
		/** Variables that hold secrets of the workspace, each by the secret's name. */
		secrets: z.record(VariableName, z.string().min(1).max(64)).default({}),
		environment: z.record(VariableName, z.string().max(ARGV_CHARS)).default({}),
		/** Files that it finds in its inbox, by where they go there. Contents are base64; larger ones are uploaded before. */
		inputs: z
			.array(
				z.strictObject({
					path: RelativePath,
					from: z.discriminatedUnion("is", [
						z.strictObject({ is: z.literal("content"), base64: z.string().max(350_000) }),
						z.strictObject({ is: z.literal("upload"), id: UploadId }),
					]),
				}),
			)
			.max(INPUTS)
			.default([]),
		/** Globs within the outbox: each that nothing matches is a failure. Everything in the outbox is collected anyway. */
		artifacts: z.array(RelativePath).max(ARTIFACTS).default([]),
		timeoutSeconds: Seconds.default(3_600),
		/** How long it waits for a machine; thirty days where it is not said. */
		queueSeconds: Seconds.optional(),
		/** How long its machine may be away, such as asleep, while it is under way. It is lost then, and stopped there. */
		awaySeconds: Seconds.default(43_200),
		/** Of a person, while it runs. It is failed then. */
		inputSeconds: Seconds.default(86_400),
		retries: z
			.strictObject({
				max: z.int().min(0).max(20),
				/** Before the first of them; doubled before each next one. */
				backOffSeconds: z.number().min(0).max(86_400).default(30),
				/** Reasons of failure that are tried again; every one where it is not said. */
				on: z.array(z.enum(["exit", "timeout", "lost", "prepare", "collect"])).optional(),
			})
			.default({ max: 0, backOffSeconds: 30 }),
		/** Of tasks with the same one, no more than `atOnce` run at once. */
		concurrency: z
			.strictObject({ key: z.string().min(1).max(128), atOnce: z.int().min(1).max(1_000).default(1) })
			.optional(),
		/** Higher goes first. */
		priority: z.int().min(-100).max(100).default(0),
		changes: z
			.strictObject({
				do: Changes.default("keep"),
				branch: z.string().min(1).max(200).optional(),
				message: z.string().min(1).max(4_000).optional(),
				/** Of the pull request. */
				base: z.string().min(1).max(200).optional(),
				title: z.string().min(1).max(250).optional(),
				/** Whose API opens it; as the repository's address tells where it is not said. */
				hosting: z.enum(["github", "gitlab"]).optional(),
			})
			.default({ do: "keep" }),
		onSuccess: z.array(Follow).max(10).default([]),
		onFailure: z.array(Follow).max(10).default([]),
	})
	.meta({ id: "Manifest" })
export type Manifest = z.infer<typeof Manifest>

/** Why it failed, for programs; the sentence beside it is for people. */
export const FAILED_BECAUSE = [
	"exit",
	"prepare",
	"collect",
	"no_machine",
	"refused",
	"input_timeout",
	"artifact_missing",
] as const

/**
 * Where a task stands. Every one that is not an end has a deadline and somebody who must act before it. `owner`: the ledger,
 * or the machine that has claimed it.
 */
export const TASK_STATES = [
	"queued",
	"claimed",
	"preparing",
	"running",
	"waiting",
	"collecting",
	"succeeded",
	"failed",
	"cancelled",
	"timed-out",
	"lost",
] as const
export type TaskStateName = (typeof TASK_STATES)[number]
export const ENDS = ["succeeded", "failed", "cancelled", "timed-out", "lost"] as const satisfies TaskStateName[]

/** The fencing token: each attempt has the next, and what comes with an older one is refused. */
export const Fence = z.int().min(1)

export const TaskState = z
	.object({
		is: z.enum(TASK_STATES),
		since: Time,
		/** When the ledger acts by itself if nothing comes before; null for an end. */
		deadline: Time.nullable(),
		/** Why, for a person: what it waits for, or how it ended. */
		reason: z.string().max(1_000),
		/** Of an end that is a failure. */
		because: z.enum(FAILED_BECAUSE).nullable(),
		/** The program's exit code; null where it has none. */
		exitCode: z.int().nullable(),
	})
	.meta({ id: "TaskState" })
export type TaskState = z.infer<typeof TaskState>

export const TaskEvent = z
	.object({
		sequence: z.int().min(1),
		at: Time,
		/** The attempt that it is of; 0 before the first. */
		attempt: z.int().min(0),
		/** `untold`: something outside, such as the address of its webhook, did not take what it was to be told. */
		is: z.enum([...TASK_STATES, "edited", "moved", "steered", "retried", "untold"]),
		by: z.object({
			is: z.enum(["person", "token", "machine", "ledger", "trigger", "schedule"]),
			id: z.string(),
			name: z.string(),
		}),
		reason: z.string().max(1_000),
	})
	.meta({ id: "TaskEvent" })
export type TaskEvent = z.infer<typeof TaskEvent>

export const Artifact = z
	.object({
		/** Within the outbox. */
		path: RelativePath,
		/** Bytes. */
		size: z.int().min(0),
		/** SHA-256, in hex. */
		hash: z.string().regex(/^[0-9a-f]{64}$/),
		/** Media type by its content, or by its name. */
		type: z.string().max(128),
	})
	.meta({ id: "Artifact" })
export type Artifact = z.infer<typeof Artifact>

export const Task = z
	.object({
		id: TaskId,
		name: z.string(),
		manifest: Manifest,
		state: TaskState,
		/** How many attempts were begun. */
		attempt: z.int().min(0),
		/** Where it runs, or ran last. */
		machine: MachineId.nullable(),
		session: SessionId.nullable(),
		/** Place in the queue, from 1; null unless it is queued. */
		position: z.int().nullable(),
		/** What submitted it. */
		from: z.object({
			is: z.enum(["person", "token", "trigger", "schedule", "task"]),
			id: z.string(),
			name: z.string(),
		}),
		/** The text is from outside, such as a webhook's: it is marked in the prompt, and runs with the trigger's limits. */
		isFromOutside: z.boolean(),
		/** With others of one submission: which of how many. */
		of: z.object({ group: z.string(), index: z.int(), count: z.int() }).nullable(),
		artifacts: z.array(Artifact),
		/** The branch or pull request that came of it. */
		result: z
			.object({ branch: z.string().nullable(), commit: z.string().nullable(), url: z.url().nullable() })
			.nullable(),
		submittedAt: Time,
	})
	.meta({ id: "Task" })
export type Task = z.infer<typeof Task>

/** A task as the ledger shows it: without its manifest, which may be large, and with where its time went. */
export const TaskView = Task.omit({ manifest: true })
	.extend({
		/** What it was submitted under; null where nothing was said. */
		key: z.string().nullable(),
		priority: z.int(),
		runtime: z.string(),
		/** The first and the latest; between them some may be left out of a long history. */
		events: z.array(TaskEvent),
		/** Milliseconds in each state that it left, and with its machine away. */
		spent: z.record(z.string(), z.number()),
		/** Who must act next; null once it is over. */
		owner: z
			.discriminatedUnion("is", [
				z.object({ is: z.literal("ledger") }),
				z.object({ is: z.literal("machine"), id: MachineId }),
			])
			.nullable(),
	})
	.meta({ id: "TaskView" })
export type TaskView = z.infer<typeof TaskView>

/** How many tasks of a workspace run at once, and how many may wait. A machine's own number is the machine's. */
export const TaskLimits = z
	.object({ atOnce: z.int().min(1).max(1_000), queued: z.int().min(1).max(10_000) })
	.meta({ id: "TaskLimits" })
export type TaskLimits = z.infer<typeof TaskLimits>

/** Tasks of one submission that differ by their index, or by what a matrix says of each. */
export const MOST_AT_ONCE = 200
export const Matrix = z.record(
	z.string().regex(/^[a-z][a-zA-Z0-9_]{0,31}$/, "must be a word of letters"),
	z.array(z.string().max(1_000)).min(1).max(MOST_AT_ONCE),
)
export type Matrix = z.infer<typeof Matrix>
