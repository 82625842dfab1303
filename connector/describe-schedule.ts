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
			return `once, at ${clockTime(when.at)}`
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
			isPaused ? style("yellow", "paused") : next === null ? "never again" : timeOf(when, next),
			last === null ? "-" : `${timeOf(when, last.time)}, ${describeOccurrence(last.state)}`,
			style("dim", id),
		]),
	)
}

/** What it does next, as one line. */
export function mentionSchedule({ name, when, isPaused, next }: Schedule): string {
	const told = isPaused ? "paused" : next === null ? "it has no time any more" : `next at ${timeOf(when, next)}`
	return `${style("bold", plainLine(name))}: ${told}`
}

export function describeSchedule(schedule: Schedule): string {
	const { id, name, when, overlap, missed, jitterSeconds, isPaused, by, next, nextAt, last, manifest } = schedule
	const facts: [string, string][] = [
		["id", id],
		["when", describeWhen(when)],
		["next", isPaused ? style("yellow", "paused") : next === null ? "never again" : timeOf(when, next)],
	]
	if (nextAt !== null && nextAt !== next) facts.push(["submitted", timeOf(when, nextAt)])
	facts.push(["last", last === null ? "none yet" : `${timeOf(when, last.time)}, ${describeOccurrence(last.state)}`])
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
			clockTime(time),
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

/** By the clock that the schedule goes by: this computer's where it names none. */
export function timeOf(when: When, at: number): string {
	return clockTime(at, when.is === "cron" ? when.timeZone : undefined)
}

/** By the clock of a time zone, with its offset then; of this computer's where none is said. */
export function clockTime(at: number, timeZone?: string): string {
	const parts = new Intl.DateTimeFormat("en-GB", {
		...{ year: "numeric", month: "2-digit", day: "2-digit" },
		...{ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
		...{ timeZone, timeZoneName: "longOffset" },
	}).formatToParts(at)
	const { year, month, day, hour, minute, second, timeZoneName } = Object.fromEntries(
		parts.map(({ type, value }) => [type, value]),
	)
	const offset = timeZoneName?.replace("GMT", "") || "+00:00"
	return `${year}-${month}-${day} ${hour}:${minute}:${second} ${offset}`
}
