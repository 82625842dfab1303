// The way from the edge to a machine's object.
import type { Env } from "../durable-objects/env.ts"
import type { MachineObject } from "../durable-objects/machine-object.ts"
import type { Answered, Ask, Asked } from "../protocol/ask.ts"
import { Refusal } from "../protocol/errors.ts"
import type { MachineId } from "../protocol/ids.ts"
import type { Platform, Presence, SessionInfo } from "../protocol/session.ts"
import { type Principal, sees } from "./access.ts"
import { refusalOf, unwrap } from "./errors.ts"
import type { MachineEntry } from "./registry/machines.ts"
import type { Registry } from "./registry.ts"

/** The machine of that id. Throws Refusal("not_found") also for one that this principal may not see. */
export async function findMachine(registry: Registry, principal: Principal, id: MachineId): Promise<MachineEntry> {
	const machine = await registry.machines.find(id)
	if (machine === undefined || machine.revokedAt !== null) throw new Refusal("not_found")
	if (machine.workspaceId !== principal.membership.workspaceId || !sees(principal, machine))
		throw new Refusal("not_found")
	return machine
}

/** The machines that this principal may see. */
export async function listMachines(registry: Registry, principal: Principal): Promise<MachineEntry[]> {
	const machines = await registry.machines.list(principal.membership.workspaceId)
	return machines.filter((machine) => sees(principal, machine))
}

export function objectOf(env: Env, id: MachineId): DurableObjectStub<MachineObject> {
	return env.MACHINE.get(env.MACHINE.idFromName(id))
}

/** Asks the machine itself, through its object and its link. Throws whatever the machine refuses with. */
export async function ask<A extends Ask>(env: Env, id: MachineId, ask: A, of: Asked<A>): Promise<Answered<A>> {
	const outcome = await objectOf(env, id).ask(ask, of)
	// The call's types forget which question it was.
	return unwrap(outcome as { ok: true; value: Answered<A> } | Exclude<typeof outcome, { ok: true }>)
}

export interface Described {
	presence: Presence
	platform: Platform | null
	sessions: SessionInfo[]
}

/** What the machine's object knows. One that does not answer is shown as away, so that it hides no other machine. */
export async function describe(env: Env, id: MachineId): Promise<Described> {
	let timer: ReturnType<typeof setTimeout> | null = null
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Refusal("timed_out")), DESCRIBE_MS)
	})
	try {
		return (await Promise.race([objectOf(env, id).describe(), late])) as Described
	} catch (error) {
		refusalOf(error)
		const presence: Presence = { is: "away", since: null, provenAt: null, epoch: 0, now: Date.now() }
		return { presence, platform: null, sessions: [] }
	} finally {
		clearTimeout(timer)
	}
}

/** An object waits for its machine less long; one that needs longer is in trouble. */
const DESCRIBE_MS = 3_000
