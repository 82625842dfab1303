// `homeport clone`: a new session from what another one was started from.
import { newSessionId } from "../../protocol/ids.ts"
import { typed } from "../invocation.ts"
import { findSession, shortestName } from "../lookup.ts"
import { style } from "../output.ts"
import { action, verb } from "../verb.ts"

export function clone() {
	return verb("clone", {
		summary: "start a new session from what another one was started from",
		description:
			"The same command, directory, variables, substrate and tags on the same machine; of the program's own state nothing.",
		examples: [
			["homeport clone agent", "a second one, under a free name"],
			["homeport clone agent reviewer", "under this name"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.argument("[new]", "what to call the new one (default: a free name after the other's)")
		.action(
			action<[string, string | undefined], object>(async ({ out, signIn }, _options, name, wanted) => {
				const { call } = await signIn()
				const session = await findSession(call, name)
				const { machine, machineName, machinePresence } = session
				const body = { id: newSessionId(), ...(wanted === undefined ? {} : { name: wanted }) }
				const made = await call("cloneSession", { params: { machine, session: session.id }, body })
				const started = { ...made, machine, machineName, machinePresence }
				const called = out.json ? made.name : await shortestName(call, started)
				out.result(
					started,
					() => `${style("bold", made.name)} runs on ${machineName}. Attach: ${typed("attach", called)}`,
				)
			}),
		)
}
