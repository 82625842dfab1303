// What the core of schedules keeps: a row a schedule, and one each for what came of its times.
import type { ScheduleId } from "../../protocol/ids.ts"
import type { Author, Occurrence, ScheduleDraft } from "../../protocol/schedule.ts"

/** A member, narrowed to what their token was narrowed to. */
export interface As {
	userId: string
	tags: string[] | null
}

export interface KeptSchedule extends ScheduleDraft {
	id: ScheduleId
	createdAt: number
	by: Author
	/** As whom its tasks are submitted: whoever has said last what they are. */
	as: As
	/** Every time up to this moment was dealt with. */
	reckonedTo: number
	/** The first time after it; null where there is none, or it is paused. */
	next: number | null
	/** When that is due, and this schedule is looked at. */
	nextAt: number | null
}

export interface KeptOccurrence extends Occurrence {
	/** Tries that came to nothing. */
	tries: number
	/** When something is to be done for it; null where another one is before it, or it is over. */
	due: number | null
}

/** Whatever can carry it. Every call is synchronous, and what is called without an await between is durable together. */
export interface ScheduleStore {
	get(id: string): KeptSchedule | undefined
	named(name: string): KeptSchedule | undefined
	put(schedule: KeptSchedule): void
	/** With all that came of it. */
	drop(id: string): void
	count(): number
	/** By name, after this one. */
	page(after: string, most: number): KeptSchedule[]
	/** The longest due first. */
	due(now: number, most: number): KeptSchedule[]

	occurrence(key: string): KeptOccurrence | undefined
	/** Whether that key is new; nothing is changed where it is not. */
	add(occurrence: KeptOccurrence): boolean
	/** In the place of what that key was. */
	putOccurrence(occurrence: KeptOccurrence): void
	/** Whose occurrences are due, of so many that are due the longest. */
	dueOccurrences(now: number, most: number): ScheduleId[]
	/** Those of a schedule that are not over, in the order in which they were added. */
	open(schedule: string): KeptOccurrence[]
	/** Those of a schedule, the last added first: after the one of this key, or from the first. */
	history(schedule: string, after: string | null, most: number): KeptOccurrence[]
	/** Forgets those that are over but for so many of a schedule. */
	prune(schedule: string, keep: number): void

	/** When the first thing of all is due. */
	nextDue(): number | null
}

/** Whether anything more will come of it. */
export function isOpen({ state }: Occurrence): boolean {
	return isUndecided({ state }) || state.is === "submitting" || state.is === "submitted"
}

/** Whether it is to be found out still what does. */
export function isUndecided({ state }: Pick<Occurrence, "state">): boolean {
	return state.is === "due" || state.is === "waiting"
}
