// Writes migrations/sql.ts from the .sql files beside it: the second half of `npm run db:generate`.
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"

const FOLDER = resolve(import.meta.dirname, "../migrations")

/** The migrations in their order, each cut into its statements. */
export function readMigrations(): { name: string; statements: string[] }[] {
	const names = readdirSync(FOLDER).filter((name) => name.endsWith(".sql"))
	return names.sort().map((name) => ({
		name,
		statements: readFileSync(join(FOLDER, name), "utf8")
			.split("--> statement-breakpoint")
			.map((statement) => statement.trim()),
	}))
}

function writeModule(): void {
	const text = `// The migrations as data, made from the .sql files beside this one by \`npm run db:generate\`.
export const MIGRATIONS: readonly { name: string; statements: readonly string[] }[] = ${JSON.stringify(readMigrations())}
`
	writeFileSync(join(FOLDER, "sql.ts"), text)
}

if (import.meta.main) writeModule()
