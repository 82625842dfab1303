// The AlarmStore in a Durable Object's SQLite: who in it wants to be woken when.
import type { AlarmStore } from "./alarms.ts"

export class SqlAlarmStore implements AlarmStore {
	readonly #sql: SqlStorage
	#isOpen = false

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	wanted(): Map<string, number> {
		return new Map([...this.#run("SELECT who, at FROM wanted")].map(({ who, at }) => [String(who), Number(at)]))
	}

	want(who: string, at: number): void {
		this.#run("INSERT OR REPLACE INTO wanted (who, at) VALUES (?, ?)", who, at)
	}

	unwant(who: string, at: number): void {
		this.#run("DELETE FROM wanted WHERE who = ? AND at = ?", who, at)
	}

	#run(query: string, ...values: SqlStorageValue[]): SqlStorageCursor<Record<string, SqlStorageValue>> {
		if (!this.#isOpen) {
			this.#sql.exec("CREATE TABLE IF NOT EXISTS wanted (who TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID")
			this.#isOpen = true
		}
		return this.#sql.exec(query, ...values)
	}
}
