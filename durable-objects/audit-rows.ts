// The audit trail's rows in the registry, which the Workspace object alone writes.
import { sql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/d1"
import { audit } from "../migrations/schema.ts"
import type { AuditEntry } from "../protocol/audit.ts"
import type { Kept } from "./trail.ts"

/** Writes them all or none. What somebody else has put in their place gives way. */
export async function writeRows(database: D1Database, kept: Kept[]): Promise<void> {
	const rows = kept.map(({ workspaceId, entry }) => ({
		workspaceId,
		sequence: entry.sequence,
		at: entry.at,
		entry,
		words: words(entry),
		machineId: entry.target.machine ?? null,
	}))
	await drizzle(database)
		.insert(audit)
		.values(rows)
		.onConflictDoUpdate({
			target: [audit.workspaceId, audit.sequence],
			set: {
				at: sql`excluded.at`,
				entry: sql`excluded.entry`,
				words: sql`excluded.words`,
				machineId: sql`excluded.machine_id`,
			},
		})
}

/** What a search looks through. */
function words({ actor, action, target, outcome, address }: AuditEntry): string {
	return [actor.name, actor.id, action, ...Object.values(target), outcome, address ?? ""].join(" ").toLowerCase()
}
