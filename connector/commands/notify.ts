// `homeport notify`: tells people that a session wants them, from inside of it or from elsewhere.
import { QUESTION_CHARS } from "../../protocol/attention.ts"
import { noticeSequence } from "../attention/event.ts"
import { Failure } from "../exit.ts"
import { findSession } from "../lookup.ts"
import { writeToOwnTerminal } from "../own-terminal.ts"
import { action, verb } from "../verb.ts"

interface Options {
	session?: string
}

export function notify() {
	return verb("notify", {
		summary: "tell people that a session wants them",
		description:
			"In a session it needs no sign-in: it is said through the session's own terminal, which shows nothing of it.",
		examples: [
			['homeport notify "the build is broken, shall I roll back?"', "inside of a session"],
			['homeport notify --session build "look at this, please"', "from elsewhere"],
		],
	})
		.argument("<text...>", "what people are told")
		.option("--session <name>", "the session that wants them (default: the one that this runs in)")
		.action(
			action<[string[]], Options>(async ({ out, signIn }, { session: wanted }, words) => {
				const text = words.join(" ").trim()
				if (text === "" || text.length > QUESTION_CHARS)
					throw new Failure("usage", `Say something, in at most ${QUESTION_CHARS} characters.`)
				const own = process.env.HOMEPORT_SESSION
				if (wanted === undefined && own === undefined)
					throw new Failure("usage", "This does not run in a session. Say which one with --session.")
				if (wanted === undefined && writeToOwnTerminal(noticeSequence(text)))
					return out.result({ session: own }, () => "")
				const { call } = await signIn()
				const session = await findSession(call, wanted ?? own ?? "")
				await call("notify", { params: { machine: session.machine, session: session.id }, body: { text } })
				out.result({ session: session.id }, () => "")
			}),
		)
}
