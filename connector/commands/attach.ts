// `homeport attach`: a session in this terminal.
import { attachTo, DEFAULT_DETACH_KEY, mustBeKey } from "../attach.ts"
import { findSession } from "../lookup.ts"
import { action, verb } from "../verb.ts"

export function attach() {
	return verb("attach", {
		summary: "show a session in this terminal and type into it",
		description:
			"Press Ctrl-\\ twice to detach; every other key, and a single Ctrl-\\, is the program's. The session takes this window's size and follows it.",
		examples: [
			["homeport attach build", "until you detach or it ends"],
			["homeport attach server/build", "the one on that machine"],
			["homeport attach build --detach-key ctrl-]", "another key to press twice"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.option("--detach-key <key>", "the control key that detaches when pressed twice", DEFAULT_DETACH_KEY)
		.action(
			action<[string], { detachKey: string }>(async ({ out, signIn }, options, name) => {
				const key = mustBeKey(options.detachKey)
				const { call, credentials } = await signIn()
				await attachTo({ session: await findSession(call, name), credentials, out, key })
			}),
		)
}
