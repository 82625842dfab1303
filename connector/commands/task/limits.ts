// `homeport task limits`: how many tasks of the workspace run at once, and how many may wait.
import { whole } from "../../task-options.ts"
import { action, verb } from "../../verb.ts"

interface Options {
	atOnce?: number
	queued?: number
}

export function limits() {
	return verb("limits", {
		summary: "show or change how many tasks run at once in the workspace, and how many may wait",
		examples: [
			["homeport task limits", "as they are"],
			["homeport task limits --at-once 20", "for maintainers"],
		],
	})
		.option("--at-once <count>", "so many run at once", whole)
		.option("--queued <count>", "so many may wait", whole)
		.action(
			action<[], Options>(async ({ out, signIn }, { atOnce, queued }) => {
				const { call } = await signIn()
				const now = await call("readTaskLimits")
				const isSaid = atOnce !== undefined || queued !== undefined
				const wanted = { atOnce: atOnce ?? now.atOnce, queued: queued ?? now.queued }
				out.result(
					isSaid ? await call("writeTaskLimits", { body: wanted }) : now,
					(limits) => `${limits.atOnce} tasks run at once, and ${limits.queued} may wait.`,
				)
			}),
		)
}
