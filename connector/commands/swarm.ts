// `homeport swarm`: many tasks of one manifest, told apart by their index.
import { action, verb } from "../verb.ts"
import { count, type SubmitOptions, submitFrom, withSubmitOptions } from "./task/submit.ts"

export function swarm() {
	const command = verb("swarm", {
		summary: "submit many tasks of one manifest, told apart by their index",
		description:
			"{{index}}, from 1 on, and {{count}} are filled in wherever they stand in the manifest. `homeport task wait --group` and `homeport task cancel --group` mean all of one submission.",
		examples: [
			["homeport swarm 5 -f task.yaml --wait", "five, until all are over"],
			[
				'homeport swarm 3 --prompt "Attempt {{index}}: make it faster" --cwd . --worktree --substrate host',
				"three agents, a branch each",
			],
		],
	})
		.argument("<count>", "how many", count)
		.argument("[argv...]", "after --: the command, or further arguments for the runtime")
	return withSubmitOptions(command).action(
		action<[number, string[]], SubmitOptions>((context, options, number, argv) =>
			submitFrom(context, { ...options, count: number }, argv),
		),
	)
}
