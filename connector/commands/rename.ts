// `homeport rename`: gives a session another name.
import { findSession } from "../lookup.ts"
import { action, verb } from "../verb.ts"

export function rename() {
	return verb("rename", {
		summary: "give a session another name",
		examples: [["homeport rename shell-2 build", "from now on it is build"]],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.argument("<new>", "its new name, free on its machine")
		.action(
			action<[string, string], object>(async ({ out, signIn }, _options, name, wanted) => {
				const { call } = await signIn()
				const session = await findSession(call, name)
				const params = { machine: session.machine, session: session.id }
				const renamed = await call("changeSession", { params, body: { name: wanted } })
				out.result(renamed, () => "")
			}),
		)
}
