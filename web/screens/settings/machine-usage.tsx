// What one machine and each of its sessions use now.
import type { Answered } from "../../../protocol/ask.ts"
import type { MachineId } from "../../../protocol/ids.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { sessionPath } from "../../navigation.ts"
import { findSession, now } from "../../state.ts"
import { age, amount, binary } from "../../times.ts"
import { Here } from "../../ui/faces.tsx"
import { standingOf } from "../../ui/presence.tsx"
import { Part } from "./page.tsx"

const EVERY_MS = 5_000

/** Nothing while the machine is away: then it uses what nobody knows. */
export function UsagePart({ machine }: { machine: MachineId }) {
	if (!["linked", "unproven"].includes(standingOf(machine).is)) return null
	return <Uses machine={machine} />
}

function Uses({ machine }: { machine: MachineId }) {
	const asked = useAsked(() => api("readUsage", { params: { machine } }), { everyMs: EVERY_MS })
	return (
		<Part title={words.usage.title}>
			<Here asked={asked}>
				{({ machine: { cpus, load, memory, disk }, sessions }) => (
					<>
						<dl class="facts tabular">
							<dt>{words.usage.load}</dt>
							<dd>{words.usage.loadOf(amount(load), cpus)}</dd>
							<dt>{words.usage.memory}</dt>
							<dd>{words.usage.used(memory.total - memory.free, memory.total)}</dd>
							<dt>{words.usage.disk}</dt>
							<dd>{words.usage.used(disk.total - disk.free, disk.total)}</dd>
						</dl>
						{sessions.length > 0 && <Sessions machine={machine} sessions={sessions} />}
					</>
				)}
			</Here>
		</Part>
	)
}

function Sessions({ machine, sessions }: { machine: MachineId; sessions: Answered<"usage">["sessions"] }) {
	return (
		<table class="figures">
			<thead>
				<tr>
					<th scope="col">{words.usage.sessions}</th>
					<th scope="col">{words.usage.cpus}</th>
					<th scope="col">{words.usage.memory}</th>
					<th scope="col" class="wide-only">
						{words.usage.processes}
					</th>
					<th scope="col">{words.usage.since}</th>
				</tr>
			</thead>
			<tbody>
				{sessions.map(({ session, cpus, memory, processes, since }) => (
					<tr key={session}>
						<td>
							<a class="link" href={sessionPath(machine, session)}>
								{findSession(machine, session)?.name ?? session}
							</a>
						</td>
						<td>{amount(cpus)}</td>
						<td>{binary(memory)}</td>
						<td class="wide-only">{processes}</td>
						<td>{age(now.value - since)}</td>
					</tr>
				))}
			</tbody>
		</table>
	)
}
