// The LedgerStore in a Durable Object's SQLite: a row a task, written once for each change, and its manifest in a row of its own.
import type { TaskId } from "../../protocol/ids.ts"
import { Manifest } from "../../protocol/task.ts"
import type { Effect, Held, KnownMachine, LedgerStore } from "./held.ts"

export class SqlLedgerStore implements LedgerStore {
	readonly #sql: SqlStorage
	#isOpen = false

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	get(task: TaskId): Held | undefined {
		return this.#held("WHERE task = ?", task)[0]
	}

	byKey(key: string): Held | undefined {
		return this.#held("WHERE key = ?", key)[0]
	}

	open(): Held[] {
		return this.#held("WHERE is_open = 1")
	}

	ended(most: number): Held[] {
		return this.#held("WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, task LIMIT ?", most)
	}

	put(held: Held, isOpen: boolean): void {
		// Only what an index has and has changed costs another row.
		this.#run(
			`INSERT INTO ledger_task (task, key, is_open, ended_at, held) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (task) DO UPDATE SET is_open = excluded.is_open, ended_at = excluded.ended_at, held = excluded.held`,
			held.id,
			held.key,
			isOpen ? 1 : 0,
			held.endedAt,
			JSON.stringify(held),
		)
	}

	manifest(task: TaskId): Manifest | undefined {
		const row = this.#run("SELECT manifest FROM ledger_manifest WHERE task = ?", task).next().value
		return row === undefined ? undefined : Manifest.parse(JSON.parse(String(row.manifest)))
	}

	putManifest(task: TaskId, manifest: Manifest): void {
		this.#run("INSERT OR REPLACE INTO ledger_manifest (task, manifest) VALUES (?, ?)", task, JSON.stringify(manifest))
	}

	machines(): KnownMachine[] {
		return [...this.#run("SELECT known FROM ledger_machine")].map(
			({ known }) => JSON.parse(String(known)) as KnownMachine,
		)
	}

	putMachine(machine: KnownMachine): void {
		this.#run(
			"INSERT OR REPLACE INTO ledger_machine (machine, known) VALUES (?, ?)",
			machine.id,
			JSON.stringify(machine),
		)
	}

	effects(): Effect[] {
		const rows = [...this.#run("SELECT effect FROM ledger_effect ORDER BY id")]
		return rows.map(({ effect }) => JSON.parse(String(effect)) as Effect)
	}

	putEffect(effect: Effect): void {
		this.#run("INSERT OR REPLACE INTO ledger_effect (id, effect) VALUES (?, ?)", effect.id, JSON.stringify(effect))
	}

	dropEffect(id: string): void {
		this.#run("DELETE FROM ledger_effect WHERE id = ?", id)
	}

	forget(before: number): void {
		const over = "FROM ledger_task WHERE ended_at < ? AND is_open = 0"
		this.#run(`DELETE FROM ledger_manifest WHERE task IN (SELECT task ${over})`, before)
		this.#run(`DELETE ${over}`, before)
	}

	firstEnd(): number | null {
		const first = this.#run(
			"SELECT min(ended_at) AS first FROM ledger_task WHERE ended_at IS NOT NULL AND is_open = 0",
		).next().value
		return first?.first === null || first?.first === undefined ? null : Number(first.first)
	}

	#held(where: string, ...values: SqlStorageValue[]): Held[] {
		const rows = [...this.#run(`SELECT held FROM ledger_task ${where}`, ...values)]
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
	CREATE TABLE IF NOT EXISTS ledger_task (
		task TEXT PRIMARY KEY, key TEXT, is_open INTEGER NOT NULL, ended_at INTEGER, held TEXT NOT NULL
	);
	CREATE UNIQUE INDEX IF NOT EXISTS ledger_task_key ON ledger_task (key) WHERE key IS NOT NULL;
	CREATE INDEX IF NOT EXISTS ledger_task_open ON ledger_task (is_open) WHERE is_open = 1;
	CREATE INDEX IF NOT EXISTS ledger_task_ended ON ledger_task (ended_at) WHERE ended_at IS NOT NULL;
	CREATE TABLE IF NOT EXISTS ledger_manifest (task TEXT PRIMARY KEY, manifest TEXT NOT NULL);
	CREATE TABLE IF NOT EXISTS ledger_machine (machine TEXT PRIMARY KEY, known TEXT NOT NULL) WITHOUT ROWID;
	CREATE TABLE IF NOT EXISTS ledger_effect (id TEXT PRIMARY KEY, effect TEXT NOT NULL) WITHOUT ROWID;
`
