// `homeport kill`: signals a session's processes.
import { SIGNALS } from "../../protocol/ask.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { SessionId } from "../../protocol/ids.ts"
import { Failure } from "../exit.ts"
import type { HeldSession } from "../held-session.ts"
import { typed } from "../invocation.ts"
import { withLocalSessions } from "../local-sessions.ts"
import { findSession } from "../lookup.ts"
import { action, verb } from "../verb.ts"

type Signal = (typeof SIGNALS)[number]

export function kill() {
	return verb("kill", {
		summary: "signal a session's processes",
		description: `It ends when the signal is sent; \`homeport wait NAME --exit\` waits for its effect. Signals: ${SIGNALS.join(", ")}.`,
		examples: [
			["homeport kill build", "hang up, as closing a terminal does"],
			["homeport kill build --signal INT", "as Ctrl-C does"],
			["homeport kill build --signal KILL", "end it whatever it does"],
			["homeport kill build --local", "one of this computer while it is linked to no home"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.option("--signal <signal>", "with or without SIG", "HUP")
		.option("--local", "a session of this computer, without a home")
		.action(
			action<[string], { signal: string; local?: boolean }>(async ({ folder, out, signIn }, options, name) => {
				const signal = signalNamed(options.signal)
				if (options.local) {
					const session = await withLocalSessions(folder, (sessions) => signalOne(sessions, name, signal))
					return out.result({ session, signal }, () => "")
				}
				const { call } = await signIn()
				const session = await findSession(call, name)
				await call("signalSession", { params: { machine: session.machine, session: session.id }, body: { signal } })
				out.result({ session: session.id, signal }, () => "")
			}),
		)
}

export function signalNamed(word: string): Signal {
	const wanted = word.toUpperCase()
	const signal = SIGNALS.find((one) => one === wanted || one === `SIG${wanted}`)
	if (signal === undefined)
		throw new Failure("usage", `There is no signal ${word} here; there are ${SIGNALS.join(", ")}.`)
	return signal
}

async function signalOne(sessions: HeldSession[], wanted: string, signal: Signal): Promise<SessionId> {
	const held = sessions.find(({ info }) => info.id === wanted || info.name === wanted)
	if (held === undefined)
		throw new Failure(
			"not_found",
			`There is no session named "${wanted}" here. \`${typed("ls", "--local")}\` lists them.`,
		)
	const { id, state } = held.info
	if (state.is !== "running") throw new Refusal("session_ended")
	await held.ask("signal", { session: id, signal })
	return id
}
