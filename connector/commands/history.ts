// `homeport history`: every session that is remembered, the newest first.
import { InvalidArgumentError } from "commander"
import type { Session } from "../../protocol/routes/sessions.ts"
import { describeState } from "../describe-state.ts"
import { pickMachine } from "../lookup.ts"
import { gather, hasTags } from "../many.ts"
import { age, style, table } from "../output.ts"
import { action, verb } from "../verb.ts"

interface Options {
	machine?: string
	tag: string[]
	limit: number
}

export function history() {
	return verb("history", {
		summary: "sessions, also ended ones: when, how long, how they ended, and where",
		description: "The newest first. A session that was forgotten, by `rm` or `clean`, is in the audit trail only.",
		examples: [
			["homeport history", "the last 50"],
			["homeport history --machine server --tag nightly", "some of them"],
		],
	})
		.option("--machine <name>", "only this machine's")
		.option("--tag <tag>", "those that have it; repeated: that have all of them", gather, [])
		.option("--limit <count>", "at most so many", count, 50)
		.action(
			action<[], Options>(async ({ out, signIn }, { machine, tag, limit }) => {
				const { call } = await signIn()
				const on = machine === undefined ? undefined : pickMachine((await call("listMachines")).machines, machine)
				const all = (await call("listSessions")).sessions
				const sessions = all
					.filter((session) => (on === undefined || session.machine === on.id) && hasTags(session, tag))
					.sort((a, b) => b.createdAt - a.createdAt)
					.slice(0, limit)
				out.result({ sessions }, () => (sessions.length === 0 ? "No sessions." : table(HEAD, sessions.map(row))))
			}),
		)
}

const HEAD = ["NAME", "MACHINE", "BEGAN", "ENDED", "LASTED", "HOW", "RUNTIME", "IN", "DIRECTORY"]

function row({ name, machineName, machinePresence, state, createdAt, runtime, substrate, cwd }: Session): string[] {
	const endedAt = state.is === "running" ? null : state.at
	return [
		style("bold", name),
		machineName,
		moment(createdAt),
		endedAt === null ? "-" : moment(endedAt),
		age((endedAt ?? machinePresence.now) - createdAt),
		describeState(state),
		runtime,
		substrate,
		cwd,
	]
}

/** By this computer's clock and zone, such as 2026-11-21 14:50. */
function moment(at: number): string {
	return new Date(at).toLocaleString("sv-SE").slice(0, "2026-11-21 14:50".length)
}

function count(text: string): number {
	if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1 on.")
	return Number(text)
}
