// Rows of the registry, put there directly: many at once, as the schema types them.
import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto"
import { getTableColumns, getTableName, type Table } from "drizzle-orm"
import { AUTH_SECRET, type Database } from "./home.ts"

/** Rows that wait to be inserted, table by table in the order in which these were first named. */
export class Rows {
	readonly #waiting = new Map<Table, Record<string, unknown>[]>()

	add<T extends Table>(table: T, row: T["$inferInsert"]): void {
		const rows = this.#waiting.get(table) ?? []
		rows.push(row)
		this.#waiting.set(table, rows)
	}

	async insert(db: Database): Promise<void> {
		const statements = [...this.#waiting].flatMap(([table, rows]) =>
			Array.from({ length: Math.ceil(rows.length / ROWS_A_STATEMENT) }, (_, n) =>
				insertAll(db, table, rows.slice(n * ROWS_A_STATEMENT, (n + 1) * ROWS_A_STATEMENT)),
			),
		)
		await db.batch(statements)
		this.#waiting.clear()
	}
}

/** All of them in one parameter, of which a statement has only so many and each may be only so large. */
const ROWS_A_STATEMENT = 1_000

function insertAll(db: Database, table: Table, rows: Record<string, unknown>[]) {
	const columns = Object.entries(getTableColumns(table))
	const values = rows.map((row) =>
		columns.map(([key, column]) => {
			const value = row[key] ?? column.default ?? null
			return value === null ? null : column.mapToDriverValue(value)
		}),
	)
	const names = columns.map(([, column]) => `"${column.name}"`).join(", ")
	const picked = columns.map((_, index) => `value ->> ${index}`).join(", ")
	const insert = `INSERT INTO "${getTableName(table)}" (${names}) SELECT ${picked} FROM json_each(?)`
	return db.prepare(insert).bind(JSON.stringify(values))
}

/** Every row of every table. */
export async function dump(db: Database): Promise<Record<string, Record<string, unknown>[]>> {
	const { results } = await db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{ name: string }>()
	const names = results.map(({ name }) => name)
	const tables = await db.batch<Record<string, unknown>>(names.map((name) => db.prepare(`SELECT * FROM "${name}"`)))
	return Object.fromEntries(names.map((name, index) => [name, tables[index]?.results ?? []]))
}

/** Secrets as the registry keeps them. */
export function hash(secret: string): string {
	return createHash("sha256").update(secret).digest("hex")
}

/** What a browser sends that is signed in by the row with this token. */
export function cookieOf(token: string, secret = AUTH_SECRET): string {
	const signature = createHmac("sha256", secret).update(token).digest("base64")
	return `__Secure-homeport.session_token=${encodeURIComponent(`${token}.${signature}`)}`
}

export const newId = (): string => randomUUID()
export const newSecret = () => `hp_${randomBytes(32).toString("base64url")}`
