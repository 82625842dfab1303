// Tokens for programs.
import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import type { TokenId } from "../../protocol/ids.ts"
import type { Action } from "../../protocol/roles.ts"
import {
	ask,
	codeOf,
	dial,
	enrolled,
	HOME,
	linked,
	owner,
	type Program,
	post,
	program,
	signIn,
	somebody,
} from "./home.ts"

const HOUR_MS = 60 * 60_000

/** A program that this one makes a token for. */
async function made(
	{ call }: Program,
	scope: { actions?: Action[]; tags?: string[]; expiresAt?: number } = {},
	name = crypto.randomUUID(),
): Promise<Program> {
	return program((await call("createToken", { body: { name, ...scope } })).secret)
}

test("[TRU3] a token is shown once and kept as a hash", async () => {
	const { call, secret } = await owner()
	expect(secret).toMatch(/^hp_[A-Za-z0-9_-]{43}$/)
	const { results } = await env.DB.prepare("SELECT * FROM token").all()
	expect(JSON.stringify(results)).not.toContain(secret)
	const { tokens } = await call("listTokens")
	expect(JSON.stringify(tokens)).not.toContain(secret)
	expect(tokens.map(({ prefix }) => prefix)).toContain(secret.slice(0, 8))
})

test("a token speaks under its own name with its maker's role", async () => {
	const { call } = await owner()
	const { secret } = await call("createToken", { body: { name: "Строитель 建造" } })
	expect(await program(secret).call("me")).toMatchObject({ name: "Строитель 建造", role: "owner" })
})

test("[TRU3] a revoked token is refused at once", async () => {
	const { call } = await owner()
	const { token, secret } = await call("createToken", { body: { name: "short-lived" } })
	const other = program(secret)
	await other.call("me")
	await call("revokeToken", { params: { token: token.id } })
	expect(await codeOf(await ask("/api/me", { headers: other.headers }))).toBe("not_signed_in")
	expect((await call("listTokens")).tokens.map(({ id }) => id)).not.toContain(token.id)
	await expect(call("revokeToken", { params: { token: token.id } })).rejects.toMatchObject({ code: "not_found" })
})

test("nobody sees or revokes the tokens of another person", async () => {
	const [one, other] = [await owner(), await somebody("owner")]
	const { token } = await one.call("createToken", { body: { name: "mine" } })
	expect((await other.call("listTokens")).tokens.map(({ id }) => id)).not.toContain(token.id)
	const revoking = other.call("revokeToken", { params: { token: token.id as TokenId } })
	await expect(revoking).rejects.toMatchObject({ code: "not_found" })
})

test("a token dies with its maker's place in the workspace", async () => {
	const { headers } = await somebody("developer")
	expect((await ask("/api/me", { headers })).status).toBe(200)
	await env.DB.prepare("DELETE FROM member WHERE role = 'developer'").run()
	expect(await codeOf(await ask("/api/me", { headers }))).toBe("not_signed_in")
})

test("the last use of a token is written at most once a minute", async () => {
	const { call } = await owner()
	const { token, secret } = await call("createToken", { body: { name: "used" } })
	const used = () =>
		env.DB.prepare("SELECT last_used_at AS at FROM token WHERE id = ?").bind(token.id).first<number>("at")
	const use = () => program(secret).call("me")
	expect(await used()).toBeNull()
	await use()
	expect(await used()).toBeGreaterThan(Date.now() - 5_000)
	for (const [age, stays] of [
		[50_000, true],
		[70_000, false],
	] as const) {
		const before = Date.now() - age
		await env.DB.prepare("UPDATE token SET last_used_at = ? WHERE id = ?").bind(before, token.id).run()
		await use()
		expect((await used()) === before).toBe(stays)
	}
})

test("a browser makes a token from its own page", async () => {
	const cookie = await signIn()
	const response = await post("/api/tokens", { name: "from the console" }, { cookie, origin: HOME })
	expect(await response.json()).toMatchObject({ token: { name: "from the console", lastUsedAt: null } })
})

test("two tokens of one person have two names, and a name is free again when its token is gone", async () => {
	const [one, other] = [await owner(), await somebody("owner")]
	const { token } = await one.call("createToken", { body: { name: "robot" } })
	await expect(made(one, {}, "robot")).rejects.toMatchObject({ code: "name_taken" })
	await made(other, {}, "robot")
	await one.call("revokeToken", { params: { token: token.id } })
	const outcomes = await Promise.allSettled([1, 2, 3].map(() => made(one, {}, "robot")))
	expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
})

test("a token that has expired is refused, and still listed for whoever wonders why", async () => {
	const by = await owner()
	const expiresAt = Date.now() + HOUR_MS
	const { token, secret } = await by.call("createToken", { body: { name: "short", expiresAt } })
	expect(token.expiresAt).toBe(expiresAt)
	await program(secret).call("me")
	await env.DB.prepare("UPDATE token SET expires_at = ? WHERE id = ?").bind(Date.now(), token.id).run()
	expect(await codeOf(await ask("/api/me", { headers: program(secret).headers }))).toBe("not_signed_in")
	expect((await by.call("listTokens")).tokens.map(({ id }) => id)).toContain(token.id)
	await made(by, {}, "short")
	await expect(made(by, { expiresAt: Date.now() - 1 })).rejects.toMatchObject({ code: "invalid_request" })
})

test("[TRU3] a revoked token's sockets end with it, and nobody else's", async () => {
	const by = await owner()
	const machine = await enrolled(by)
	const { token, secret } = await by.call("createToken", { body: { name: "screens" } })
	const { headers } = program(secret)
	const [view, feed] = [await dial(`/api/machines/${machine.id}/view`, headers), await dial("/api/feed", headers)]
	const other = await dial("/api/feed", by.headers)
	await by.call("revokeToken", { params: { token: token.id } })
	for (const socket of [view, feed]) expect(await socket.closed).toEqual({ code: 4403, reason: "access_changed" })
	other.send("ping")
	expect(await other.next()).toBe("pong")
	other.close()
})

test("[TRU1] a narrowed token does what it is narrowed to, at the routes and on a screen", async () => {
	const by = await owner()
	const machine = await enrolled(by)
	const narrow = await made(by, { actions: ["machine:read", "session:watch", "workspace:read"] })
	expect((await narrow.call("me")).actions).toEqual(["workspace:read", "machine:read", "session:watch"])
	await narrow.call("listMachines")
	await expect(narrow.call("createEnrollment")).rejects.toMatchObject({ code: "not_allowed" })
	await expect(narrow.call("listTokens")).rejects.toMatchObject({ code: "not_allowed" })
	const link = await linked(machine)
	const view = await dial(`/api/machines/${machine.id}/view`, narrow.headers)
	view.send({ type: "hello", version: 1, viewer: "vwr_22222222222222222222" })
	expect(await view.next()).toMatchObject({ type: "machine", role: "guest" })
	view.close()
	link.close()
	const blind = await made(by, { actions: ["machine:read"] })
	const refused = await dial(`/api/machines/${machine.id}/view`, blind.headers)
	expect((await refused.closed).reason).toBe("not_allowed")
})

test("[TRU1] a token may be narrowed to machines by their tags", async () => {
	const by = await owner()
	const [tagged, other] = [await enrolled(by), await enrolled(by)]
	await by.call("changeMachine", { params: { machine: tagged.id }, body: { tags: ["gpu"] } })
	const narrow = await made(by, { tags: ["gpu", "arm"] })
	expect((await narrow.call("listMachines")).machines.map(({ id }) => id)).toEqual([tagged.id])
	await expect(narrow.call("ping", { params: { machine: other.id } })).rejects.toMatchObject({ code: "not_found" })
})

describe("[TRU1] nobody makes a token that may more than they may", () => {
	test("[TRU1] a person not beyond their role, and a token of a person who is demoted may less at once", async () => {
		const boss = await somebody("owner", "elsewhere")
		const developer = await somebody("developer", boss)
		const beyond = made(developer, { actions: ["session:type", "machine:manage"] })
		await expect(beyond).rejects.toMatchObject({ code: "not_allowed" })
		const typing = await made(developer, { actions: ["session:type", "workspace:read"] })
		await boss.call("changeMember", { params: { member: developer.id }, body: { role: "guest" } })
		expect((await typing.call("me")).actions).toEqual(["workspace:read"])
	})

	test("[TRU1] a narrowed token makes none but as narrow ones", async () => {
		const by = await owner()
		const expiresAt = Date.now() + HOUR_MS
		const scope = { actions: ["token:manage", "machine:read"] as Action[], tags: ["gpu"], expiresAt }
		const narrow = await made(by, scope)
		for (const wider of [
			{ actions: ["session:type"] as Action[] },
			{ tags: ["gpu", "cpu"] },
			{ expiresAt: expiresAt + 1 },
		])
			await expect(made(narrow, wider)).rejects.toMatchObject({ code: "not_allowed" })
		const { token } = await narrow.call("createToken", { body: { name: "child" } })
		expect(token).toMatchObject(scope)
		const narrower = { actions: ["machine:read"] as Action[], expiresAt: expiresAt - HOUR_MS / 2 }
		const { token: grandchild } = await narrow.call("createToken", { body: { name: "narrower", ...narrower } })
		expect(grandchild).toMatchObject({ ...narrower, tags: ["gpu"] })
	})
})
