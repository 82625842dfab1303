// `homeport ps`: what running sessions use now.
import { setTimeout as wait } from "node:timers/promises"
import type { Usage } from "../../protocol/ask.ts"
import type { Client } from "../../protocol/client.ts"
import type { Machine } from "../../protocol/routes/machines.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import { pickMachine } from "../lookup.ts"
import { age, bytes, style, table } from "../output.ts"
import { action, verb } from "../verb.ts"

interface Options {
	machine?: string
	watch?: boolean
}

const WATCH_MS = 2_000

export function ps() {
	return verb("ps", {
		summary: "what running sessions use: processor, memory, processes, uptime",
		examples: [
			["homeport ps", "on all machines that are linked"],
			["homeport ps --machine kvm1 --watch", "again every two seconds"],
		],
	})
		.option("--machine <name>", "only this machine's")
		.option("--watch", "again and again, until Ctrl-C")
		.action(
			action<[], Options>(async ({ out, signIn }, { machine, watch = false }) => {
				const { call } = await signIn()
				do {
					const used = await usageOf(call, machine)
					const { sessions: all } = await call("listSessions")
					const sessions = used.flatMap(({ usage }) =>
						usage.sessions.flatMap((one) => {
							const session = all.find(({ id }) => id === one.session)
							return session === undefined ? [] : [{ ...one, session }]
						}),
					)
					if (watch && !out.json) process.stdout.write("\x1b[H\x1b[2J")
					out.result(
						{ sessions: sessions.map(({ session, ...one }) => ({ ...one, session: session.id, name: session.name })) },
						() => (sessions.length === 0 ? "No session runs." : table(HEAD, sessions.map(row))),
					)
					if (watch) await wait(WATCH_MS)
				} while (watch)
			}),
		)
}

/** Of each machine that is linked, or of the one that is named; one that does not answer hides no other. */
export async function usageOf(call: Client, wanted?: string): Promise<{ machine: Machine; usage: Usage }[]> {
	const { machines } = await call("listMachines")
	if (wanted !== undefined) {
		const machine = pickMachine(machines, wanted)
		return [{ machine, usage: await call("readUsage", { params: { machine: machine.id } }) }]
	}
	const linked = machines.filter(({ presence }) => presence.is === "linked")
	const asked = await Promise.allSettled(
		linked.map(async (machine) => ({
			machine,
			usage: await call("readUsage", { params: { machine: machine.id } }),
		})),
	)
	return asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []))
}

const HEAD = ["NAME", "MACHINE", "IN", "CPU", "MEMORY", "PROCESSES", "UP"]

interface Row extends Omit<Usage["sessions"][number], "session"> {
	session: Session
}

function row({ session, cpus, memory, processes, since }: Row): string[] {
	const share = `${Math.round(cpus * 100)} %`
	return [
		style("bold", session.name),
		session.machineName,
		session.substrate,
		share,
		bytes(memory),
		String(processes),
		age(Date.now() - since),
	]
}
