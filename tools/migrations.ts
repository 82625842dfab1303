// Writes migrations/sql.ts from the .sql files beside it: the second half of `npm run db:generate`.
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"

const FOLDER = resolve(import.meta.dirname, "../migrations")

/** The module that carries the migrations into the Worker. */
export function migrationsModule(): string {
	const names = readdirSync(FOLDER).filter((name) => name.endsWith(".sql"))
	const migrations = names.sort().map((name) => ({
		name,
		statements: readFileSync(join(FOLDER, name), "utf8")
			.split("--> statement-breakpoint")
			.map((statement) => statement.trim()),
	}))
	return `// The migrations as data, made from the .sql files beside this one by \`npm run db:generate\`.
export const MIGRATIONS: readonly { name: string; statements: readonly string[] }[] = ${JSON.stringify(migrations, null, "\t")}
`
}

if (import.meta.main) writeFileSync(join(FOLDER, "sql.ts"), migrationsModule())
