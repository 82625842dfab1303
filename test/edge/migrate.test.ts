// A home that brings its own registry up to date.
import { applyD1Migrations, reset } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import { MIGRATIONS } from "../../migrations/sql.ts"
import worker from "../../worker/index.ts"
import { HOME } from "./home.ts"

const MACHINES = "SELECT count(*) AS n FROM machine"
const applied = () => env.DB.prepare("SELECT name FROM d1_migrations ORDER BY id").all<{ name: string }>()

test("a new home's first requests, all at once, find a registry", async () => {
	await reset()
	await expect(env.DB.prepare(MACHINES).first()).rejects.toThrow("no such table")
	const home = { ...env, SELF_MIGRATE: "1" }
	const asked = Array.from({ length: 8 }, () => worker.fetch(new Request(`${HOME}/api/health`), home))
	const answers = await Promise.all(asked)
	expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
	expect(await env.DB.prepare(MACHINES).first("n")).toBe(0)
	const names = MIGRATIONS.map(({ name }) => name)
	expect((await applied()).results.map(({ name }) => name)).toEqual(names)
	// wrangler keeps the same ledger, and so finds nothing left to apply.
	await applyD1Migrations(
		env.DB,
		MIGRATIONS.map(({ name, statements }) => ({ name, queries: [...statements] })),
	)
	expect((await applied()).results).toHaveLength(names.length)
})
