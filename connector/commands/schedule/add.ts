// `homeport schedule add` and `homeport schedule edit`: what a schedule says, from a file or from options.
import type { ScheduleDraft } from "../../../protocol/schedule.ts"
import { mentionSchedule } from "../../describe-schedule.ts"
import { Failure } from "../../exit.ts"
import { findSchedule } from "../../lookup.ts"
import { readSchedule } from "../../schedule-file.ts"
import { manifestFrom, type TaskOptions, withTaskOptions } from "../../task-options.ts"
import { action, type Context, verb } from "../../verb.ts"
import {
	type RuleOptions,
	rulesFrom,
	type WhenOptions,
	whenFrom,
	withRuleOptions,
	withWhenOptions,
} from "./when-options.ts"

interface Options extends TaskOptions, WhenOptions, RuleOptions {
	paused?: boolean
}

export function add() {
	const command = verb("add", {
		summary: "make a schedule",
		description:
			"With --cron, --at or --every the file is the task's manifest, and options for the task go before it as for `task submit`. Without them the file is the whole schedule: name, when, overlap, missed, jitterSeconds, isPaused and manifest.",
		examples: [
			[
				'homeport schedule add nightly --cron "0 3 * * *" -f task.yaml',
				"every night at three, by this computer's time zone",
			],
			["homeport schedule add sweep --every 6h --overlap queue -- ./sweep.sh", "a command, every six hours"],
			["homeport schedule add once --at 2026-12-01T09:00 -f task.yaml", "once"],
			["homeport schedule add -f nightly.yaml", "all of it from a file"],
		],
	})
		.argument("[name]", "what to call it (default: as the file says)")
		.argument("[argv...]", "after --: the command, or further arguments for the runtime")
		.option("--paused", "paused, until `schedule resume`")
	return withTaskOptions(withRuleOptions(withWhenOptions(command))).action(
		action<[string | undefined, string[]], Options>(async (context, options, name, argv) => {
			const { call } = await context.signIn()
			const body = await draftFrom(context, options, name, argv)
			context.out.result(await call("createSchedule", { body }), mentionSchedule)
		}),
	)
}

export function edit() {
	const command = verb("edit", {
		summary: "change a schedule",
		description:
			"What is not said stays as it is. With --file and none of --cron, --at and --every the file is the whole schedule, as for `schedule add`.",
		examples: [
			['homeport schedule edit nightly --cron "0 4 * * *"', "another time, and nothing else"],
			["homeport schedule edit nightly -f nightly.yaml", "all of it from a file"],
		],
	})
		.argument("<schedule>", "its name or id")
		.argument("[argv...]", "after --: another command, or other arguments for the runtime")
		.option("--rename <name>", "another name")
	return withTaskOptions(withRuleOptions(withWhenOptions(command))).action(
		action<[string, string[]], Options & { rename?: string }>(async (context, options, wanted, argv) => {
			const { call } = await context.signIn()
			const { id, ...now } = await findSchedule(call, wanted)
			const { name, when, overlap, missed, jitterSeconds, isPaused, manifest } = now
			const base = { name, when, overlap, missed, jitterSeconds, isPaused, manifest }
			const body = await draftFrom(context, options, options.rename, argv, base)
			context.out.result(await call("editSchedule", { params: { schedule: id }, body }), mentionSchedule)
		}),
	)
}

async function draftFrom(
	{ folder, signIn }: Context,
	options: Options,
	name: string | undefined,
	argv: string[],
	base?: ScheduleDraft,
): Promise<ScheduleDraft> {
	const { credentials } = await signIn()
	const said = whenFrom(options)
	const isWhole = said === undefined && options.file !== undefined
	const now = isWhole && options.file !== undefined ? await readSchedule(options.file, credentials) : base
	const when = said ?? now?.when
	const called = name ?? now?.name
	if (when === undefined) throw new Failure("usage", "Say when: --cron, --at or --every.")
	if (called === undefined) throw new Failure("usage", "Say what to call it.")
	const { file, ...others } = options
	const taskOptions = isWhole || file === undefined ? others : options
	const given = { credentials, identity: folder.identity }
	return {
		overlap: "skip",
		missed: "run-once",
		jitterSeconds: 0,
		isPaused: false,
		...now,
		...(options.paused && { isPaused: true }),
		name: called,
		when,
		...rulesFrom(options),
		manifest: await manifestFrom(taskOptions, argv, given, now?.manifest),
	}
}
