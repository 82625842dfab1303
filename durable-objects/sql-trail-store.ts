// The TrailStore in a Durable Object's SQLite: the head, and what the registry may not have yet.
import { AuditEntry, type AuditHead, NO_ENTRY } from "../protocol/audit.ts"
import type { Kept, TrailStore } from "./trail.ts"

export class SqlTrailStore implements TrailStore {
	readonly #sql: SqlStorage
	#isOpen = false

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	head(): AuditHead {
		const row = this.#run("SELECT sequence, hash FROM trail_head").next().value
		return row === undefined ? NO_ENTRY : { sequence: Number(row.sequence), hash: String(row.hash) }
	}

	append({ workspaceId, entry }: Kept): void {
		const { sequence, previous, hash } = entry
		if (this.head().hash !== previous) throw new Error("invariant: an entry follows the head")
		// No await between the two: the platform commits them together.
		this.#run("INSERT OR REPLACE INTO trail_head (one, sequence, hash) VALUES (1, ?, ?)", sequence, hash)
		this.#run(
			"INSERT INTO trail_pending (sequence, workspace_id, entry) VALUES (?, ?, ?)",
			sequence,
			workspaceId,
			JSON.stringify(entry),
		)
	}

	pending(most: number): Kept[] {
		const rows = this.#run("SELECT workspace_id, entry FROM trail_pending ORDER BY sequence LIMIT ?", most)
		return [...rows].map(({ workspace_id, entry }) => ({
			workspaceId: String(workspace_id),
			entry: AuditEntry.parse(JSON.parse(String(entry))),
		}))
	}

	drop(sequence: number): void {
		this.#run("DELETE FROM trail_pending WHERE sequence <= ?", sequence)
	}

	#run(query: string, ...values: SqlStorageValue[]): SqlStorageCursor<Record<string, SqlStorageValue>> {
		if (!this.#isOpen) {
			this.#sql.exec(TABLES)
			this.#isOpen = true
		}
		return this.#sql.exec(query, ...values)
	}
}

const TABLES = `
	CREATE TABLE IF NOT EXISTS trail_head (
		one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL, hash TEXT NOT NULL
	);
	CREATE TABLE IF NOT EXISTS trail_pending (
		sequence INTEGER PRIMARY KEY, workspace_id TEXT NOT NULL, entry TEXT NOT NULL
	);
`
