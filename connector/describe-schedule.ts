// A schedule in words for a person: when it runs, and what came of its times.
import { never, REFUSALS } from "../protocol/errors.ts"
import type { Occurrence, OccurrenceState, Schedule, When } from "../protocol/schedule.ts"
import { describeTaskState } from "./describe-task.ts"
import { typedDuration } from "./duration.ts"
import { style, table } from "./output.ts"
import { plainLine } from "./requests.ts"

export function describeWhen(when: When): string {
	switch (when.is) {
		case "cron":
			return `${when.expression} (${when.timeZone})`
		case "at":
			return `once, at ${localTime(when.at)}`
		case "every":
			return `every ${typedDuration(when.seconds)}`
		default:
			return never(when)
	}
}

export function scheduleTable(schedules: Schedule[]): string {
	return table(
		["NAME", "WHEN", "NEXT", "LAST", "ID"],
		schedules.map(({ id, name, when, next, isPaused, last }) => [
			style("bold", plainLine(name)),
			describeWhen(when),
			isPaused ? style("yellow", "paused") : next === null ? "never again" : localTime(next, zoneOf(when)),
			last === null ? "-" : `${localTime(last.time, zoneOf(when))}, ${describeOccurrence(last.state)}`,
			style("dim", id),
		]),
	)
}

/** What it does next, as one line. */
export function mentionSchedule({ name, when: at, isPaused, next }: Schedule): string {
	const when = isPaused
		? "paused"
		: next === null
			? "it has no time any more"
			: `next at ${localTime(next, zoneOf(at))}`
	return `${style("bold", plainLine(name))}: ${when}`
}

export function describeSchedule(schedule: Schedule): string {
	const { id, name, when, overlap, missed, jitterSeconds, isPaused, by, next, nextAt, last, manifest } = schedule
	const facts: [string, string][] = [
		["id", id],
		["when", describeWhen(when)],
		["next", isPaused ? style("yellow", "paused") : next === null ? "never again" : localTime(next, zoneOf(when))],
	]
	if (nextAt !== null && nextAt !== next) facts.push(["submitted", localTime(nextAt, zoneOf(when))])
	facts.push([
		"last",
		last === null ? "none yet" : `${localTime(last.time, zoneOf(when))}, ${describeOccurrence(last.state)}`,
	])
	facts.push(["overlap", overlap], ["missed", missed])
	if (jitterSeconds !== 0) facts.push(["jitter", typedDuration(jitterSeconds)])
	facts.push(["runtime", manifest.runtime], ["by", plainLine(by.name)])
	const width = Math.max(...facts.map(([label]) => label.length))
	return [
		style("bold", plainLine(name)),
		...facts.map(([label, value]) => `${style("dim", label.padEnd(width))}  ${value}`),
	].join("\n")
}

export function occurrenceTable(occurrences: Occurrence[]): string {
	return table(
		["TIME", "BY", "TASK", "OUTCOME"],
		occurrences.map(({ time, by, state }) => [
			localTime(time),
			by === null ? "the clock" : plainLine(by.name),
			"task" in state ? state.task : "-",
			describeOccurrence(state),
		]),
	)
}

export function describeOccurrence(state: OccurrenceState): string {
	switch (state.is) {
		case "due":
			return "due"
		case "waiting":
			return "waits for the last one's end"
		case "submitting":
			return "being submitted"
		case "submitted":
			return "submitted"
		case "over":
			return `${describeTaskState(state.state)}${state.reason === "" ? "" : `: ${plainLine(state.reason)}`}`
		case "skipped":
			return `${state.count === null || state.count > 1 ? `${state.count ?? "many"} times ` : ""}skipped: ${SKIPPED[state.because]}`
		case "refused":
			return style("red", `refused: ${REFUSALS[state.code].message} ${plainLine(state.detail)}`.trim())
		default:
			return never(state)
	}
}

const SKIPPED = {
	overlap: "the last one was not over",
	"queue-full": "too many were waiting",
	replaced: "a newer one took its place",
	missed: "nobody was there",
	paused: "it was paused",
} satisfies Record<Extract<OccurrenceState, { is: "skipped" }>["because"], string>

/** By the clock of that time zone, with its offset; by this computer's where none is named. */
export function localTime(at: number, timeZone?: string): string {
	const two = "2-digit" as const
	const format = new Intl.DateTimeFormat("en", {
		...{ timeZone, hourCycle: "h23", year: "numeric", month: two, day: two, hour: two, minute: two, second: two },
		timeZoneName: "longOffset",
	})
	const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
	const { year, month, day, hour, minute, second, timeZoneName = "" } = parts
	return `${year}-${month}-${day} ${hour}:${minute}:${second} ${timeZoneName.replace("GMT", "") || "+00:00"}`
}

/** By which a schedule's times are told. */
export function zoneOf(when: When): string | undefined {
	return when.is === "cron" ? when.timeZone : undefined
}
