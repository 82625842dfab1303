// What a schedule owes by now: which of its times is submitted, which are reported as missed, and which comes next.
import type { Schedule } from "../../protocol/schedule.ts"
import { type Times, timesOf } from "./next.ts"

/** What the times of a schedule depend on. */
export type Timed = Pick<Schedule, "id" | "when" | "missed" | "jitterSeconds">

export interface Span {
	from: number
	through: number
	/** Null where they are too many to count. */
	count: number | null
}

export interface Owed {
	run: number | null
	missed: Span | null
	/** The last of them: what comes after it is not owed yet. */
	through: number
}

/** What is owed, where the time that comes next was `next`; null where it is not due yet. */
export function owed(schedule: Timed, next: number, now: number): Owed | null {
	const times = timesOf(schedule.when)
	if (dueAt(schedule, next, times) > now) return null
	const through = latestDue(schedule, next, now, times)
	const isLate = now - dueAt(schedule, through, times) > LATE_MS
	const run = isLate && schedule.missed === "skip" ? null : through
	const last = run === null ? through : times.upTo(through - 1)
	const isMissed = last !== null && last >= next
	return { run, missed: isMissed ? { from: next, through: last, count: times.count(next, last) } : null, through }
}

/** When that time of it is submitted. The same for ever, so that it does not matter who asks how often. */
export function dueAt(schedule: Timed, time: number, times: Times = timesOf(schedule.when)): number {
	if (schedule.jitterSeconds === 0) return time
	const following = times.after(time) ?? Number.MAX_SAFE_INTEGER
	// Before the next one, so that they stay in their order.
	const most = Math.min(schedule.jitterSeconds * 1_000, following - time)
	return time + Math.floor(fraction(`${schedule.id}@${time}`) * most)
}

/** The zone's clock may be changed by law after `next` was reckoned: that time counts all the same. */
function latestDue(schedule: Timed, next: number, now: number, times: Times): number {
	let latest = times.upTo(now)
	if (latest !== null && dueAt(schedule, latest, times) > now) latest = times.upTo(latest - 1)
	return latest === null ? next : Math.max(latest, next)
}

/** From 0 to below 1, evenly, by the text: FNV-1a, and the finish of MurmurHash3 for the sake of its upper bits. */
function fraction(text: string): number {
	let hash = 0x811c9dc5
	for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
	return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** An alarm may be this late without anybody having been away. */
export const LATE_MS = 5 * 60_000
