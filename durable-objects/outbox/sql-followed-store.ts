// The FollowedStore in a Durable Object's SQLite.
import type { Following } from "../outside.ts"
import type { FollowedRow, FollowedStore } from "./followed.ts"

export class SqlFollowedStore implements FollowedStore {
	readonly #sql: SqlStorage
	#isOpen = false

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	add({ workspaceId, following, nextAt, tries }: Omit<FollowedRow, "number">): void {
		this.#run(
			"INSERT INTO followed (workspace_id, following, next_at, tries) VALUES (?, ?, ?, ?)",
			workspaceId,
			JSON.stringify(following),
			nextAt,
			tries,
		)
	}

	all(): FollowedRow[] {
		return [...this.#run("SELECT * FROM followed ORDER BY number")].map((row) => ({
			number: Number(row.number),
			workspaceId: String(row.workspace_id),
			following: JSON.parse(String(row.following)) as Following,
			nextAt: Number(row.next_at),
			tries: Number(row.tries),
		}))
	}

	put({ number, following, nextAt, tries }: FollowedRow): void {
		const said = JSON.stringify(following)
		this.#run("UPDATE followed SET following = ?, next_at = ?, tries = ? WHERE number = ?", said, nextAt, tries, number)
	}

	drop(number: number): void {
		this.#run("DELETE FROM followed WHERE number = ?", number)
	}

	#run(query: string, ...values: SqlStorageValue[]): SqlStorageCursor<Record<string, SqlStorageValue>> {
		if (!this.#isOpen) {
			this.#sql.exec(TABLE)
			this.#isOpen = true
		}
		return this.#sql.exec(query, ...values)
	}
}

const TABLE = `
	CREATE TABLE IF NOT EXISTS followed (
		number INTEGER PRIMARY KEY AUTOINCREMENT, workspace_id TEXT NOT NULL, following TEXT NOT NULL,
		next_at INTEGER NOT NULL, tries INTEGER NOT NULL
	);
`
