// A machine's presence: a shape, a word, and the age of its proof.
import type { MachineId } from "../../protocol/ids.ts"
import { words } from "../messages.ts"
import { type Standing, standing, type Told } from "../presence.ts"
import { fleet, machines, machinesAt, now } from "../state.ts"
import { exact } from "../times.ts"

/** What is known of a machine's presence, from its own socket and from the registry's list. */
export function standingOf(machine: MachineId): Standing {
	const told: Told[] = []
	const view = fleet.value.get(machine)
	if (view?.presence) told.push({ presence: view.presence, at: view.presenceAt })
	const listed = machines.value.is === "loaded" ? machines.value.value.find(({ id }) => id === machine) : undefined
	if (listed) told.push({ presence: listed.presence, at: machinesAt.value })
	return standing(told, now.value)
}

export function PresenceMark({ machine }: { machine: MachineId }) {
	const stands = standingOf(machine)
	const heard = "age" in stands && stands.age !== null ? exact(now.value - stands.age) : undefined
	return (
		<span class={`presence ${stands.is}`} title={heard}>
			<span class="shape" aria-hidden="true" />
			<span class="word">{words.presence.word(stands)}</span>
			<span class="detail">{words.presence.detail(stands, now.value)}</span>
		</span>
	)
}
