// `homeport task wait`: until tasks are over, all or the first of them.
import type { TaskView } from "../../../protocol/task.ts"
import { duration } from "../../duration.ts"
import { EXIT, Failure } from "../../exit.ts"
import { findTask } from "../../lookup.ts"
import { action, verb } from "../../verb.ts"
import { waitAndTell } from "./submit.ts"

interface Options {
	all?: boolean
	any?: boolean
	group?: string
	timeout?: number
}

export function waitForAll() {
	return verb("wait", {
		summary: "wait until tasks are over: all of them, or with --any the first",
		description: `Exit code ${EXIT.ok} where each that it waited for has succeeded, ${EXIT.failed} where one has not, ${EXIT.timedOut} when --timeout is over first.`,
		examples: [
			["homeport task wait fix-tests", "until it is over; prints how"],
			["homeport task wait one two three --any", "until the first of them is; prints which"],
			["homeport task wait --group ID --timeout 2h", "all of one submission"],
		],
	})
		.argument("[tasks...]", "their ids or names")
		.option("--all", "until all are over; as without it")
		.option("--any", "until the first is over")
		.option("--group <group>", "those of this submission")
		.option("--timeout <time>", "at most so long, such as 90, 15m or 2h", duration)
		.action(
			action<[string[]], Options>(async (context, { all, any = false, group, timeout }, wanted) => {
				if ((wanted.length === 0) === (group === undefined))
					throw new Failure("usage", "Say which tasks: by their ids or names, or by --group.")
				if (all && any) throw new Failure("usage", "One of --all and --any is enough.")
				const { call } = await context.signIn()
				const tasks: TaskView[] =
					group === undefined ? [] : (await call("listTasks", { query: { group, ended: 500 } })).tasks
				if (group !== undefined && tasks.length === 0)
					throw new Failure("not_found", `There is no task of the group "${group}".`)
				for (const name of wanted) tasks.push(await findTask(call, name))
				await waitAndTell(context, tasks, { any, ...(timeout === undefined ? {} : { timeout }) })
			}),
		)
}
