// What the command line says of a schedule's times, and of its task.
import { type Command, InvalidArgumentError, Option } from "commander"
import { Missed, Overlap, type ScheduleDraft, type When } from "../../../protocol/schedule.ts"
import { duration } from "../../duration.ts"
import { Failure } from "../../exit.ts"
import { TimeText } from "../../schedule-file.ts"

export interface WhenOptions {
	cron?: string
	timeZone?: string
	at?: number
	every?: number
	from?: number
}

export interface RuleOptions {
	overlap?: ScheduleDraft["overlap"]
	missed?: ScheduleDraft["missed"]
	jitter?: number
}

export function withWhenOptions(command: Command): Command {
	return command
		.option("--cron <expression>", 'by the clock, such as "0 9 * * mon-fri", or @daily')
		.option("--time-zone <zone>", "of that clock, such as Europe/Berlin (default: this computer's)")
		.option("--at <time>", "once, such as 2026-12-01T09:00", time)
		.option("--every <time>", "again and again, such as 15m, 2h or 7d", duration)
		.option("--from <time>", "with --every: for the first time then (default: when it is made)", time)
}

export function withRuleOptions(command: Command): Command {
	return command
		.addOption(
			new Option("--overlap <what>", "where its last task is not over (default: skip)").choices(Overlap.options),
		)
		.addOption(new Option("--missed <what>", "where nobody was there (default: run-once)").choices(Missed.options))
		.option("--jitter <time>", "put each time off by a part of this, such as 5m", duration)
}

/** Undefined where nothing is said. Throws Failure. */
export function whenFrom({ cron, timeZone, at, every, from }: WhenOptions): When | undefined {
	if ([cron, at, every].filter((said) => said !== undefined).length > 1)
		throw new Failure("usage", "One of --cron, --at and --every is enough.")
	if (timeZone !== undefined && cron === undefined) throw new Failure("usage", "--time-zone goes with --cron.")
	if (from !== undefined && every === undefined) throw new Failure("usage", "--from goes with --every.")
	if (cron !== undefined) return { is: "cron", expression: cron, timeZone: timeZone ?? zoneHere() }
	if (at !== undefined) return { is: "at", at }
	return every === undefined ? undefined : { is: "every", seconds: every, ...(from !== undefined && { from }) }
}

export function rulesFrom({ overlap, missed, jitter }: RuleOptions): Partial<ScheduleDraft> {
	return {
		...(overlap !== undefined && { overlap }),
		...(missed !== undefined && { missed }),
		...(jitter !== undefined && { jitterSeconds: jitter }),
	}
}

function zoneHere(): string {
	return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

function time(text: string): number {
	const { data, error } = TimeText.safeParse(text)
	if (error !== undefined) throw new InvalidArgumentError("It must be a time, such as 2026-12-01T09:00.")
	return data
}
