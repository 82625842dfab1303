// The ReportStore in a Durable Object's SQLite: read once per wake.
import type { KeptReport, ReportStore } from "./reports.ts"

export class SqlReportStore implements ReportStore {
	readonly #sql: SqlStorage
	#isOpen = false
	/** Undefined until read. */
	#kept: KeptReport | null | undefined

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	kept(): KeptReport | null {
		if (this.#kept === undefined) {
			const rows = new Map(
				[...this.#run("SELECT name, json FROM report")].map(({ name, json }) => [name, String(json)]),
			)
			const [told, report, taken] = [rows.get("told"), rows.get("report"), rows.get("taken")]
			const isThere = told !== undefined && report !== undefined && taken !== undefined
			this.#kept = isThere ? { told: JSON.parse(told), report: JSON.parse(report), taken: JSON.parse(taken) } : null
		}
		return this.#kept
	}

	keep(kept: KeptReport): void {
		const { told, report, taken } = kept
		if (told !== this.#kept?.told) this.#put("told", told)
		if (report !== this.#kept?.report) this.#put("report", report)
		this.#put("taken", taken)
		this.#kept = kept
	}

	/** A row each: together they may be more than a row holds. */
	#put(name: keyof KeptReport, value: unknown): void {
		this.#run("INSERT OR REPLACE INTO report (name, json) VALUES (?, ?)", name, JSON.stringify(value))
	}

	#run(query: string, ...values: SqlStorageValue[]): SqlStorageCursor<Record<string, SqlStorageValue>> {
		if (!this.#isOpen) {
			this.#sql.exec("CREATE TABLE IF NOT EXISTS report (name TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID")
			this.#isOpen = true
		}
		return this.#sql.exec(query, ...values)
	}
}
