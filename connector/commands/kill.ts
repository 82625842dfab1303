// `homeport kill`: signals a session's processes.
import { SIGNALS } from "../../protocol/ask.ts"
import { EXIT, Failure } from "../exit.ts"
import { findSession } from "../lookup.ts"
import { action, verb } from "../verb.ts"

export function kill() {
	return verb("kill", {
		summary: "signal a session's processes",
		description: `It ends when the signal is sent; \`homeport wait NAME --exit\` waits for its effect. Signals: ${SIGNALS.join(", ")}.`,
		examples: [
			["homeport kill build", "hang up, as closing a terminal does"],
			["homeport kill build --signal INT", "as Ctrl-C does"],
			["homeport kill build --signal KILL", "end it whatever it does"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.option("--signal <signal>", "with or without SIG", "HUP")
		.action(
			action<[string], { signal: string }>(async ({ out, signIn }, options, name) => {
				const wanted = options.signal.toUpperCase()
				const signal = SIGNALS.find((one) => one === wanted || one === `SIG${wanted}`)
				if (signal === undefined)
					throw new Failure(`There is no signal ${options.signal} here; there are ${SIGNALS.join(", ")}.`, EXIT.usage)
				const { call } = await signIn()
				const session = await findSession(call, name)
				await call("signalSession", { params: { machine: session.machine, session: session.id }, body: { signal } })
				out.result({ session: session.id, signal }, () => "")
			}),
		)
}
