// The InboxStore in a Durable Object's SQLite: a row a request, by its machine and by when something is due for it.
import type { Held, InboxStore } from "./held.ts"

export class SqlInboxStore implements InboxStore {
	readonly #sql: SqlStorage
	#isOpen = false

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	workspaceId(): string | null {
		const row = this.#run("SELECT id FROM inbox_workspace").next().value
		return row === undefined ? null : String(row.id)
	}

	putWorkspaceId(id: string): void {
		if (this.workspaceId() !== id) this.#run("INSERT OR REPLACE INTO inbox_workspace (one, id) VALUES (1, ?)", id)
	}

	revision(machine: string): number {
		return Number(
			this.#run("SELECT revision FROM inbox_machine WHERE machine = ?", machine).next().value?.revision ?? 0,
		)
	}

	putRevision(machine: string, revision: number): void {
		this.#run("INSERT OR REPLACE INTO inbox_machine (machine, revision) VALUES (?, ?)", machine, revision)
	}

	get(request: string): Held | undefined {
		return this.#held("WHERE request = ?", request)[0]
	}

	ofMachine(machine: string): Held[] {
		return this.#held("WHERE machine = ? ORDER BY raised_at, request", machine)
	}

	open(): Held[] {
		return this.#held("WHERE is_over = 0 ORDER BY raised_at, request")
	}

	due(now: number): Held[] {
		return this.#held("WHERE due <= ? ORDER BY due, request", now)
	}

	nextDue(): number | null {
		const due = this.#run("SELECT min(due) AS due FROM inbox_request").next().value?.due ?? null
		return due === null ? null : Number(due)
	}

	put(held: Held, due: number | null): void {
		const { id, machine, raisedAt } = held.item
		this.#run(
			"INSERT OR REPLACE INTO inbox_request (request, machine, raised_at, is_over, due, held) VALUES (?, ?, ?, ?, ?, ?)",
			id,
			machine,
			raisedAt,
			held.overAt === null ? 0 : 1,
			due,
			JSON.stringify(held),
		)
	}

	drop(request: string): void {
		this.#run("DELETE FROM inbox_request WHERE request = ?", request)
	}

	#held(where: string, ...values: SqlStorageValue[]): Held[] {
		const rows = [...this.#run(`SELECT held FROM inbox_request ${where}`, ...values)]
		return rows.map(({ held }) => JSON.parse(String(held)) as Held)
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
	CREATE TABLE IF NOT EXISTS inbox_workspace (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL);
	CREATE TABLE IF NOT EXISTS inbox_machine (machine TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
	CREATE TABLE IF NOT EXISTS inbox_request (
		request TEXT PRIMARY KEY, machine TEXT NOT NULL, raised_at INTEGER NOT NULL, is_over INTEGER NOT NULL, due INTEGER,
		held TEXT NOT NULL
	);
	CREATE INDEX IF NOT EXISTS inbox_request_machine ON inbox_request (machine);
	CREATE INDEX IF NOT EXISTS inbox_request_due ON inbox_request (due);
	CREATE INDEX IF NOT EXISTS inbox_request_over ON inbox_request (is_over);
`
