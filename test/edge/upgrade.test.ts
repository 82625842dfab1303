// A home of the first release, with people, programs and machines in it, goes forward and goes on.
import { evictAllDurableObjects, reset, runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import { MIGRATIONS } from "../../migrations/sql.ts"
import { client } from "../../protocol/client.ts"
import type { MachineId } from "../../protocol/ids.ts"
import { didKey } from "../../worker/did-key.ts"
import { hash } from "../../worker/hash.ts"
import worker from "../../worker/index.ts"
import { codeOf, Dialled, dialToken, HOME, newKeys, PLATFORM } from "./home.ts"

/** A home that migrates itself, as it is after its upgrade. */
const home = { ...env, SELF_MIGRATE: "1" }
const fetch = async (path: string, init: RequestInit = {}) => worker.fetch(new Request(HOME + path, init), home)
const bearing = (secret: string) =>
	client((path, init) => fetch(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${secret}` } }))
const enroll = (code: string, publicKey: string) =>
	fetch("/api/enroll", {
		method: "POST",
		body: JSON.stringify({ code, publicKey, name: "new", platform: PLATFORM }),
		headers: { "content-type": "application/json" },
	})

test("the registry of the first release goes forward with its data, and its objects with theirs", async () => {
	await reset()
	const [first] = MIGRATIONS
	if (first === undefined) throw new Error("invariant: there was a first release")
	await env.DB.batch(first.statements.map((statement) => env.DB.prepare(statement)))
	await env.DB.exec(
		"CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
	)
	const put = (table: string, row: Record<string, unknown>) =>
		env.DB.prepare(`INSERT INTO ${table} (${Object.keys(row)}) VALUES (${Object.keys(row).map(() => "?")})`).bind(
			...Object.values(row),
		)
	const [keys, gone] = [await newKeys(), await newKeys()]
	const [machine, removed] = ["mch_00000000000000000001", "mch_00000000000000000002"] as MachineId[] as [
		MachineId,
		MachineId,
	]
	const enrolled = { workspace_id: "w", platform: JSON.stringify(PLATFORM), created_at: 3 }
	const made = { workspace_id: "w", user_id: "u", prefix: "hp_", created_at: 4 }
	const at = Date.now()
	await env.DB.batch([
		put("d1_migrations", { name: first.name }),
		put("user", { id: "u", name: "Ana", email: "owner@home.invalid", created_at: 1, updated_at: 1 }),
		put("session", {
			id: "s",
			token: "t",
			user_id: "u",
			expires_at: at + 60_000,
			active_workspace_id: "w",
			created_at: 1,
			updated_at: 1,
		}),
		put("workspace", { id: "w", name: "Home", slug: "home", logo: null, metadata: null, created_at: 2 }),
		put("member", { id: "m", workspace_id: "w", user_id: "u", role: "owner", created_at: 2 }),
		put("machine", { ...enrolled, id: machine, name: "box", public_key: keys.publicKey }),
		put("machine", { ...enrolled, id: removed, name: "old", public_key: gone.publicKey, revoked_at: 9 }),
		put("token", { ...made, id: "tok_00000000000000000001", name: "laptop", hash: await hash("hp_good") }),
		put("token", {
			...made,
			id: "tok_00000000000000000002",
			name: "lost",
			hash: await hash("hp_revoked"),
			revoked_at: 9,
		}),
		put("enrollment", { workspace_id: "w", created_by: "u", hash: await hash("UNUSED"), expires_at: at + 60_000 }),
		put("enrollment", {
			workspace_id: "w",
			created_by: "u",
			hash: await hash("USED"),
			expires_at: at + 60_000,
			used_at: 5,
		}),
		put("sign_in_link", { nonce: "spent", expires_at: at + 60_000 }),
	])
	// The machine's object as the first release left it.
	const object = env.MACHINE.get(env.MACHINE.idFromName(machine))
	await object.enroll({ id: machine, name: "box", platform: PLATFORM })
	await runInDurableObject(object, (_, { storage }) => void storage.sql.exec("DROP TABLE dial"))
	await evictAllDurableObjects()

	const call = bearing("hp_good")
	expect(await call("me")).toMatchObject({ name: "laptop", role: "owner", workspace: { id: "w", name: "Home" } })
	await expect(bearing("hp_revoked")("me")).rejects.toMatchObject({ code: "not_signed_in" })
	expect((await call("listMachines")).machines).toMatchObject([
		{
			id: machine,
			name: "box",
			key: didKey(keys.publicKey),
			platform: PLATFORM,
			tags: [],
			members: null,
			enrolledBy: null,
		},
	])
	expect((await call("listTokens")).tokens).toMatchObject([
		{ name: "laptop", actions: null, tags: null, expiresAt: null },
	])
	expect(await codeOf(await enroll("USED", gone.publicKey))).toBe("code_invalid")
	expect((await enroll("UNUSED", gone.publicKey)).status).toBe(200)

	const dial = async (id: MachineId, privateKey: CryptoKey, version: number) => {
		const authorization = `Bearer ${await dialToken({ id, privateKey })}`
		const { webSocket, headers } = await fetch("/api/link", { headers: { upgrade: "websocket", authorization } })
		if (webSocket === null) throw new Error("invariant: an upgrade is answered with a socket")
		const link = new Dialled(webSocket, headers)
		link.send({ type: "hello", version, platform: PLATFORM, sessions: [] })
		return link
	}
	const link = await dial(machine, keys.privateKey, 1)
	expect(await link.next()).toMatchObject({ type: "welcome", machine: "box" })
	link.close()
	expect((await (await dial(removed, gone.privateKey, 1)).closed).reason).toBe("machine_revoked")

	const count = (table: string) => env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>("n")
	const counts = { user: 1, session: 1, workspace: 1, member: 1, machine: 3, token: 2, enrollment: 2, sign_in_link: 1 }
	for (const [table, rows] of Object.entries(counts)) expect(await count(table), table).toBe(rows)
	expect(await count("d1_migrations")).toBe(MIGRATIONS.length)
})
