// `homeport rm`: forgets ended sessions and their logs.
import { findSession } from "../lookup.ts"
import { action, verb } from "../verb.ts"

export function rm() {
	return verb("rm", {
		summary: "forget an ended session and its log",
		description: "A session that still runs is refused: kill it first.",
		examples: [["homeport rm build", "forget it; its name is free again"]],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.action(
			action<[string], object>(async ({ out, signIn }, _options, name) => {
				const { call } = await signIn()
				const session = await findSession(call, name)
				await call("removeSession", { params: { machine: session.machine, session: session.id } })
				out.result({ removed: session.id }, () => "")
			}),
		)
}
