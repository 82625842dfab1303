// Ending sockets that were opened by what has been taken back since: a place, a role, a token, a sign-in.
import type { Env } from "../durable-objects/env.ts"
import { logFault } from "../durable-objects/fault-log.ts"
import { workspaceOf } from "./feed.ts"
import { objectOf } from "./machines.ts"
import type { Registry } from "./registry.ts"

/**
 * After the change is in the registry: ends every socket in the workspace that somebody opened as this person, or by
 * this token or sign-in. Programs and pages dial again by themselves, and are let in as far as they still may.
 */
export async function dismiss(env: Env, registry: Registry, workspaceId: string, id: string): Promise<void> {
	const machines = await registry.machines.list(workspaceId)
	const objects = [workspaceOf(env, workspaceId), ...machines.map((machine) => objectOf(env, machine.id))]
	const ends = await Promise.allSettled(objects.map((object) => object.dismiss(id)))
	for (const end of ends) {
		// An object that does not answer has lost its sockets, or loses them when it comes back.
		if (end.status === "rejected") logFault("dismiss", { error: String(end.reason) })
	}
}
