// A machine's entry into a workspace, whatever let it in.
import type { Env } from "../durable-objects/env.ts"
import type { MachineId } from "../protocol/ids.ts"
import type { Platform } from "../protocol/session.ts"
import { changed } from "./feed.ts"
import { objectOf } from "./machines.ts"
import type { Registry } from "./registry.ts"

interface Entering {
	workspaceId: string
	name: string
	publicKey: string
	platform: Platform
	/** The id of the person who let it in. */
	enrolledBy: string
}

/** Enters the machine in the registry, and tells its object who it is. A key that is enrolled already keeps its machine. */
export async function enterMachine(
	env: Env,
	registry: Registry,
	entering: Entering,
): Promise<{ id: MachineId; name: string }> {
	const machine = await registry.machines.add({ ...entering, now: Date.now() })
	await objectOf(env, machine.id).enroll({ ...machine, platform: entering.platform })
	await changed(env, entering.workspaceId, "machines")
	return machine
}
