// `homeport task show`: one task, with its events and where its time went.
import { routePath } from "../../../protocol/routes.ts"
import { TaskEvent } from "../../../protocol/task.ts"
import { TOLD } from "../../../protocol/task-stream.ts"
import { describeTask, eventLine } from "../../describe-task.ts"
import { findTask } from "../../lookup.ts"
import { serverEvents } from "../../server-events.ts"
import { action, verb } from "../../verb.ts"
import { asYaml } from "../../written-file.ts"

interface Options {
	manifest?: boolean
	follow?: boolean
}

export function show() {
	return verb("show", {
		summary: "show a task: its state, its events, where its time went, and what came of it",
		examples: [
			["homeport task show fix-tests", "what it waits for, and who must act next"],
			["homeport task show fix-tests -f", "its events as they come, until it is over"],
			["homeport task show fix-tests --manifest > again.yaml", "what it was submitted with"],
		],
	})
		.argument("<task>", "its id or name")
		.option("--manifest", "its manifest, as YAML")
		.option("-f, --follow", "its events, until it is over; with --json, one line each")
		.action(
			action<[string], Options>(async ({ out, signIn }, { manifest: isManifest, follow }, wanted) => {
				const { call, credentials } = await signIn()
				const { id } = await findTask(call, wanted)
				if (follow) {
					for await (const { event, data } of serverEvents(credentials, routePath("followTask", { task: id })))
						if (event === TOLD.change) out.result(TaskEvent.parse(JSON.parse(data)), eventLine)
					return
				}
				const shown = await call("showTask", { params: { task: id } })
				if (isManifest) return out.result(shown.manifest, asYaml)
				const { machines } = await call("listMachines")
				out.result(shown, ({ task }) => describeTask(task, machines, Date.now()))
			}),
		)
}
