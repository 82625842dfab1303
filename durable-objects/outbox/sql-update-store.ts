// The UpdateStore in a Durable Object's SQLite.
import type { ChatUpdate } from "../outside.ts"
import type { UpdateStore, Waiting } from "./updates.ts"

export class SqlUpdateStore implements UpdateStore {
	readonly #sql: SqlStorage
	#isOpen = false

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	add(workspaceId: string, update: ChatUpdate, now: number): boolean {
		const { channel, key } = update
		// No await between the two: the platform commits them together.
		const added = this.#run(
			"INSERT INTO update_key (channel, key, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING at",
			channel,
			key,
			now,
		)
		if (added.next().done === true) return false
		this.#run(
			"INSERT INTO update_waiting (workspace_id, said, tries, next_at) VALUES (?, ?, 0, ?)",
			workspaceId,
			JSON.stringify(update),
			now,
		)
		return true
	}

	waiting(): Waiting[] {
		return [...this.#run("SELECT * FROM update_waiting ORDER BY number LIMIT 200")].map((row) => ({
			number: Number(row.number),
			workspaceId: String(row.workspace_id),
			update: JSON.parse(String(row.said)) as ChatUpdate,
			tries: Number(row.tries),
			nextAt: Number(row.next_at),
		}))
	}

	put({ number, tries, nextAt }: Waiting): void {
		this.#run("UPDATE update_waiting SET tries = ?, next_at = ? WHERE number = ?", tries, nextAt, number)
	}

	drop(number: number): void {
		this.#run("DELETE FROM update_waiting WHERE number = ?", number)
	}

	forget(before: number): void {
		this.#run("DELETE FROM update_key WHERE at < ?", before)
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
	CREATE TABLE IF NOT EXISTS update_key (
		channel TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (channel, key)
	);
	CREATE INDEX IF NOT EXISTS update_key_at ON update_key (at);
	CREATE TABLE IF NOT EXISTS update_waiting (
		number INTEGER PRIMARY KEY AUTOINCREMENT, workspace_id TEXT NOT NULL, said TEXT NOT NULL,
		tries INTEGER NOT NULL, next_at INTEGER NOT NULL
	);
`
