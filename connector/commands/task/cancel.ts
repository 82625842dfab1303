// `homeport task cancel`: ends tasks wherever they are.

import type { TaskView } from "../../../protocol/task.ts"
import { describeTaskState } from "../../describe-task.ts"
import { EXIT, explainFailure, Failure } from "../../exit.ts"
import { findTask } from "../../lookup.ts"
import { style } from "../../output.ts"
import { plainLine } from "../../requests.ts"
import { action, verb } from "../../verb.ts"

interface Options {
	reason: string
	group?: string
}

export function cancel() {
	return verb("cancel", {
		summary: "end tasks wherever they are: one that runs is stopped",
		examples: [
			["homeport task cancel fix-tests", "queued or under way"],
			['homeport task cancel --group ID --reason "Done by hand"', "all of one submission that are not over"],
		],
	})
		.argument("[tasks...]", "their ids or names")
		.option("--group <group>", "those of this submission")
		.option("--reason <text>", "why; it stands in the task's events", "")
		.action(
			action<[string[]], Options>(async ({ out, signIn }, { reason, group }, wanted) => {
				if ((wanted.length === 0) === (group === undefined))
					throw new Failure("usage", "Say which tasks: by their ids or names, or by --group.")
				const { call } = await signIn()
				const chosen: TaskView[] =
					group === undefined ? [] : (await call("listTasks", { query: { group, ended: 0 } })).tasks
				for (const name of wanted) chosen.push(await findTask(call, name))
				const done = await Promise.all(
					chosen.map(async ({ id, name }) => {
						try {
							const { task } = await call("cancelTask", { params: { task: id }, body: { reason } })
							return { task: id, name, state: task.state.is, error: null }
						} catch (error) {
							const { code, message } = explainFailure(error)
							return { task: id, name, state: null, error: { code, message } }
						}
					}),
				)
				out.result({ tasks: done }, () =>
					done
						.map(({ name, state, error }) => {
							// A machine that is away stops it when it is back.
							const words =
								state === "cancelled" ? "cancelled" : `is being stopped, ${describeTaskState(state ?? "running")}`
							return `${style("bold", plainLine(name))}: ${error?.message ?? words}`
						})
						.join("\n"),
				)
				if (done.some(({ error }) => error !== null)) process.exitCode = EXIT.failed
			}),
		)
}
