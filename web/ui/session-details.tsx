// Where a session runs, from what it was made, and what it uses now.
import type { Answered } from "../../protocol/ask.ts"
import type { MachineId, SessionId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { api } from "../api.ts"
import { useAsked } from "../asked.ts"
import { words } from "../messages.ts"
import { taskPath } from "../navigation.ts"
import { fleet, now, workChanges } from "../state.ts"
import { age, amount, binary, exact } from "../times.ts"
import { Here } from "./faces.tsx"
import { Tags } from "./tags.tsx"
import { When } from "./when.tsx"

const EVERY_MS = 3_000

export function Details({ machine, info }: { machine: MachineId; info: SessionInfo }) {
	const { runtime, cwd, substrate, network, image, vm, loadout, tags, comesBack, run, createdAt } = info
	const facts: [string, string | null][] = [
		[words.details.runtime, runtime],
		[words.details.machine, fleet.value.get(machine)?.name ?? null],
		[words.details.directory, cwd],
		[words.details.substrate, words.substrates.names[substrate]],
		[words.details.network, words.network.of(network)],
		[words.details.image, image],
		[words.details.vm, substrate === "vm" ? (vm ?? words.details.ownVm) : null],
		[words.details.loadout, loadout],
		[words.details.comesBack, comesBack ? words.details.comes : words.details.comesNot],
		[words.details.run, words.details.times(run)],
	]
	return (
		<>
			<dl class="facts panel-note">
				{facts.map(
					([what, value]) =>
						value !== null && (
							<div key={what}>
								<dt>{what}</dt>
								<dd class="breaks">{value}</dd>
							</div>
						),
				)}
				<div>
					<dt>{words.details.started}</dt>
					<dd title={exact(createdAt)}>
						<When at={createdAt} />
					</dd>
				</div>
				<OfTask session={info.id} />
				{tags.length > 0 && (
					<div>
						<dt>{words.tags}</dt>
						<dd>
							<Tags tags={tags} />
						</dd>
					</div>
				)}
			</dl>
			<section class="panel-note">
				<h3>{words.usage.title}</h3>
				<Uses key={info.id} machine={machine} info={info} />
			</section>
		</>
	)
}

/** The task that it runs, or ran; nothing where there is none, or it is long over. */
function OfTask({ session }: { session: SessionId }) {
	const asked = useAsked(() => api("listTasks", { query: { ended: ENDED } }), { on: workChanges })
	const task =
		asked.answer.is === "loaded" ? asked.answer.value.tasks.find((one) => one.session === session) : undefined
	if (task === undefined) return null
	return (
		<div>
			<dt>{words.details.task}</dt>
			<dd>
				<a class="link" href={taskPath(task.id)}>
					{task.name}
				</a>
			</dd>
		</div>
	)
}

/** Of tasks that are over, the last. */
const ENDED = 100

function Uses({ machine, info }: { machine: MachineId; info: SessionInfo }) {
	const asked = useAsked(() => api("readUsage", { params: { machine } }), { everyMs: EVERY_MS })
	return (
		<Here asked={asked}>
			{({ sessions, machine: { cpus } }) => {
				const used = sessions.find(({ session }) => session === info.id)
				if (used === undefined) return <p class="dim">{words.usage.gone}</p>
				return <Figures used={used} cpus={cpus} />
			}}
		</Here>
	)
}

function Figures({ used, cpus }: { used: Answered<"usage">["sessions"][number]; cpus: number }) {
	const { memory, processes, since } = used
	return (
		<dl class="facts tabular">
			<div>
				<dt>{words.usage.cpus}</dt>
				<dd>{words.usage.cpusOf(amount(used.cpus), cpus)}</dd>
			</div>
			<div>
				<dt>{words.usage.memory}</dt>
				<dd>{binary(memory)}</dd>
			</div>
			<div>
				<dt>{words.usage.processes}</dt>
				<dd>{processes}</dd>
			</div>
			<div>
				<dt>{words.usage.since}</dt>
				<dd title={exact(since)}>{age(now.value - since)}</dd>
			</div>
		</dl>
	)
}
