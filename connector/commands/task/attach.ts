// `homeport task attach`: the terminal of a task's program.
import { attachTo, DEFAULT_DETACH_KEY, mustBeKey } from "../../attach.ts"
import { mentionTask } from "../../describe-task.ts"
import { Failure } from "../../exit.ts"
import { findSession, findTask } from "../../lookup.ts"
import { action, verb } from "../../verb.ts"

export function attachToTask() {
	return verb("attach", {
		summary: "show a task's terminal, and type into it",
		description: "As `homeport attach` does for its session.",
		examples: [["homeport task attach fix-tests", "until you detach or its program ends"]],
	})
		.argument("<task>", "its id or name")
		.option("--detach-key <key>", "the control key that detaches when pressed twice", DEFAULT_DETACH_KEY)
		.action(
			action<[string], { detachKey: string }>(async ({ out, signIn }, { detachKey }, wanted) => {
				const key = mustBeKey(detachKey)
				const { call, credentials } = await signIn()
				const task = await findTask(call, wanted)
				if (task.session === null) throw new Failure("not_found", `It has no terminal yet. ${mentionTask(task)}`)
				await attachTo({ session: await findSession(call, task.session), credentials, out, key })
			}),
		)
}
