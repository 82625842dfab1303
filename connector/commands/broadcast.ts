// `homeport broadcast`: types one text into many sessions.
import { type Chosen, choose, choosing, doToMany } from "../many.ts"
import { typeInto } from "../type-into.ts"
import { action, verb } from "../verb.ts"

export function broadcast() {
	return choosing(
		verb("broadcast", {
			summary: "type a text into many sessions, then Enter",
			examples: [
				['homeport broadcast "git pull" --tag web', "into every running session that has the tag"],
				['homeport broadcast "stop" fix-a fix-b --yes', "into these two, without asking first"],
			],
		}),
	)
		.argument("<text>", "what to type")
		.argument("[names...]", "the sessions: NAME, MACHINE/NAME or ids")
		.action(
			action<[string, string[]], Chosen>(async ({ out, signIn }, chosen, text, names) => {
				const { call } = await signIn()
				const sessions = (await choose(call, names, chosen)).filter(
					({ state }) => names.length > 0 || state.is === "running",
				)
				await doToMany(out, {
					does: "Type it into",
					sessions,
					none: "None of them runs.",
					yes: chosen.yes === true,
					one: async (session) => void (await typeInto(call, session, text, { paste: false, enter: true })),
				})
			}),
		)
}
