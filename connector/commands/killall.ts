// `homeport killall`: signals the processes of many sessions.
import type { SIGNALS } from "../../protocol/ask.ts"
import { type Chosen, choose, choosing, doToMany } from "../many.ts"
import { action, verb } from "../verb.ts"
import { signalNamed } from "./kill.ts"

export function killall() {
	return choosing(
		verb("killall", {
			summary: "signal the processes of many sessions",
			examples: [
				["homeport killall --tag web", "hang up every running session that has the tag"],
				["homeport killall --all --signal KILL --yes", "end everything, without asking first"],
			],
		}),
	)
		.argument("[names...]", "the sessions: NAME, MACHINE/NAME or ids")
		.option("--signal <signal>", "with or without SIG", "HUP")
		.action(
			action<[string[]], Chosen & { signal: string }>(async ({ out, signIn }, chosen, names) => {
				const signal: (typeof SIGNALS)[number] = signalNamed(chosen.signal)
				const { call } = await signIn()
				const sessions = (await choose(call, names, chosen)).filter(
					({ state }) => names.length > 0 || state.is === "running",
				)
				await doToMany(out, {
					does: `Send ${signal} to`,
					sessions,
					none: "None of them runs.",
					yes: chosen.yes === true,
					one: async ({ machine, id }) =>
						void (await call("signalSession", { params: { machine, session: id }, body: { signal } })),
				})
			}),
		)
}
