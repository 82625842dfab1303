// Tables of a part of the object, made when they are first asked.

type Row = Record<string, SqlStorageValue>

export class Table {
	readonly #sql: SqlStorage
	readonly #create: string
	#isOpen = false

	constructor(sql: SqlStorage, create: string) {
		this.#sql = sql
		this.#create = create
	}

	run(query: string, ...values: SqlStorageValue[]): Row[] {
		if (!this.#isOpen) {
			this.#sql.exec(this.#create)
			this.#isOpen = true
		}
		return this.#sql.exec(query, ...values).toArray()
	}
}
