// What a workspace's work keeps beside its cores: whose it is, its limits, and tasks on their way to the history.
import type { TaskId } from "../protocol/ids.ts"
import { TaskLimits } from "../protocol/task.ts"

export class SqlWorkStore {
	readonly #sql: SqlStorage
	#isOpen = false
	/** Undefined until read. */
	#workspaceId: string | undefined
	#limits: TaskLimits | undefined

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	/** Throws where no work was ever brought here. */
	get workspaceId(): string {
		this.#workspaceId ??= this.#read("workspace")
		if (this.#workspaceId === undefined) throw new Error("invariant: work has heard whose it is")
		return this.#workspaceId
	}

	belongsTo(workspaceId: string): void {
		if (this.#read("workspace") === undefined) this.#write("workspace", workspaceId)
	}

	get limits(): TaskLimits {
		this.#limits ??= TaskLimits.parse(JSON.parse(this.#read("limits") ?? JSON.stringify(LIMITS)))
		return this.#limits
	}

	setLimits(limits: TaskLimits): void {
		this.#write("limits", JSON.stringify(limits))
		this.#limits = limits
	}

	/** The task is over, and the history has not been told. */
	owe(task: TaskId): void {
		this.#run("INSERT OR IGNORE INTO work_history (task) VALUES (?)", task)
	}

	owed(most: number): TaskId[] {
		return [...this.#run("SELECT task FROM work_history LIMIT ?", most)].map(({ task }) => task as TaskId)
	}

	told(tasks: TaskId[]): void {
		for (const task of tasks) this.#run("DELETE FROM work_history WHERE task = ?", task)
	}

	#read(name: string): string | undefined {
		const row = this.#run("SELECT value FROM work WHERE name = ?", name).next().value
		return row === undefined ? undefined : String(row.value)
	}

	#write(name: string, value: string): void {
		this.#run("INSERT OR REPLACE INTO work (name, value) VALUES (?, ?)", name, value)
	}

	#run(query: string, ...values: SqlStorageValue[]): SqlStorageCursor<Record<string, SqlStorageValue>> {
		if (!this.#isOpen) {
			this.#sql.exec(TABLES)
			this.#isOpen = true
		}
		return this.#sql.exec(query, ...values)
	}
}

/** Until somebody says otherwise. */
const LIMITS: TaskLimits = { atOnce: 50, queued: 2_000 }

const TABLES = `
	CREATE TABLE IF NOT EXISTS work (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
	CREATE TABLE IF NOT EXISTS work_history (task TEXT PRIMARY KEY) WITHOUT ROWID;
`
