// One socket a machine, for as long as the registry lists it. Copies what the sockets say into the fleet's signal.
import type { MachineId } from "../protocol/ids.ts"
import { MachineSocket, type Socket } from "../protocol/machine-socket.ts"
import { routePath } from "../protocol/routes.ts"
import { socketUrl } from "./feed.ts"
import { fleet, type MachineView, signedOut } from "./state.ts"
import { viewerId } from "./viewer-id.ts"

export function socketOf(machine: MachineId): MachineSocket | undefined {
	return sockets.get(machine)
}

/** Calls back when anything about a machine's socket has changed; at most once a display frame. */
export function onChange(then: (machine: MachineId) => void): () => void {
	listeners.add(then)
	return () => listeners.delete(then)
}

/** Opens sockets to machines that have none, and closes those to machines that are gone. */
export async function keepSockets(machines: readonly MachineId[]): Promise<void> {
	const viewer = await viewerId()
	for (const [machine, socket] of sockets) {
		if (machines.includes(machine)) continue
		socket.close()
		sockets.delete(machine)
		publish(machine)
	}
	for (const machine of machines) {
		if (sockets.has(machine)) continue
		// A browser's handlers take wider events than the ones that MachineSocket reads.
		const dial = () => new WebSocket(socketUrl(routePath("view", { machine }))) as Socket
		sockets.set(machine, new MachineSocket({ viewer, dial, changed: () => changed(machine) }))
	}
}

export function wakeSockets(): void {
	for (const socket of sockets.values()) socket.wake()
}

/** Lets go of every machine until `wakeSockets`; what is on the screen stays. */
export function restSockets(): void {
	for (const socket of sockets.values()) socket.rest()
}

/** Whether typed input is still on its way. */
export function hasUnsent(): boolean {
	for (const socket of sockets.values())
		for (const viewing of socket.viewings.values()) if (viewing.pending.length > 0) return true
	return false
}

/** Publishes a machine's news with the next frame, together with whatever else arrives until then. */
export function changed(machine: MachineId): void {
	if (fresh.size === 0) requestAnimationFrame(publishAll)
	fresh.add(machine)
}

const sockets = new Map<MachineId, MachineSocket>()
const listeners = new Set<(machine: MachineId) => void>()
const fresh = new Set<MachineId>()

function publishAll(): void {
	const machines = [...fresh]
	fresh.clear()
	for (const machine of machines) publish(machine)
}

function publish(machine: MachineId): void {
	const next = new Map(fleet.value)
	const socket = sockets.get(machine)
	if (socket?.status.is === "refused" && socket.status.refusal.code === "not_signed_in") signedOut()
	if (socket === undefined) next.delete(machine)
	else next.set(machine, view(socket))
	fleet.value = next
	for (const listener of listeners) listener(machine)
}

function view({ status, name, platform, presence, presenceAt, sessions }: MachineSocket): MachineView {
	return { socket: status, name, platform, presence, presenceAt, sessions: new Map(sessions) }
}
