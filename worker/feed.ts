// Telling a workspace's consoles that the registry has changed.
import type { Env } from "../durable-objects/env.ts"
import { logFault } from "../durable-objects/fault-log.ts"
import type { Change } from "../durable-objects/workspace.ts"

export function workspaceOf(env: Env, workspaceId: string) {
	return env.WORKSPACE.get(env.WORKSPACE.idFromName(workspaceId))
}

/** After the change is in the registry. The change stands even where nobody could be told of it. */
export async function changed(env: Env, workspaceId: string, what: Change): Promise<void> {
	try {
		await workspaceOf(env, workspaceId).changed(what)
	} catch (error) {
		logFault("feed", { error: String(error) })
	}
}
