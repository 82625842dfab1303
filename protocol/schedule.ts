// Schedules: work that is submitted by the clock, as people write it down, and what came of each of its times.
import * as z from "zod"
import { REFUSALS, type RefusalCode } from "./errors.ts"
import { ScheduleId, TaskId } from "./ids.ts"
import { Name, Time } from "./session.ts"
import { ENDS, Manifest } from "./task.ts"

/** More than anybody reads; a field with every minute by itself has 170. */
export const CRON_CHARS = 256
/** A task takes longer than this to begin with; whoever needs less has a program that stays. */
export const EVERY_MIN_SECONDS = 60
export const EVERY_MAX_SECONDS = 366 * 86_400
export const JITTER_MAX_SECONDS = 24 * 3_600
export const SCHEDULES_PER_WORKSPACE = 10_000

/**
 * Minute, hour, day of the month, month, day of the week; or a nickname, such as @daily. Names of months and days, lists,
 * ranges, steps, `L` (the last day, `5#L` the last Friday), `15W` (the weekday next to it), `MON#2` (the second Monday).
 * Where both days are said, one of them is enough; `+MON` asks for both. Whether it says anything is for the scheduler.
 */
export const CronExpression = z
	.string()
	.trim()
	.min(1)
	.max(CRON_CHARS)
	.regex(
		/^(@[a-z]+|[\w*,/#?+-]+(\s+[\w*,/#?+-]+){4})$/i,
		"must be five fields (minute, hour, day of the month, month, day of the week), or a nickname such as @daily",
	)

/** A name of the IANA time zone database, such as Europe/Berlin. Whether it is known is for the scheduler. */
export const TimeZone = z
	.string()
	.max(64)
	.regex(/^[A-Za-z][\w+/-]*$/, "must be the name of a time zone, such as Europe/Berlin")

/**
 * When it runs. By the clock of a time zone: on a day that leaves the time out, at the first moment after it; on one that
 * has it twice, the first time. What repeats within a day (a `*` or a step in the minute or the hour) instead goes on evenly:
 * what is left out is left out, and what comes twice comes twice. A day that a zone leaves out has no runs.
 */
export const When = z
	.discriminatedUnion("is", [
		z.strictObject({ is: z.literal("cron"), expression: CronExpression, timeZone: TimeZone }),
		/** Once. */
		z.strictObject({ is: z.literal("at"), at: Time }),
		/** By time that passes, whatever clocks on walls do: at `from`, and so long after it each. `from` is when it was made where it is not said. */
		z.strictObject({
			is: z.literal("every"),
			seconds: z.int().min(EVERY_MIN_SECONDS).max(EVERY_MAX_SECONDS),
			from: Time.optional(),
		}),
	])
	.meta({ id: "When" })
export type When = z.infer<typeof When>

/** Where its last task is not over: not this time; after it; or in its place, once it is cancelled and over. */
export const Overlap = z.enum(["skip", "queue", "replace"])
export type Overlap = z.infer<typeof Overlap>

/** Where nobody was there to submit it: once for all of those times, as soon as somebody is; or not at all. */
export const Missed = z.enum(["run-once", "skip"])
export type Missed = z.infer<typeof Missed>

/** A schedule as people write it. */
export const ScheduleDraft = z
	.strictObject({
		name: Name,
		when: When,
		overlap: Overlap.default("skip"),
		missed: Missed.default("run-once"),
		/** Each time is put off by a part of this, always the same for the same time, and never beyond the next one. */
		jitterSeconds: z.int().min(0).max(JITTER_MAX_SECONDS).default(0),
		isPaused: z.boolean().default(false),
		manifest: Manifest,
	})
	.meta({ id: "ScheduleDraft" })
export type ScheduleDraft = z.infer<typeof ScheduleDraft>

/** Who has made it, or has it run now. */
const Author = z.object({ is: z.enum(["person", "token"]), id: z.string(), name: z.string() })
export type Author = z.infer<typeof Author>

/** Why a time has no task: the last was not over, or too many wait for it; a newer one took its place; nobody was there; paused. */
export const SKIPPED_BECAUSE = ["overlap", "queue-full", "replaced", "missed", "paused"] as const

/**
 * What came of a time. `due`: it is to be decided what does. `waiting`: for the last task's end. `submitting`: the ledger has
 * it, or will. The last three are for good.
 */
export const OccurrenceState = z
	.discriminatedUnion("is", [
		z.object({ is: z.literal("due") }),
		z.object({ is: z.literal("waiting"), since: Time }),
		z.object({ is: z.literal("submitting") }),
		z.object({ is: z.literal("submitted"), task: TaskId, at: Time }),
		z.object({ is: z.literal("over"), task: TaskId, state: z.enum(ENDS), reason: z.string().max(1_000), at: Time }),
		z.object({
			is: z.literal("skipped"),
			because: z.enum(SKIPPED_BECAUSE),
			/** One entry stands for every time up to this one. */
			through: Time,
			/** How many they are; null where they are too many to count. */
			count: z.int().min(1).nullable(),
			at: Time,
		}),
		/** The ledger does not take it, and would not if it was asked again. */
		z.object({
			is: z.literal("refused"),
			code: z.enum(Object.keys(REFUSALS) as [RefusalCode, ...RefusalCode[]]),
			detail: z.string().max(1_000),
			at: Time,
		}),
	])
	.meta({ id: "OccurrenceState" })
export type OccurrenceState = z.infer<typeof OccurrenceState>

export const Occurrence = z
	.object({
		/** What it is submitted under: the schedule and the time. The ledger makes one task of one key. */
		key: z.string(),
		schedule: ScheduleId,
		/** The time by the schedule, without jitter; when it was asked for, for a run now. */
		time: Time,
		/** Who wanted it now; null for one by the clock. */
		by: Author.nullable(),
		state: OccurrenceState,
	})
	.meta({ id: "Occurrence" })
export type Occurrence = z.infer<typeof Occurrence>

export const Schedule = z
	.object({
		id: ScheduleId,
		...ScheduleDraft.shape,
		createdAt: Time,
		by: Author,
		/** The next time; null where there is none any more, or it is paused. */
		next: Time.nullable(),
		/** When that is submitted: after its jitter. */
		nextAt: Time.nullable(),
		/** The newest of its history. */
		last: Occurrence.nullable(),
	})
	.meta({ id: "Schedule" })
export type Schedule = z.infer<typeof Schedule>
