// The DeliveryStore in a Durable Object's SQLite.
import type { TaskId, TriggerId } from "../../protocol/ids.ts"
import type { Delivery } from "../../protocol/trigger.ts"
import type { DeliveryStore, KeptDelivery } from "./deliveries.ts"

export class SqlDeliveryStore implements DeliveryStore {
	readonly #sql: SqlStorage
	#isOpen = false

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	add(trigger: TriggerId, delivery: Delivery, now: number): boolean {
		// No await between these: the platform commits them together.
		const isKnown = delivery.keys.some(
			(key) =>
				this.#run("SELECT 1 FROM trigger_key WHERE trigger_id = ? AND key = ?", trigger, key).next().done !== true,
		)
		if (isKnown) return false
		for (const key of new Set(delivery.keys))
			this.#run("INSERT INTO trigger_key (trigger_id, key, at) VALUES (?, ?, ?)", trigger, key, now)
		this.#run(
			"INSERT INTO trigger_delivery (trigger_id, said, again, tries, next_at) VALUES (?, ?, 0, 0, ?)",
			trigger,
			JSON.stringify(delivery),
			now,
		)
		return true
	}

	get(number: number): KeptDelivery | undefined {
		return this.#kept("WHERE number = ?", number)[0]
	}

	put({ number, trigger, again, tries, nextAt, outcome, task }: KeptDelivery): void {
		this.#run(
			"UPDATE trigger_delivery SET again = ?, tries = ?, next_at = ?, outcome = ?, task_id = ? WHERE number = ?",
			again,
			tries,
			nextAt,
			outcome === null ? null : JSON.stringify(outcome),
			task,
			number,
		)
		if (task !== null && outcome !== null)
			this.#run(
				"INSERT INTO trigger_task (trigger_id, task_id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
				trigger,
				task,
				outcome.at,
			)
	}

	due(now: number): KeptDelivery | undefined {
		return this.#kept("WHERE next_at <= ? ORDER BY number LIMIT 1", now)[0]
	}

	nextAt(): number | null {
		const next = [...this.#run("SELECT min(next_at) AS next FROM trigger_delivery")][0]?.next ?? null
		return next === null ? null : Number(next)
	}

	countUndecided(trigger: TriggerId): number {
		return this.#count("trigger_delivery WHERE trigger_id = ? AND next_at IS NOT NULL", trigger)
	}

	last(trigger: TriggerId, most: number): KeptDelivery[] {
		return this.#kept("WHERE trigger_id = ? ORDER BY number DESC LIMIT ?", trigger, most)
	}

	tasksSince(trigger: TriggerId, since: number): number {
		return this.#count("trigger_task WHERE trigger_id = ? AND at > ?", trigger, since)
	}

	trim(trigger: TriggerId, most: number, before: number): void {
		this.#run(
			`DELETE FROM trigger_delivery WHERE trigger_id = ? AND next_at IS NULL AND number <= (
				SELECT number FROM trigger_delivery WHERE trigger_id = ? ORDER BY number DESC LIMIT 1 OFFSET ?
			)`,
			trigger,
			trigger,
			most,
		)
		this.#run("DELETE FROM trigger_key WHERE trigger_id = ? AND at < ?", trigger, before)
		this.#run("DELETE FROM trigger_task WHERE trigger_id = ? AND at < ?", trigger, before)
	}

	drop(trigger: TriggerId): void {
		for (const table of ["trigger_delivery", "trigger_key", "trigger_task"])
			this.#run(`DELETE FROM ${table} WHERE trigger_id = ?`, trigger)
	}

	#kept(where: string, ...values: SqlStorageValue[]): KeptDelivery[] {
		return [...this.#run(`SELECT * FROM trigger_delivery ${where}`, ...values)].map((row) => ({
			number: Number(row.number),
			trigger: String(row.trigger_id) as TriggerId,
			delivery: JSON.parse(String(row.said)) as Delivery,
			again: Number(row.again),
			tries: Number(row.tries),
			nextAt: row.next_at === null ? null : Number(row.next_at),
			outcome: row.outcome === null ? null : (JSON.parse(String(row.outcome)) as KeptDelivery["outcome"]),
			task: row.task_id === null ? null : (String(row.task_id) as TaskId),
		}))
	}

	#count(from: string, ...values: SqlStorageValue[]): number {
		return Number([...this.#run(`SELECT count(*) AS count FROM ${from}`, ...values)][0]?.count ?? 0)
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
	CREATE TABLE IF NOT EXISTS trigger_delivery (
		number INTEGER PRIMARY KEY AUTOINCREMENT, trigger_id TEXT NOT NULL, said TEXT NOT NULL, again INTEGER NOT NULL,
		tries INTEGER NOT NULL, next_at INTEGER, outcome TEXT, task_id TEXT
	);
	CREATE INDEX IF NOT EXISTS trigger_delivery_of ON trigger_delivery (trigger_id, number);
	CREATE INDEX IF NOT EXISTS trigger_delivery_due ON trigger_delivery (next_at) WHERE next_at IS NOT NULL;
	CREATE TABLE IF NOT EXISTS trigger_key (
		trigger_id TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (trigger_id, key)
	);
	CREATE TABLE IF NOT EXISTS trigger_task (
		trigger_id TEXT NOT NULL, task_id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (trigger_id, task_id)
	);
`
