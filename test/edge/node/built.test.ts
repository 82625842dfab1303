// What is made at build time: the API's description, the migrations as data, and the homes' configuration.
import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { Validator } from "@seriousme/openapi-schema-validator"
import { expect, test } from "vitest"
import { MIGRATIONS } from "../../../migrations/sql.ts"
import { REFUSALS } from "../../../protocol/errors.ts"
import { RATES } from "../../../protocol/limits.ts"
import type { Shape } from "../../../protocol/route.ts"
import { ROUTES } from "../../../protocol/routes.ts"
import { apiPage } from "../../../tools/api-page.ts"
import { readMigrations } from "../../../tools/migrations.ts"
import { openapi } from "../../../tools/openapi.ts"

const ROOT = resolve(import.meta.dirname, "../../..")
const read = (path: string) => readFileSync(join(ROOT, path), "utf8")

test("the API's description is valid OpenAPI 3.1", async () => {
	const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(openapi())))
	expect(errors ?? []).toEqual([])
	expect(valid).toBe(true)
})

test("the description covers every route, with what it takes and what it answers", () => {
	const { paths = {} } = JSON.parse(JSON.stringify(openapi()))
	for (const [name, row] of Object.entries(ROUTES) as [string, Shape][]) {
		const operation = paths[row.path.replace(/:(\w+)/g, "{$1}")]?.[row.method.toLowerCase()]
		expect(operation?.operationId).toBe(name)
		expect(operation.responses.default.content["application/json"].schema.$ref, name).toMatch(/Refusal$/)
		expect(operation.responses[row.kind === "socket" ? "101" : "200"], name).toBeDefined()
		expect("requestBody" in operation, name).toBe(row.body !== undefined || row.takes !== undefined)
		expect(operation.security.length > 0, name).toBe(row.may !== "anybody")
	}
})

test("the description lists every code with which the API refuses", () => {
	const { components } = JSON.parse(JSON.stringify(openapi()))
	expect(components.schemas.Refusal.properties.error.properties.code.enum).toEqual(Object.keys(REFUSALS))
})

test("the page describes every operation and runs no script", () => {
	const page = apiPage(openapi())
	for (const name of Object.keys(ROUTES)) expect(page).toContain(`id="${name}"`)
	expect(page).not.toMatch(/<script|javascript:|\son\w+=/i)
	expect(page).not.toMatch(/(src|href)="https?:/)
	for (const [, name] of page.matchAll(/href="#(\w+)"/g)) expect(page).toContain(`id="${name}"`)
})

test("the migrations in the Worker are those of the .sql files", () => {
	expect(MIGRATIONS).toEqual(readMigrations())
	const journal = JSON.parse(read("migrations/meta/_journal.json")) as { entries: { tag: string }[] }
	const files = readdirSync(join(ROOT, "migrations")).filter((name) => name.endsWith(".sql"))
	expect(files.sort()).toEqual(journal.entries.map(({ tag }) => `${tag}.sql`))
})

test("wrangler.toml counts calls as protocol/limits.ts says", () => {
	const bound = [
		...read("wrangler.toml").matchAll(/^name = "RATE_(\w+)"\n.*\nsimple = { limit = (\d+), period = 60 }$/gm),
	]
	const limits = bound.map(([, name = "", limit]) => [name.toLowerCase().replace("_", "-"), Number(limit)])
	expect(Object.fromEntries(limits)).toEqual(RATES)
})

test("wrangler.toml binds what durable-objects/env.ts says, and has this version", () => {
	const toml = read("wrangler.toml")
	const bound = [...toml.matchAll(/^(?:binding|name) = "([A-Z][A-Z_]*)"$/gm)].map(([, name]) => name)
	const vars = [...(/\[vars\]\n((?:\w+ = .*\n)+)/.exec(toml)?.[1]?.matchAll(/^(\w+) =/gm) ?? [])].map(
		([, name]) => name,
	)
	const declared = [...read("durable-objects/env.ts").matchAll(/^\t([A-Z][A-Z_]*)\??:/gm)].map(([, name]) => name)
	// Secrets and what only some homes set are named in a comment, since the file can hold neither.
	const comments = toml.match(/^#.*$/gm) ?? []
	const named = comments
		.flatMap((line) => line.match(/\b[A-Z]+_?[A-Z_]*[A-Z]\b/g) ?? [])
		.filter((name) => declared.includes(name))
	expect([...bound, ...vars, ...new Set(named)].sort()).toEqual(declared.sort())
	expect(toml).toContain(`VERSION = "${(JSON.parse(read("package.json")) as { version: string }).version}"`)
})
