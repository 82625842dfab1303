// The TaskLinkStore in a Durable Object's SQLite: one row, read once per wake.
import type { KeptTaskLink, TaskLinkStore } from "./task-link.ts"

export class SqlTaskLinkStore implements TaskLinkStore {
	readonly #sql: SqlStorage
	#isOpen = false
	/** Undefined until read. */
	#kept: KeptTaskLink | null | undefined

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	kept(): KeptTaskLink | null {
		if (this.#kept === undefined) {
			const row = this.#run("SELECT kept FROM task_link").next().value
			this.#kept = row === undefined ? null : (JSON.parse(String(row.kept)) as KeptTaskLink)
		}
		return this.#kept
	}

	keep(kept: KeptTaskLink): void {
		this.#run("INSERT OR REPLACE INTO task_link (id, kept) VALUES (1, ?)", JSON.stringify(kept))
		this.#kept = kept
	}

	#run(query: string, ...values: SqlStorageValue[]): SqlStorageCursor<Record<string, SqlStorageValue>> {
		if (!this.#isOpen) {
			this.#sql.exec("CREATE TABLE IF NOT EXISTS task_link (id INTEGER PRIMARY KEY, kept TEXT NOT NULL)")
			this.#isOpen = true
		}
		return this.#sql.exec(query, ...values)
	}
}
