// `homeport schedule`: tasks that are submitted by the clock.
import { randomUUID } from "node:crypto"
import { InvalidArgumentError } from "commander"
import {
	describeOccurrence,
	describeSchedule,
	mentionSchedule,
	occurrenceTable,
	scheduleTable,
	timeOf,
} from "../describe-schedule.ts"
import { Failure } from "../exit.ts"
import { typed } from "../invocation.ts"
import { everySchedule, findSchedule } from "../lookup.ts"
import { style } from "../output.ts"
import { scheduleText } from "../schedule-file.ts"
import { action, verb } from "../verb.ts"
import { add, edit } from "./schedule/add.ts"
import { type WhenOptions, whenFrom, withWhenOptions } from "./schedule/when-options.ts"

export function schedule() {
	const group = verb("schedule", {
		summary: "tasks that are submitted by the clock",
		examples: [
			["homeport schedule ls", "with the next time of each"],
			['homeport schedule add nightly --cron "0 3 * * *" -f task.yaml', "a manifest, every night at three"],
			["homeport schedule add sweep --every 6h -- ./sweep.sh", "a command, every six hours"],
			[
				'homeport schedule preview --cron "0 9 * * mon#1" --time-zone Europe/Berlin',
				"its next times, without making it",
			],
			["homeport schedule history nightly", "what came of each time"],
			["homeport schedule pause nightly", "until `schedule resume`"],
		],
	})
	for (const command of [ls(), add(), show(), edit(), pause(), resume(), run(), remove(), history(), preview()])
		group.addCommand(command)
	return group
}

const NAME = ["<schedule>", "its name or id"] as const

function ls() {
	return verb("ls", {
		summary: "list schedules, with the next time of each and what came of the last",
		examples: [["homeport schedule ls", "by name"]],
	}).action(
		action(async ({ out, signIn }) => {
			const { call } = await signIn()
			out.result({ schedules: await everySchedule(call) }, ({ schedules }) =>
				schedules.length === 0
					? `No schedules. \`${typed("schedule", "add", "NAME")}\` makes one.`
					: scheduleTable(schedules),
			)
		}),
	)
}

function show() {
	return verb("show", {
		summary: "show a schedule",
		examples: [
			["homeport schedule show nightly", "its times and its rules"],
			["homeport schedule show nightly --file > nightly.yaml", "as a file, to be edited"],
		],
	})
		.argument(...NAME)
		.option("--file", "as the file that would make it, with its manifest")
		.action(
			action<[string], { file?: boolean }>(async ({ out, signIn }, { file }, wanted) => {
				const { call } = await signIn()
				const found = await findSchedule(call, wanted)
				out.result(found, file ? scheduleText : describeSchedule)
			}),
		)
}

function pause() {
	return verb("pause", {
		summary: "pause a schedule; what it has submitted goes on",
		examples: [["homeport schedule pause nightly", "its times pass by, and are told of as skipped"]],
	})
		.argument(...NAME)
		.action(setPaused(true))
}

function resume() {
	return verb("resume", {
		summary: "let a paused schedule go on",
		examples: [["homeport schedule resume nightly", "from its next time on"]],
	})
		.argument(...NAME)
		.action(setPaused(false))
}

function setPaused(isPaused: boolean) {
	return action<[string], object>(async ({ out, signIn }, _options, wanted) => {
		const { call } = await signIn()
		const { id } = await findSchedule(call, wanted)
		out.result(await call("pauseSchedule", { params: { schedule: id }, body: { isPaused } }), mentionSchedule)
	})
}

function run() {
	return verb("run", {
		summary: "submit a schedule's task now, besides its times",
		examples: [["homeport schedule run nightly", "its overlap policy holds for this one, too"]],
	})
		.argument(...NAME)
		.action(
			action<[string], object>(async ({ out, signIn }, _options, wanted) => {
				const { call } = await signIn()
				const { id, name } = await findSchedule(call, wanted)
				const made = await call("runSchedule", { params: { schedule: id }, body: { nonce: randomUUID() } })
				out.result(made, ({ state }) => {
					const task = "task" in state ? `  ${state.task}` : ""
					return `${style("bold", name)}: ${describeOccurrence(state)}${task}`
				})
			}),
		)
}

function remove() {
	return verb("rm", {
		summary: "remove a schedule and its history; tasks that it has submitted go on",
		examples: [["homeport schedule rm nightly", "it submits nothing more"]],
	})
		.argument(...NAME)
		.action(
			action<[string], object>(async ({ out, signIn }, _options, wanted) => {
				const { call } = await signIn()
				const { id } = await findSchedule(call, wanted)
				await call("removeSchedule", { params: { schedule: id } })
				out.result({ removed: id }, () => "")
			}),
		)
}

function history() {
	return verb("history", {
		summary: "what came of a schedule's times, the newest first",
		examples: [["homeport schedule history nightly --limit 10", "the last ten"]],
	})
		.argument(...NAME)
		.option("--limit <count>", "so many", limit, 50)
		.action(
			action<[string], { limit: number }>(async ({ out, signIn }, { limit }, wanted) => {
				const { call } = await signIn()
				const { id } = await findSchedule(call, wanted)
				const found = await call("listOccurrences", { params: { schedule: id }, query: { limit } })
				out.result(found, ({ occurrences }) =>
					occurrences.length === 0 ? "Nothing yet." : occurrenceTable(occurrences),
				)
			}),
		)
}

function preview() {
	const command = verb("preview", {
		summary: "the next times of a schedule, without making it",
		examples: [
			['homeport schedule preview --cron "30 2 * * *" --time-zone Europe/Berlin', "daylight saving is right"],
			["homeport schedule preview nightly --most 10", "of one that is there"],
		],
	})
		.argument("[schedule]", "one that is there: its name or id")
		.option("--most <count>", "so many", most, 5)
	return withWhenOptions(command).action(
		action<[string | undefined], WhenOptions & { most: number }>(async ({ out, signIn }, options, wanted) => {
			const said = whenFrom(options)
			if ((said === undefined) === (wanted === undefined))
				throw new Failure("usage", "Say --cron, --at or --every, or the name of one that is there.")
			const { call } = await signIn()
			const when = said ?? (await findSchedule(call, wanted ?? "")).when
			const { times } = await call("previewSchedule", { body: { when, most: options.most } })
			out.result({ times }, () => (times.length === 0 ? "Never." : times.map((time) => timeOf(when, time)).join("\n")))
		}),
	)
}

function limit(text: string): number {
	return upTo(text, 200)
}

function most(text: string): number {
	return upTo(text, 50)
}

function upTo(text: string, largest: number): number {
	const number = Number(text)
	if (!Number.isInteger(number) || number < 1 || number > largest)
		throw new InvalidArgumentError(`It must be a whole number from 1 to ${largest}.`)
	return number
}
