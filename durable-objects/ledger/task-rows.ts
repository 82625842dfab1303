// Tasks that are over, as rows of the registry, which the Workspace object alone writes.
import { eq, sql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/d1"
import { task, workspace } from "../../migrations/schema.ts"
import type { Manifest, TaskView } from "../../protocol/task.ts"

/** A task that is over, whole. */
export type TaskOver = TaskView & { manifest: Manifest }

/** Writes them all or none; what is there already gives way. A workspace that was removed has no history. */
export async function writeTasks(database: D1Database, workspaceId: string, over: TaskOver[]): Promise<void> {
	const registry = drizzle(database)
	const there = await registry.select({ id: workspace.id }).from(workspace).where(eq(workspace.id, workspaceId))
	if (there.length === 0) return
	for (const told of over) {
		const { id, machine: machineId, state } = told
		const view = isTooLong(told) ? { ...told, manifest: null } : told
		await registry
			.insert(task)
			.values({ workspaceId, id, machineId, at: state.since, view })
			.onConflictDoUpdate({
				target: [task.workspaceId, task.id],
				set: { machineId: sql`excluded.machine_id`, at: sql`excluded.at`, view: sql`excluded.view` },
			})
	}
}

/** A row of D1 takes two million bytes: https://developers.cloudflare.com/d1/platform/limits/ */
function isTooLong(told: TaskOver): boolean {
	return new TextEncoder().encode(JSON.stringify(told)).length > 1_900_000
}
