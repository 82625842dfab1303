// The registry's database as its parts see it: D1 behind typed SQL.
import type { DrizzleD1Database } from "drizzle-orm/d1"
import type * as schema from "../../migrations/schema.ts"

export type Database = DrizzleD1Database<typeof schema>
