// `homeport task steer`: says something to the program of a task that runs.
import { randomUUID } from "node:crypto"
import { mentionTask } from "../../describe-task.ts"
import { Failure } from "../../exit.ts"
import { findTask } from "../../lookup.ts"
import { action, verb } from "../../verb.ts"
import { readText } from "../../written-file.ts"

export function steer() {
	return verb("steer", {
		summary: "say something to the program of a task that runs, as one paste with Enter",
		examples: [
			['homeport task steer fix-tests "Leave the API alone"', "once, whatever becomes of the connection"],
			["homeport task steer fix-tests --file notes.md", "from a file; - for standard input"],
		],
	})
		.argument("<task>", "its id or name")
		.argument("[text]", "what to say")
		.option("--file <path>", "a file that holds it")
		.action(
			action<[string, string | undefined], { file?: string }>(async ({ out, signIn }, { file }, wanted, words) => {
				if ((words === undefined) === (file === undefined)) throw new Failure("usage", "Say a text, or --file.")
				const { call } = await signIn()
				const { id } = await findTask(call, wanted)
				const text = file === undefined ? (words ?? "") : await readText(file)
				const body = { id: randomUUID(), text }
				out.result(await call("steerTask", { params: { task: id }, body }), ({ task }) => mentionTask(task))
			}),
		)
}
