// Requests that are over, as rows of the registry, which the Workspace object alone writes.
import { eq, sql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/d1"
import { attention, workspace } from "../../migrations/schema.ts"
import type { InboxItem } from "../../protocol/attention.ts"

/** Writes them all or none; what is there already gives way. A workspace that was removed has no history. */
export async function writeHistory(
	database: D1Database,
	workspaceId: string,
	over: { item: InboxItem; at: number }[],
): Promise<void> {
	const registry = drizzle(database)
	const there = await registry.select({ id: workspace.id }).from(workspace).where(eq(workspace.id, workspaceId))
	if (there.length === 0) return
	const rows = over.map(({ item, at }) => ({
		workspaceId,
		id: item.id,
		machineId: item.machine,
		sessionId: item.session,
		at,
		item,
	}))
	await registry
		.insert(attention)
		.values(rows)
		.onConflictDoUpdate({
			target: [attention.workspaceId, attention.id],
			set: { at: sql`excluded.at`, item: sql`excluded.item` },
		})
}
