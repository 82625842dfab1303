// A home that brings its own registry up to date.
import { applyD1Migrations, reset } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import { MIGRATIONS } from "../../migrations/sql.ts"
import { hash } from "../../worker/hash.ts"
import worker from "../../worker/index.ts"
import { browser, HOME, PLATFORM, program, signIn } from "./home.ts"

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

test("a home of the first version keeps its people, tokens and machines", async () => {
	await reset()
	const [first, ...later] = MIGRATIONS.map(({ name, statements }) => ({ name, queries: [...statements] }))
	if (first === undefined) throw new Error("invariant: there is a first migration")
	await applyD1Migrations(env.DB, [first])
	const secrets = ["hp_one", "hp_other"]
	const add = (sql: string, ...values: unknown[]) => env.DB.prepare(sql).bind(...values)
	await env.DB.batch([
		add("INSERT INTO user (id, name, email, created_at, updated_at) VALUES ('u', 'Owner', 'owner@home.invalid', 1, 1)"),
		add("INSERT INTO workspace (id, name, slug, created_at) VALUES ('w', 'Home', 'home', 1)"),
		add("INSERT INTO member (id, workspace_id, user_id, role, created_at) VALUES ('m', 'w', 'u', 'owner', 1)"),
		add(
			"INSERT INTO session (id, token, user_id, expires_at, active_workspace_id, created_at, updated_at) VALUES ('s', 't', 'u', 9e12, 'w', 1, 1)",
		),
		add(
			"INSERT INTO machine (id, workspace_id, name, public_key, platform, created_at) VALUES (?, 'w', 'box', 'AAAA', ?, 1)",
			OLD,
			JSON.stringify(PLATFORM),
		),
		// One command that had lost its token had two of one name.
		...(await Promise.all(
			secrets.map(async (secret, n) =>
				add(
					"INSERT INTO token (id, workspace_id, user_id, name, prefix, hash, created_at) VALUES (?, 'w', 'u', 'command', 'hp_', ?, 1)",
					`tok_0000000000000000000${n}`,
					await hash(secret),
				),
			),
		)),
	])
	await applyD1Migrations(env.DB, [first, ...later])
	for (const secret of secrets) expect(await program(secret).call("me")).toMatchObject({ id: "u", role: "owner" })
	const { call } = browser(await signIn())
	expect((await call("listTokens")).tokens).toMatchObject([
		{ name: "command", actions: null, tags: null, expiresAt: null },
		{ name: "command" },
	])
	expect((await call("listMachines")).machines).toMatchObject([{ id: OLD, tags: [], members: null, enrolledBy: null }])
	expect((await call("listSignIns")).signIns).toHaveLength(2)
	// What a later migration refers to goes without taking the machine with it.
	await env.DB.prepare(
		"INSERT INTO user (id, name, email, created_at, updated_at) VALUES ('g', 'Gone', 'g@x.invalid', 1, 1)",
	).run()
	await env.DB.prepare("UPDATE machine SET enrolled_by = 'g'").run()
	await env.DB.prepare("DELETE FROM user WHERE id = 'g'").run()
	expect((await call("listMachines")).machines).toMatchObject([{ enrolledBy: null }])
})

const OLD = "mch_00000000000000000001"
