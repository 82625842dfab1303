// `homeport ls`: the sessions of all machines.
import type { Session } from "../../protocol/routes/sessions.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { describeState } from "../describe-state.ts"
import { typed } from "../invocation.ts"
import { withLocalSessions } from "../local-sessions.ts"
import { pickMachine } from "../lookup.ts"
import { gather, hasTags } from "../many.ts"
import { ago, style, table } from "../output.ts"
import { action, type Context, verb } from "../verb.ts"

interface Options {
	machine?: string
	tag: string[]
	local?: boolean
}

export function ls() {
	return verb("ls", {
		summary: "list sessions",
		description: "By machine, and on each by when they were started.",
		examples: [
			["homeport ls", "all sessions on all machines"],
			["homeport ls --machine laptop", "those of one machine"],
			["homeport ls --tag web", "those that have the tag"],
			["homeport ls --local", "those of this computer while it is linked to no home"],
			["homeport ls --json", "for programs: { sessions: [...] }, with their ids"],
		],
	})
		.option("--machine <name>", "only this machine's")
		.option("--tag <tag>", "those that have it; repeated: that have all of them", gather, [])
		.option("--local", "this computer's, without a home")
		.action(
			action<[], Options>(async (context, options) => {
				if (options.local) return listHere(context)
				const { out, signIn } = context
				const { call } = await signIn()
				const all = (await call("listSessions")).sessions.sort(byMachine)
				const machine =
					options.machine === undefined
						? undefined
						: pickMachine((await call("listMachines")).machines, options.machine)
				const sessions = all.filter(
					(session) => (machine === undefined || session.machine === machine.id) && hasTags(session, options.tag),
				)
				out.result({ sessions }, () =>
					sessions.length === 0 ? `No sessions. \`${typed("spawn")}\` starts one.` : table(HEAD, sessions.map(row)),
				)
			}),
		)
}

async function listHere({ folder, out }: Context): Promise<void> {
	const sessions = await withLocalSessions(folder, async (held) => held.map(({ info }) => info).sort(byStart))
	out.result({ sessions }, () =>
		sessions.length === 0
			? "No sessions here."
			: table(
					HEAD.filter((title) => title !== "MACHINE"),
					sessions.map((session) => cells(session, Date.now())),
				),
	)
}

function byMachine(a: Session, b: Session): number {
	return a.machineName.localeCompare(b.machineName) || byStart(a, b)
}

function byStart(a: SessionInfo, b: SessionInfo): number {
	return a.createdAt - b.createdAt || a.id.localeCompare(b.id)
}

const HEAD = ["NAME", "MACHINE", "STATE", "RUNTIME", "IN", "LAST OUTPUT", "TAGS", "DIRECTORY"]

function row(session: Session): string[] {
	const { machineName, machinePresence } = session
	const [name = "", ...rest] = cells(session, machinePresence.now)
	return [name, machinePresence.is === "linked" ? machineName : `${machineName} (away)`, ...rest]
}

function cells(session: SessionInfo, now: number): string[] {
	const { name, state, runtime, substrate, tags, cwd, lastOutputAt } = session
	const last = lastOutputAt === null ? "-" : ago(now - lastOutputAt)
	return [style("bold", name), describeState(state), runtime, substrate, last, tags.join(" ") || "-", cwd]
}
