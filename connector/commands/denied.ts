// `homeport denied`: the connections that a session's allow-list has refused.
import { findSession } from "../lookup.ts"
import { ago, table } from "../output.ts"
import { action, verb } from "../verb.ts"

export function denied() {
	return verb("denied", {
		summary: "list the connections that a session's allow-list has refused",
		description: "The last 200 of them. A VM has one list for all of its sessions.",
		examples: [
			["homeport denied agent", "where it wanted to go, the newest first"],
			["homeport denied agent --json", "host, port, count and time of each"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.action(
			action<[string], object>(async ({ out, signIn }, _options, name) => {
				const { call } = await signIn()
				const session = await findSession(call, name)
				const listed = await call("listDenied", { params: { machine: session.machine, session: session.id } })
				out.result(listed, ({ denied }) => {
					if (denied.length === 0) return "nothing was refused"
					const now = Date.now()
					const rows = denied.map(({ host, port, count, at }) => [`${host}:${port}`, `${count}`, ago(now - at)])
					return table(["WHERE", "TIMES", "LAST"], rows)
				})
			}),
		)
}
