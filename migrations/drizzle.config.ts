// How drizzle-kit makes the SQL beside schema.ts: `npm run db:generate`.
import { defineConfig } from "drizzle-kit"

export default defineConfig({ dialect: "sqlite", schema: "./migrations/schema.ts", out: "./migrations" })
