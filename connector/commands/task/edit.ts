// `homeport task edit` and `homeport task move`: what changes of a task while it waits for its machine.
import { mentionTask } from "../../describe-task.ts"
import { Failure } from "../../exit.ts"
import { findTask } from "../../lookup.ts"
import { manifestFrom, type TaskOptions, withTaskOptions } from "../../task-options.ts"
import { action, verb } from "../../verb.ts"

export function edit() {
	const command = verb("edit", {
		summary: "change a task that no machine has yet",
		description: "What is not said stays as it is; with --file the whole manifest is another.",
		examples: [
			["homeport task edit fix-tests --machine server --time-limit 2h", "two things, and nothing else"],
			["homeport task show fix-tests --manifest > t.yaml", "its manifest, to be edited"],
			["homeport task edit fix-tests -f t.yaml", "and taken in its place"],
		],
	})
		.argument("<task>", "its id or name")
		.argument("[argv...]", "after --: another command, or other arguments for the runtime")
	return withTaskOptions(command).action(
		action<[string, string[]], TaskOptions>(async ({ folder, out, signIn }, options, wanted, argv) => {
			const { call, credentials } = await signIn()
			const { id } = await findTask(call, wanted)
			const { manifest: base } = await call("showTask", { params: { task: id } })
			const manifest = await manifestFrom(options, argv, { credentials, identity: folder.identity }, base)
			const edited = await call("editTask", { params: { task: id }, body: { manifest } })
			out.result(edited, ({ task }) => mentionTask(task))
		}),
	)
}

interface Place {
	before?: string
	first?: boolean
	last?: boolean
}

export function move() {
	return verb("move", {
		summary: "move a queued task to another place in the queue",
		description: "Among those of its priority: a higher one still goes first.",
		examples: [
			["homeport task move fix-tests --first", "before all others"],
			["homeport task move fix-tests --before docs", "right before that one"],
		],
	})
		.argument("<task>", "its id or name")
		.option("--before <task>", "right before this one")
		.option("--first", "before all others")
		.option("--last", "after all others")
		.action(
			action<[string], Place>(async ({ out, signIn }, { before, first, last }, wanted) => {
				if ([before !== undefined, first, last].filter((said) => said === true).length !== 1)
					throw new Failure("usage", "Say one of --before, --first and --last.")
				const { call } = await signIn()
				const { id } = await findTask(call, wanted)
				const queue = first ? (await call("listTasks", { query: { state: "queued", ended: 0 } })).tasks : []
				const head = queue.find((task) => task.id !== id)?.id ?? null
				const next = before === undefined ? head : (await findTask(call, before)).id
				const moved = await call("moveTask", { params: { task: id }, body: { before: next } })
				out.result(moved, ({ task }) => mentionTask(task))
			}),
		)
}
