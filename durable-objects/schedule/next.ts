// The times of a schedule: which comes next, which was last, and how many there are between two.
import { never } from "../../protocol/errors.ts"
import type { When } from "../../protocol/schedule.ts"
import { cronTimes, faultInCron } from "./cron.ts"

/** Each is of the schedule as it is written, without jitter. `every` has its `from`, which `anchored` gives it. */
export interface Times {
	/** The first one after this moment; null where there is none. */
	after(time: number): number | null
	/** The last one that is at this moment or before it; null where there is none. */
	upTo(time: number): number | null
	/** How many there are from one of them through another; null where they are too many to count. */
	count(from: number, through: number): number | null
}

export function timesOf(when: When): Times {
	switch (when.is) {
		case "cron": {
			const { after, upTo } = cronTimes(when.expression, when.timeZone)
			return { after, upTo, count: (from, through) => countSteps(after, from, through) }
		}
		case "at":
			return {
				after: (time) => (time < when.at ? when.at : null),
				upTo: (time) => (time >= when.at ? when.at : null),
				count: () => 1,
			}
		case "every":
			return everyTimes(when.from ?? 0, when.seconds * 1_000)
		default:
			return never(when)
	}
}

/** An interval that begins when it is made, unless it says when. */
export function anchored(when: When, now: number): When {
	return when.is === "every" ? { ...when, from: when.from ?? now + when.seconds * 1_000 } : when
}

/** What is wrong with it, in words for people; null where it has times to come. */
export function faultIn(when: When, now: number): string | null {
	if (when.is === "cron") return faultInCron(when.expression, when.timeZone, now)
	return timesOf(anchored(when, now)).after(now) === null ? "That time is over." : null
}

/** The next so many times, for whoever is about to make it. */
export function preview(when: When, now: number, most: number): number[] {
	const times = timesOf(anchored(when, now))
	const next: number[] = []
	for (let time = times.after(now); time !== null && next.length < most; time = times.after(time)) next.push(time)
	return next
}

function everyTimes(from: number, step: number): Times {
	return {
		after: (time) => (time < from ? from : from + (Math.floor((time - from) / step) + 1) * step),
		upTo: (time) => (time < from ? null : from + Math.floor((time - from) / step) * step),
		count: (first, through) => Math.round((through - first) / step) + 1,
	}
}

function countSteps(after: (time: number) => number | null, from: number, through: number): number | null {
	let count = 1
	for (let time = after(from); time !== null && time <= through; time = after(time)) {
		count++
		if (count > MOST_COUNTED) return null
	}
	return count
}

/** Each costs a look at the time zone; nobody needs to know more exactly how often it was not there. */
const MOST_COUNTED = 1_000
