// `homeport rm`: forgets ended sessions and their logs.
import { findSession } from "../lookup.ts"
import { action, verb } from "../verb.ts"

export function rm() {
	return verb("rm", {
		summary: "forget an ended session and its log",
		description: "A session that still runs is refused: kill it first.",
		examples: [["homeport rm build", "forget it; its name is free again"]],
	})
		.option("--force", "also where changes in a working directory that was made for it would be lost")
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.action(
			action<[string], { force?: boolean }>(async ({ out, signIn }, { force = false }, name) => {
				const { call } = await signIn()
				const session = await findSession(call, name)
				const params = { machine: session.machine, session: session.id }
				await call("removeSession", { params, query: { force: force ? "true" : "false" } })
				out.result({ removed: session.id }, () => "")
			}),
		)
}
