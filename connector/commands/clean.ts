// `homeport clean`: forgets ended sessions and their logs.
import { type Chosen, choose, choosing, doToMany } from "../many.ts"
import { action, verb } from "../verb.ts"

export function clean() {
	return choosing(
		verb("clean", {
			summary: "forget sessions that have ended, and their logs",
			examples: [
				["homeport clean --all", "every one that has ended"],
				["homeport clean --tag web --yes", "those that have the tag, without asking first"],
			],
		}),
	)
		.argument("[names...]", "the sessions: NAME, MACHINE/NAME or ids")
		.option("--force", "also where changes in a working directory that was made for one would be lost")
		.action(
			action<[string[]], Chosen & { force?: boolean }>(async ({ out, signIn }, chosen, names) => {
				const { call } = await signIn()
				const sessions = (await choose(call, names, chosen)).filter(
					({ state }) => names.length > 0 || state.is !== "running",
				)
				const query = { force: chosen.force === true ? "true" : "false" }
				await doToMany(out, {
					does: "Forget",
					sessions,
					none: "None of them has ended.",
					yes: chosen.yes === true,
					one: async ({ machine, id }) =>
						void (await call("removeSession", { params: { machine, session: id }, query })),
				})
			}),
		)
}
