// Quiet hours, by the clock on the wall of a time zone: also on the days when that clock is changed.
import type { Policy } from "../../protocol/policy.ts"

type Quiet = NonNullable<Policy["quiet"]>

/** When nobody has to be quiet any more; null where that is now. */
export function quietUntil(quiet: Quiet | null, now: number): number | null {
	if (quiet === null || quiet.from === quiet.to || !isTimeZone(quiet.timeZone)) return null
	const clock = clockOf(quiet.timeZone)
	const isQuiet = (at: number) => isBetween(clock(at), quiet.from, quiet.to)
	if (!isQuiet(now)) return null
	// Minute by minute: on some days the clock leaves hours out, or shows them twice.
	let at = Math.floor(now / MINUTE_MS) * MINUTE_MS
	for (let minute = 0; minute < LONGEST_MINUTES; minute++) {
		at += MINUTE_MS
		if (!isQuiet(at)) return at
	}
	return at
}

export function isTimeZone(name: string): boolean {
	try {
		new Intl.DateTimeFormat("en-GB", { timeZone: name })
		return true
	} catch {
		// It throws for a zone that it does not know, and says so in no other way.
		return false
	}
}

/** What stands on the wall, such as 07:05. */
function clockOf(timeZone: string): (at: number) => string {
	const format = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
	return (at) => format.format(at)
}

/** From one time of day to another, which may be the next day's. */
function isBetween(time: string, from: string, to: string): boolean {
	return from < to ? from <= time && time < to : time >= from || time < to
}

const MINUTE_MS = 60_000
/** A day of quiet hours, on which the clock is put back. */
const LONGEST_MINUTES = 26 * 60
