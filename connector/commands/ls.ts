// `homeport ls`: the sessions of all machines.

import type { Session } from "../../protocol/routes/sessions.ts"
import { describeState } from "../describe-state.ts"
import { pickMachine } from "../lookup.ts"
import { ago, style, table } from "../output.ts"
import { action, verb } from "../verb.ts"

export function ls() {
	return verb("ls", {
		summary: "list sessions",
		examples: [
			["homeport ls", "all sessions on all machines"],
			["homeport ls --machine laptop", "those of one machine"],
			["homeport ls --json", "for programs: { sessions: [...] }"],
		],
	})
		.option("--machine <name>", "only this machine's")
		.action(
			action<[], { machine?: string }>(async ({ out, signIn }, options) => {
				const { call } = await signIn()
				const all = (await call("listSessions")).sessions
				const machine =
					options.machine === undefined
						? undefined
						: pickMachine((await call("listMachines")).machines, options.machine)
				const sessions = machine === undefined ? all : all.filter((session) => session.machine === machine.id)
				out.result({ sessions }, () =>
					sessions.length === 0 ? "No sessions. `homeport spawn` starts one." : table(HEAD, sessions.map(row)),
				)
			}),
		)
}

const HEAD = ["NAME", "MACHINE", "STATE", "RUNTIME", "LAST OUTPUT", "DIRECTORY"]

function row(session: Session): string[] {
	const { name, machineName, machinePresence, runtime, cwd, lastOutputAt } = session
	const machine = machinePresence.is === "linked" ? machineName : `${machineName} (away)`
	const last = lastOutputAt === null ? "-" : ago(machinePresence.now - lastOutputAt)
	return [style("bold", name), machine, describeState(session.state), runtime, last, cwd]
}
