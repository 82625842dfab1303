// `homeport task retry`: submits a task that is over once more.
import { mentionTask } from "../../describe-task.ts"
import { duration } from "../../duration.ts"
import { findTask } from "../../lookup.ts"
import { action, verb } from "../../verb.ts"
import { waitAndTell } from "./submit.ts"

interface Options {
	once?: string
	wait?: boolean
	timeout?: number
}

export function retry() {
	return verb("retry", {
		summary: "submit a task that is over once more, as a new one",
		examples: [["homeport task retry fix-tests --wait", "with the same manifest, as a new task"]],
	})
		.argument("<task>", "its id or name")
		.option("--once <word>", "the same word again submits nothing, and answers with the same task")
		.option("--wait", "wait until it is over")
		.option("--timeout <time>", "with --wait: at most so long, such as 90, 15m or 2h", duration)
		.action(
			action<[string], Options>(async (context, { once, wait, timeout }, wanted) => {
				const { call } = await context.signIn()
				const { id } = await findTask(call, wanted)
				const body = once === undefined ? {} : { key: once }
				const { task } = await call("retryTask", { params: { task: id }, body })
				if (wait) return waitAndTell(context, [task], timeout === undefined ? {} : { timeout })
				context.out.result({ task }, ({ task }) => `${mentionTask(task)}  ${task.id}`)
			}),
		)
}
