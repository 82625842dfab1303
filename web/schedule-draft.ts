// When a schedule runs, while a person writes it: as typed, and as the protocol has it.
import { EVERY_MAX_SECONDS, EVERY_MIN_SECONDS, type When, When as WhenSchema } from "../protocol/schedule.ts"

export interface WhenDraft {
	is: When["is"]
	expression: string
	timeZone: string
	/** Of this browser's own clock, as a field for a date and a time has it. */
	at: string
	every: string
	unit: Unit
	/** Kept, so that a change of something else moves no time. */
	from: number | undefined
}

export const UNITS = { minutes: 60, hours: 3_600, days: 86_400 } as const
export type Unit = keyof typeof UNITS

/** What is often wanted, with the word for it. */
export const PRESETS = {
	hourly: "0 * * * *",
	daily: "0 9 * * *",
	weekdays: "0 9 * * MON-FRI",
	weekly: "0 9 * * MON",
	monthly: "0 9 1 * *",
	last: "0 18 L * *",
} as const

export function firstWhen(now: number, timeZone: string): WhenDraft {
	const inAnHour = Math.ceil(now / HOUR_MS) * HOUR_MS + HOUR_MS
	return {
		is: "cron",
		expression: PRESETS.weekdays,
		timeZone,
		at: localTime(inAnHour),
		every: "6",
		unit: "hours",
		from: undefined,
	}
}

export function draftOf(when: When, now: number, timeZone: string): WhenDraft {
	const first = firstWhen(now, timeZone)
	switch (when.is) {
		case "cron":
			return { ...first, ...when }
		case "at":
			return { ...first, is: when.is, at: localTime(when.at) }
		case "every": {
			const unit = (["days", "hours"] as const).find((name) => when.seconds % UNITS[name] === 0) ?? "minutes"
			return { ...first, is: when.is, every: String(when.seconds / UNITS[unit]), unit, from: when.from }
		}
	}
}

/** Null while it says nothing yet, or nothing that can be. Whether an expression does is for the control plane. */
export function whenOf(draft: WhenDraft): When | null {
	const parsed = WhenSchema.safeParse(wordsOf(draft))
	return parsed.success ? parsed.data : null
}

export const EVERY_BOUNDS = { least: EVERY_MIN_SECONDS, most: EVERY_MAX_SECONDS }

function wordsOf({ is, expression, timeZone, at, every, unit, from }: WhenDraft): unknown {
	if (is === "cron") return { is, expression, timeZone }
	if (is === "at") return { is, at: new Date(at).getTime() }
	return { is, seconds: Math.round(Number(every) * UNITS[unit]), ...(from !== undefined && { from }) }
}

const HOUR_MS = 3_600_000

/** `2026-03-09T08:00`, by this browser's clock. */
function localTime(at: number): string {
	const date = new Date(at)
	return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
