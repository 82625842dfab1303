// Brings the registry of a home up to date that nothing migrates from outside, as `wrangler d1 migrations apply` would.
import { MIGRATIONS } from "../migrations/sql.ts"

/** Applies what is missing; does nothing after the first time in an isolate. */
export async function migrate(database: D1Database): Promise<void> {
	if (isDone) return
	await database.exec(LEDGER)
	const applied = await appliedTo(database)
	for (const migration of MIGRATIONS) {
		if (applied.has(migration.name)) continue
		try {
			// The ledger's row comes first: of two requests that try at once, one fails here and changes nothing.
			await database.batch([
				database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(migration.name),
				...migration.statements.map((statement) => database.prepare(statement)),
			])
		} catch (error) {
			if (!(await appliedTo(database)).has(migration.name)) throw error
		}
	}
	isDone = true
}

let isDone = false

/** wrangler's own table, so that either may take over from the other. */
const LEDGER =
	"CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)"

async function appliedTo(database: D1Database): Promise<Set<string>> {
	const { results } = await database.prepare("SELECT name FROM d1_migrations").all<{ name: string }>()
	return new Set(results.map(({ name }) => name))
}
