// A cron expression by the clock of a time zone: the one place that knows the library, and how it is to count.
import { Cron } from "croner"

export interface CronTimes {
	/** The first time after this one; null where there is none before the year 10000. */
	after(time: number): number | null
	/** The last time that is this one or before it; null where there is none. */
	upTo(time: number): number | null
}

/** Throws a sentence for people where the expression or the zone says nothing. */
export function cronTimes(expression: string, timeZone: string): CronTimes {
	const cron = new Cron(expression, {
		// It never runs anything by itself, so it has no timers.
		paused: true,
		timezone: timeZone,
		mode: "5-part",
		// Lists and ranges of times of day, such as 30 2,14 * * *, are times of day too: none of them is left out or comes twice.
		fixedTimeRule: "no-wildcard",
	})
	return {
		after: (time) => cron.nextRun(new Date(time))?.getTime() ?? null,
		// What it calls previous is before a moment, by the millisecond.
		upTo: (time) => cron.previousRuns(1, new Date(time + 1))[0]?.getTime() ?? null,
	}
}

/** What is wrong with it, in words for people and without what it quotes of itself; null where it has times to come. */
export function faultInCron(expression: string, timeZone: string, now: number): string | null {
	if (!isTimeZone(timeZone)) return `There is no time zone ${timeZone}.`
	try {
		if (cronTimes(expression, timeZone).after(now) === null)
			return "That never comes, such as the 31st of a shorter month."
		return null
	} catch (error) {
		return error instanceof Error
			? error.message.replace(/^CronPattern: /, "").slice(0, FAULT_CHARS)
			: "It cannot be read."
	}
}

function isTimeZone(name: string): boolean {
	try {
		new Intl.DateTimeFormat("en-GB", { timeZone: name })
		return true
	} catch {
		// It throws for a zone that it does not know, and says so in no other way.
		return false
	}
}

const FAULT_CHARS = 300
