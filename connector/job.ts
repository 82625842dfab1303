// A job of a machine, such as making an image, as the command has it: a session that it starts, shows and waits for.
import type { Client } from "../protocol/client.ts"
import { newSessionId } from "../protocol/ids.ts"
import type { Machine } from "../protocol/routes/machines.ts"
import { JOB } from "../protocol/session.ts"
import { printLive } from "./commands/logs.ts"
import type { Credentials } from "./credentials.ts"
import { describeState } from "./describe-state.ts"
import { EXIT } from "./exit.ts"
import { typed } from "./invocation.ts"
import { type Output, style } from "./output.ts"

interface Job {
	call: Client
	credentials: Credentials
	out: Output
	machine: Machine
	/** A subcommand of `homeport here`, and its words. */
	argv: string[]
	/** Whose secrets it gets. */
	loadout?: string
}

/** Resolves when the job has ended, or the person does not want to watch it any longer. Sets the exit code. */
export async function runJob({ call, credentials, out, machine, argv, loadout }: Job): Promise<void> {
	const { columns, rows } = process.stdout
	const info = await call("startSession", {
		params: { machine: machine.id },
		body: {
			id: newSessionId(),
			runtime: JOB,
			argv,
			substrate: "host",
			...(loadout === undefined ? {} : { loadout }),
			...(process.stdout.isTTY ? { cols: columns, rows } : {}),
		},
	})
	const session = { ...info, machine: machine.id, machineName: machine.name, machinePresence: machine.presence }
	await printLive(call, credentials, session, out)
	const { sessions } = await call("listSessions")
	const state = sessions.find(({ id }) => id === session.id)?.state ?? session.state
	if (state.is === "running") out.note(`It goes on. Watch it: ${typed("logs", "-f", info.name)}`)
	else if (state.is !== "exited" || state.code !== 0) process.exitCode = EXIT.failed
	out.result({ ...session, state }, () =>
		process.exitCode === EXIT.failed ? style("red", `${info.name}: ${describeState(state)}`) : "",
	)
}
