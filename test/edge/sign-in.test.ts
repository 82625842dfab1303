// Signing in by one-time links, staying signed in, and signing out.
import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import { SIGN_IN_LINK_MS } from "../../protocol/limits.ts"
import { signSignInLink } from "../../protocol/sign-in-link.ts"
import { ask, codeOf, HOME, newLink, post, signIn } from "./home.ts"

test("[TRU3] two first links at once make one owner and one workspace", async () => {
	const tokens = await Promise.all([newLink(), newLink(), newLink()])
	const answers = await Promise.all(tokens.map((token) => post("/api/sign-in", { token })))
	expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
	const count = (table: string) => env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>("n")
	expect([await count("user"), await count("workspace"), await count("member")]).toEqual([1, 1, 1])
})

test("[TRU3] of three claims that race for one sign-in link one wins", async () => {
	const token = await newLink()
	const answers = await Promise.all([1, 2, 3].map(() => post("/api/sign-in", { token })))
	const codes = await Promise.all(answers.map(codeOf))
	expect(codes.filter((code) => code === undefined)).toHaveLength(1)
	expect(codes.filter((code) => code === "sign_in_link_spent")).toHaveLength(2)
	expect(answers.filter(({ headers }) => headers.has("set-cookie"))).toHaveLength(1)
})

test("[TRU3] a link that is forged, expired or changed signs nobody in", async () => {
	const now = Date.now()
	const good = await newLink()
	const later = good.replace(/\.\d+\./, (expiry) => `.${Number(expiry.slice(1, -1)) + 1}.`)
	for (const token of [
		await signSignInLink("another home's key", now),
		await newLink(now - SIGN_IN_LINK_MS),
		later,
		good.slice(0, -1),
		`${good}A`,
		"..",
		"x",
	])
		expect(await codeOf(await post("/api/sign-in", { token }))).toBe("sign_in_link_spent")
	expect((await post("/api/sign-in", { token: good })).status).toBe(200)
})

test("the first link and every later one sign the same owner in", async () => {
	const [first, second] = [await signIn(), await signIn()]
	for (const cookie of [first, second]) {
		const me = await (await ask("/api/me", { headers: { cookie } })).json()
		expect(me).toMatchObject({ name: "Owner", role: "owner", workspace: { name: "Home" } })
	}
})

test("the cookie is out of reach of scripts and other sites, and over https of plain http", async () => {
	const attributes = async (origin: string) => {
		const body = JSON.stringify({ token: await newLink() })
		const headers = { "content-type": "application/json" }
		const response = await ask("/api/sign-in", { method: "POST", body, headers }, origin)
		return response.headers.getSetCookie().join("\n")
	}
	expect(await attributes(HOME)).toMatch(/^__Secure-homeport\.session_token=.*; HttpOnly; Secure; SameSite=Lax$/)
	expect(await attributes("http://127.0.0.1:8787")).toMatch(
		/^homeport\.session_token=(?!.*Secure).*; HttpOnly; SameSite=Lax$/,
	)
})

test("signing out ends the session, also for a copy of the cookie", async () => {
	const cookie = await signIn()
	const response = await post("/api/sign-out", {}, { cookie, origin: HOME })
	expect(response.status).toBe(200)
	expect(response.headers.getSetCookie().join("\n")).toMatch(/session_token=;.*Max-Age=0/)
	expect(await codeOf(await ask("/api/me", { headers: { cookie } }))).toBe("not_signed_in")
})

test("signing out of nothing is no error", async () => {
	expect((await post("/api/sign-out", {})).status).toBe(200)
})

test("a cookie of another home, or one that was changed, is nobody's", async () => {
	const cookie = await signIn()
	for (const bad of [`${cookie}x`, "__Secure-homeport.session_token=abc.def", "other=1"])
		expect(await codeOf(await ask("/api/me", { headers: { cookie: bad } }))).toBe("not_signed_in")
})

test("an isolate whose first call was given up still signs people in", async () => {
	// The accounts are made anew for an origin that nobody has used; whoever asks first does not wait for them.
	const origin = "https://other.example"
	const cookie = await signIn()
	void ask("/api/me", { headers: { cookie } }, origin)
	const answers = await Promise.all([1, 2, 3].map(() => ask("/api/me", { headers: { cookie } }, origin)))
	expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
})
