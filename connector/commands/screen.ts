// `homeport screen`: what a session's screen shows now.
import { findSession } from "../lookup.ts"
import { action, verb } from "../verb.ts"

export function screen() {
	return verb("screen", {
		summary: "print a session's rendered screen as text",
		examples: [
			["homeport screen agent", "what a person would see"],
			["homeport screen agent --json", "lines, cursor and title for programs"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.action(
			action<[string], object>(async ({ out, signIn }, _options, name) => {
				const { call } = await signIn()
				const session = await findSession(call, name)
				const shown = await call("readScreen", { params: { machine: session.machine, session: session.id } })
				out.result(shown, ({ lines }) => lines.join("\n").trimEnd())
			}),
		)
}
