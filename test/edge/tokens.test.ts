// Tokens for programs.
import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import type { TokenId } from "../../protocol/ids.ts"
import { ask, codeOf, HOME, owner, post, program, signIn, somebody } from "./home.ts"

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
