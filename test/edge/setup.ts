// The registry of each file's home, brought up to date as the deploy does it.
import { applyD1Migrations } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { MIGRATIONS } from "../../migrations/sql.ts"

await applyD1Migrations(
	env.DB,
	MIGRATIONS.map(({ name, statements }) => ({ name, queries: [...statements] })),
)
