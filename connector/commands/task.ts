// `homeport task`: work for runtimes on machines, from its submission to its end.
import { taskTable } from "../describe-task.ts"
import { typed } from "../invocation.ts"
import { findTask, pickMachine } from "../lookup.ts"
import { action, verb } from "../verb.ts"
import { artifacts } from "./task/artifacts.ts"
import { attachToTask } from "./task/attach.ts"
import { cancel } from "./task/cancel.ts"
import { edit, move } from "./task/edit.ts"
import { limits } from "./task/limits.ts"
import { listOptions, type TaskListOptions } from "./task/list-options.ts"
import { taskLogs } from "./task/logs.ts"
import { retry } from "./task/retry.ts"
import { schema } from "./task/schema.ts"
import { show } from "./task/show.ts"
import { steer } from "./task/steer.ts"
import { submit } from "./task/submit.ts"
import { waitForAll } from "./task/wait.ts"

export function task() {
	const group = verb("task", {
		summary: "work for runtimes, which waits for its machine and runs once",
		description: "A task is called by its id, or by its name. docs/tasks.md teaches the manifest.",
		examples: [
			["homeport task submit -f task.yaml --wait", "ends when the task does"],
			["homeport task ls", "what waits and runs, and what came of the last ones"],
			["homeport task show fix-tests", "its state, its events, and where its time went"],
			["homeport task logs -f fix-tests", "what its program writes"],
			['homeport task steer fix-tests "Leave the API alone"', "say something to it while it runs"],
			["homeport task artifacts fix-tests --to out", "fetch what it has left in its outbox"],
			["homeport task cancel fix-tests", "end it wherever it is"],
		],
	})
	for (const command of [
		submit(),
		ls(),
		show(),
		taskLogs(),
		attachToTask(),
		waitForAll(),
		steer(),
		cancel(),
		retry(),
		edit(),
		move(),
		artifacts(),
		limits(),
		schema(),
	])
		group.addCommand(command)
	return group
}

function ls() {
	const command = verb("ls", {
		summary: "list tasks: what is not over, the queue in its order, and the last that are",
		examples: [
			["homeport task ls", "with the reason why each stands where it does"],
			["homeport task ls --state queued", "the queue"],
			["homeport task ls --ended 0", "only what is not over"],
			["homeport task ls --json", "for programs: { tasks: [...], limits }"],
		],
	})
	return listOptions(command).action(
		action<[], TaskListOptions>(async ({ out, signIn }, { state, group, ended, machine, runtime, from, before }) => {
			const { call } = await signIn()
			const { machines } = await call("listMachines")
			const on = machine === undefined ? undefined : pickMachine(machines, machine).id
			const query = {
				ended,
				...(state !== undefined && { state }),
				...(group !== undefined && { group }),
				...(before !== undefined && { before: (await findTask(call, before)).id }),
			}
			const listed = await call("listTasks", { query })
			const tasks = listed.tasks.filter(
				(task) =>
					(on === undefined || task.machine === on) &&
					(runtime === undefined || task.runtime === runtime) &&
					(from === undefined || [task.from.id, task.from.name].includes(from)),
			)
			out.result({ ...listed, tasks }, () =>
				tasks.length === 0
					? `No tasks. \`${typed("task", "submit")}\` makes one.`
					: taskTable(tasks, machines, Date.now()),
			)
		}),
	)
}
