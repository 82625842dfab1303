// Requests that are over, as rows of the registry, which the Workspace object alone writes.
import { sql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/d1"
import { attention } from "../../migrations/schema.ts"
import type { InboxItem } from "../../protocol/attention.ts"

/** Writes them all or none; what is there already gives way. */
export async function writeHistory(
	database: D1Database,
	workspaceId: string,
	over: { item: InboxItem; at: number }[],
): Promise<void> {
	const rows = over.map(({ item, at }) => ({
		workspaceId,
		id: item.id,
		machineId: item.machine,
		sessionId: item.session,
		at,
		item,
	}))
	await drizzle(database)
		.insert(attention)
		.values(rows)
		.onConflictDoUpdate({
			target: [attention.workspaceId, attention.id],
			set: { at: sql`excluded.at`, item: sql`excluded.item` },
		})
}
