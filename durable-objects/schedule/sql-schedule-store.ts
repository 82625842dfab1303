// The ScheduleStore in a Durable Object's SQLite. What is due is found by its index, however many there are.
import type { ScheduleId } from "../../protocol/ids.ts"
import { isOpen, type KeptOccurrence, type KeptSchedule, type ScheduleStore } from "./schedule-store.ts"

export class SqlScheduleStore implements ScheduleStore {
	readonly #sql: SqlStorage
	#isOpen = false

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	get(id: string): KeptSchedule | undefined {
		return this.#schedules("WHERE id = ?", id)[0]
	}

	named(name: string): KeptSchedule | undefined {
		return this.#schedules("WHERE name = ?", name)[0]
	}

	put(schedule: KeptSchedule): void {
		this.#run(
			`INSERT INTO schedule (id, name, due, kept) VALUES (?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, due = excluded.due, kept = excluded.kept`,
			schedule.id,
			schedule.name,
			schedule.nextAt,
			JSON.stringify(schedule),
		)
	}

	drop(id: string): void {
		this.#run("DELETE FROM schedule WHERE id = ?", id)
		this.#run("DELETE FROM schedule_occurrence WHERE schedule = ?", id)
	}

	count(): number {
		return Number(this.#run("SELECT count(*) AS count FROM schedule").one().count)
	}

	page(after: string, most: number): KeptSchedule[] {
		return this.#schedules("WHERE name > ? ORDER BY name LIMIT ?", after, most)
	}

	due(now: number, most: number): KeptSchedule[] {
		return this.#schedules("WHERE due <= ? ORDER BY due LIMIT ?", now, most)
	}

	occurrence(key: string): KeptOccurrence | undefined {
		return this.#occurrences("WHERE key = ?", key)[0]
	}

	add(occurrence: KeptOccurrence): boolean {
		const { key, schedule, due } = occurrence
		const added = this.#run(
			`INSERT INTO schedule_occurrence (key, schedule, is_open, due, kept) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (key) DO NOTHING RETURNING key`,
			key,
			schedule,
			isOpen(occurrence) ? 1 : 0,
			due,
			JSON.stringify(occurrence),
		)
		return !added.next().done
	}

	putOccurrence(occurrence: KeptOccurrence): void {
		this.#run(
			"UPDATE schedule_occurrence SET is_open = ?, due = ?, kept = ? WHERE key = ?",
			isOpen(occurrence) ? 1 : 0,
			occurrence.due,
			JSON.stringify(occurrence),
			occurrence.key,
		)
	}

	dueOccurrences(now: number, most: number): ScheduleId[] {
		// Limited before it is gathered: else SQLite gathers all that there are, by another index.
		const rows = this.#run("SELECT schedule FROM schedule_occurrence WHERE due <= ? ORDER BY due LIMIT ?", now, most)
		return [...new Set([...rows].map(({ schedule }) => schedule as ScheduleId))]
	}

	open(schedule: string): KeptOccurrence[] {
		return this.#occurrences("WHERE schedule = ? AND is_open = 1 ORDER BY sequence", schedule)
	}

	history(schedule: string, after: string | null, most: number): KeptOccurrence[] {
		const before = after === null ? undefined : this.#run(SEQUENCE, after).next().value?.sequence
		return this.#occurrences(
			"WHERE schedule = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?",
			schedule,
			Number(before ?? Number.MAX_SAFE_INTEGER),
			most,
		)
	}

	prune(schedule: string, keep: number): void {
		this.#run(
			`DELETE FROM schedule_occurrence WHERE schedule = ? AND is_open = 0 AND sequence <= (
				SELECT sequence FROM schedule_occurrence WHERE schedule = ? AND is_open = 0
				ORDER BY sequence DESC LIMIT 1 OFFSET ?
			)`,
			schedule,
			schedule,
			keep,
		)
	}

	nextDue(): number | null {
		const times = [...this.#run(FIRST_SCHEDULE), ...this.#run(FIRST_OCCURRENCE)].map(({ due }) => Number(due))
		return times.length === 0 ? null : Math.min(...times)
	}

	#schedules(where: string, ...values: SqlStorageValue[]): KeptSchedule[] {
		const rows = [...this.#run(`SELECT kept FROM schedule ${where}`, ...values)]
		return rows.map(({ kept }) => JSON.parse(String(kept)) as KeptSchedule)
	}

	#occurrences(where: string, ...values: SqlStorageValue[]): KeptOccurrence[] {
		const rows = [...this.#run(`SELECT kept FROM schedule_occurrence ${where}`, ...values)]
		return rows.map(({ kept }) => JSON.parse(String(kept)) as KeptOccurrence)
	}

	#run(query: string, ...values: SqlStorageValue[]): SqlStorageCursor<Record<string, SqlStorageValue>> {
		if (!this.#isOpen) {
			this.#sql.exec(TABLES)
			this.#isOpen = true
		}
		return this.#sql.exec(query, ...values)
	}
}

const SEQUENCE = "SELECT sequence FROM schedule_occurrence WHERE key = ?"
// Where min(due) is asked for, SQLite does not see that the index has all that count, and looks at every row.
const FIRST_SCHEDULE = "SELECT due FROM schedule WHERE due IS NOT NULL ORDER BY due LIMIT 1"
const FIRST_OCCURRENCE = "SELECT due FROM schedule_occurrence WHERE due IS NOT NULL ORDER BY due LIMIT 1"

const TABLES = `
	CREATE TABLE IF NOT EXISTS schedule (
		id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, due INTEGER, kept TEXT NOT NULL
	);
	CREATE INDEX IF NOT EXISTS schedule_due ON schedule (due) WHERE due IS NOT NULL;
	CREATE TABLE IF NOT EXISTS schedule_occurrence (
		sequence INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, schedule TEXT NOT NULL,
		is_open INTEGER NOT NULL, due INTEGER, kept TEXT NOT NULL
	);
	CREATE INDEX IF NOT EXISTS schedule_occurrence_of ON schedule_occurrence (schedule, is_open, sequence);
	CREATE INDEX IF NOT EXISTS schedule_occurrence_due ON schedule_occurrence (due) WHERE due IS NOT NULL;
`
