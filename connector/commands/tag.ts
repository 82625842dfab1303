// `homeport tag`: the words that a session is grouped by.
import { Failure } from "../exit.ts"
import { findSession } from "../lookup.ts"
import { action, verb } from "../verb.ts"

export function tag() {
	return verb("tag", {
		summary: "add or remove a session's tags",
		description: "Without any it prints those that there are.",
		examples: [
			["homeport tag build +nightly", "adds one"],
			["homeport tag build +nightly -- -old", "adds one and removes another"],
			["homeport ls --tag nightly", "the sessions that have it"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.argument("[change...]", "+TAG adds it, -TAG removes it; put -- before the first that begins with a dash")
		.action(
			action<[string, string[]], object>(async ({ out, signIn }, _options, name, changes) => {
				const wrong = changes.find((word) => !/^[+-]./.test(word))
				if (wrong !== undefined) throw new Failure("usage", `Say +${wrong} to add it, or -${wrong} to remove it.`)
				const { call } = await signIn()
				const session = await findSession(call, name)
				const tags = changes.reduce<string[]>((tags, word) => {
					const rest = tags.filter((tag) => tag !== word.slice(1))
					return word.startsWith("+") ? [...rest, word.slice(1)] : rest
				}, session.tags)
				if (changes.length === 0) return out.result({ session: session.id, tags }, () => tags.join(" "))
				const params = { machine: session.machine, session: session.id }
				const changed = await call("changeSession", { params, body: { tags } })
				out.result({ session: changed.id, tags: changed.tags }, () => changed.tags.join(" "))
			}),
		)
}
