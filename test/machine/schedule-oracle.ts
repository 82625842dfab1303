// The times of a cron expression by other libraries than ours: one that knows calendars, one that knows the zones' clocks.
import { Temporal } from "@js-temporal/polyfill"
import { CronExpressionParser } from "cron-parser"

/** The first `most` times after `from`, as protocol/schedule.ts says they are. */
export function expected(expression: string, timeZone: string, from: number, most: number): number[] {
	// Also after what a day that is left out has moved.
	const wall = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(timeZone).toPlainDateTime()
	const currentDate = new Date(`${wall.subtract({ days: 3 }).toString({ smallestUnit: "second" })}Z`)
	const onWalls = CronExpressionParser.parse(expression, { tz: "UTC", currentDate })
	const isEven = /[*?/]/.test(expression.split(" ").slice(0, 2).join(" "))
	const times = new Set<number>()
	// Time that is set back by more than this much at once has not been seen.
	let enough = Number.POSITIVE_INFINITY
	for (;;) {
		const shown = Temporal.PlainDateTime.from(onWalls.next().toDate().toISOString().slice(0, 19))
		for (const time of moments(shown, timeZone, isEven)) if (time > from) times.add(time)
		const first = shown.toZonedDateTime(timeZone, { disambiguation: "earlier" }).epochMilliseconds
		if (times.size >= most) enough = Math.min(enough, first + 2 * DAY_MS)
		if (first > enough || first > LAST) return [...times].sort((one, other) => one - other).slice(0, most)
	}
}

/** When that is what a clock of the zone shows, or what is done in its place. */
function moments(shown: Temporal.PlainDateTime, timeZone: string, isEven: boolean): number[] {
	const [earlier, later] = (["earlier", "later"] as const).map((disambiguation) =>
		shown.toZonedDateTime(timeZone, { disambiguation }),
	) as [Temporal.ZonedDateTime, Temporal.ZonedDateTime]
	if (earlier.toPlainDateTime().equals(shown))
		return isEven ? [earlier.epochMilliseconds, later.epochMilliseconds] : [earlier.epochMilliseconds]
	if (isEven) return []
	const after = earlier.getTimeZoneTransition("next")
	return after?.toPlainDate().equals(shown.toPlainDate()) ? [after.epochMilliseconds] : []
}

/** A moment when the clocks of a zone are changed, after another; null where they are not any more. */
export function changeAfter(timeZone: string, time: number): number | null {
	const zoned = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(timeZone)
	return zoned.getTimeZoneTransition("next")?.epochMilliseconds ?? null
}

const DAY_MS = 24 * 60 * 60_000
const LAST = Date.UTC(2200, 0)
