// The RecordStore in a Durable Object's SQLite.
import type { Done, RecordStore } from "./records.ts"

export class SqlRecordStore implements RecordStore {
	readonly #sql: SqlStorage
	#isOpen = false

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	keep(done: Done): void {
		this.#run("INSERT INTO inbox_record (done) VALUES (?)", JSON.stringify(done))
	}

	kept(most: number): { sequence: number; done: Done }[] {
		const rows = [...this.#run("SELECT sequence, done FROM inbox_record ORDER BY sequence LIMIT ?", most)]
		return rows.map(({ sequence, done }) => ({
			sequence: Number(sequence),
			done: JSON.parse(String(done)) as Done,
		}))
	}

	forget(sequence: number): void {
		this.#run("DELETE FROM inbox_record WHERE sequence = ?", sequence)
	}

	#run(query: string, ...values: SqlStorageValue[]): SqlStorageCursor<Record<string, SqlStorageValue>> {
		if (!this.#isOpen) {
			this.#sql.exec(
				"CREATE TABLE IF NOT EXISTS inbox_record (sequence INTEGER PRIMARY KEY AUTOINCREMENT, done TEXT NOT NULL)",
			)
			this.#isOpen = true
		}
		return this.#sql.exec(query, ...values)
	}
}
