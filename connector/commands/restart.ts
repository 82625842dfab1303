// `homeport restart`: begins a session again, where it was.
import { typed } from "../invocation.ts"
import { findSession, shortestName } from "../lookup.ts"
import { style } from "../output.ts"
import { action, verb } from "../verb.ts"

interface Options {
	resume?: boolean
}

export function restart() {
	return verb("restart", {
		summary: "begin a session again, with its old output above",
		description:
			"It keeps its name, directory and substrate, and is given its secrets anew. What still runs is killed first.",
		examples: [
			["homeport restart build", "the same command again"],
			["homeport restart agent --resume", "an agent, with the conversation that it had"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.option("--resume", "take up the runtime's own conversation, where it has one")
		.action(
			action<[string], Options>(async ({ out, signIn }, { resume = false }, name) => {
				const { call } = await signIn()
				const session = await findSession(call, name)
				const params = { machine: session.machine, session: session.id }
				const again = await call("restartSession", { params, body: { resume } })
				const called = out.json ? again.name : await shortestName(call, session)
				out.result(again, () => `${style("bold", again.name)} runs again. Attach: ${typed("attach", called)}`)
			}),
		)
}
