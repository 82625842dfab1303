// Signing in by one-time links, passwords and recovery codes, staying signed in, and signing out.
import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import { RATES, SIGN_IN_LINK_MS } from "../../protocol/limits.ts"
import { signSignInLink } from "../../protocol/sign-in-link.ts"
import { networkOf } from "../../worker/address.ts"
import worker from "../../worker/index.ts"
import {
	ADDRESS,
	ask,
	browser,
	codeOf,
	cookieOf,
	dial,
	HOME,
	newAddress,
	newcomer,
	newLink,
	owner,
	post,
	signIn,
} from "./home.ts"

const PASSWORD = "correct horse battery"
const whoIs = async (cookie: string) => (await ask("/api/me", { headers: { cookie } })).json<{ id: string }>()

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

test("the ways to sign in that are on are told, passkeys at host names only", async () => {
	const at = async (origin: string) => (await ask("/api/sign-in", {}, origin)).json()
	const providers = [
		{ id: "github", label: "GitHub" },
		{ id: "oidc", label: "OpenID Connect" },
	]
	for (const origin of [HOME, "http://localhost:7400", "https://a.localhost"])
		expect(await at(origin)).toEqual({ passkey: true, password: true, providers })
	for (const origin of ["http://home.example", "http://127.0.0.1:7400", "https://192.168.1.7", "https://[::1]:7400"])
		expect(await at(origin)).toEqual({ passkey: false, password: true, providers })
	const bare = { ...env, PASSWORDS: "off", GITHUB_CLIENT_SECRET: "", OIDC_ISSUER: undefined }
	const response = await worker.fetch(new Request("https://bare.example/api/sign-in"), bare)
	expect(await response.json()).toEqual({ passkey: true, password: false, providers: [] })
})

test("a way that is off is refused", async () => {
	const bare = { ...env, PASSWORDS: undefined, GITHUB_CLIENT_ID: undefined, OIDC_CLIENT_ID: undefined }
	const refused = async (path: string, body: unknown, origin: string) => {
		const init = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }
		return codeOf(await worker.fetch(new Request(origin + path, init), bare))
	}
	const password = { email: "a@b.example", password: PASSWORD }
	expect(await refused("/api/sign-in/password", password, "https://off.example")).toBe("sign_in_method_off")
	for (const provider of ["github", "oidc"])
		expect(await refused(`/api/sign-in/providers/${provider}`, {}, "https://off.example")).toBe("sign_in_method_off")
	expect(await refused("/api/sign-in/passkey/options", {}, "http://10.0.0.1")).toBe("sign_in_method_off")
})

describe("by password", () => {
	test("a person signs in with the password that they set, in whichever letters they type their address", async () => {
		const { id, email, call } = await newcomer(await owner(), "developer")
		await call("setPassword", { body: { password: PASSWORD } })
		expect((await call("showAccount")).hasPassword).toBe(true)
		const response = await post("/api/sign-in/password", { email: email.toUpperCase(), password: PASSWORD })
		expect((await whoIs(cookieOf(response))).id).toBe(id)
	})

	test("[TRU1] a wrong password, an address without one, and an address that nobody has are refused alike", async () => {
		const by = await owner()
		const { email, call } = await newcomer(by, "developer")
		const other = await newcomer(by, "developer")
		await call("setPassword", { body: { password: PASSWORD } })
		const answers = []
		for (const [who, password] of [
			[email, "wrong horse battery"],
			[other.email, PASSWORD],
			["nobody@people.example", PASSWORD],
			["owner@home.invalid", PASSWORD],
		] as const) {
			const response = await post("/api/sign-in/password", { email: who, password })
			expect(response.headers.getSetCookie().join()).not.toMatch(/session_token=[^;]/)
			answers.push([response.status, await response.text()])
		}
		expect(answers[0]?.[0]).toBe(401)
		expect(answers[0]?.[1]).toContain("credentials_wrong")
		expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
	})

	test("[TRU3] a password is kept as a hash that tells nothing of it", async () => {
		const { id, call } = await newcomer(await owner(), "developer")
		await call("setPassword", { body: { password: PASSWORD } })
		const kept = await env.DB.prepare("SELECT password FROM account WHERE user_id = ?")
			.bind(id)
			.first<string>("password")
		// The library's scrypt, with a salt: N and r are its defaults, which docs/operations.md tells the cost of.
		expect(kept).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/)
	})
})

describe("by recovery code", () => {
	test("each of ten codes signs in once, however it is typed", async () => {
		const { id, email, call } = await newcomer(await owner(), "developer")
		const { codes } = await call("makeRecoveryCodes")
		expect(new Set(codes).size).toBe(10)
		const [code = ""] = codes
		const typed = ` ${code.toLowerCase().replaceAll("-", " ")} `
		const answers = await Promise.all([1, 2, 3].map(() => post("/api/sign-in/recovery", { email, code: typed })))
		const [won, ...lost] = answers.sort((one, other) => one.status - other.status)
		expect(await Promise.all(lost.map(codeOf))).toEqual(["credentials_wrong", "credentials_wrong"])
		expect((await whoIs(cookieOf(won as Response))).id).toBe(id)
		expect((await call("showAccount")).recoveryCodes).toBe(9)
	})

	test("a code is good with its person's address only, and void when there are new ones", async () => {
		const by = await owner()
		const [one, other] = [await newcomer(by, "guest"), await newcomer(by, "guest")]
		const [code] = (await one.call("makeRecoveryCodes")).codes
		expect(await codeOf(await post("/api/sign-in/recovery", { email: other.email, code }))).toBe("credentials_wrong")
		await one.call("makeRecoveryCodes")
		expect(await codeOf(await post("/api/sign-in/recovery", { email: one.email, code }))).toBe("credentials_wrong")
		expect((await one.call("showAccount")).recoveryCodes).toBe(10)
	})

	test("[TRU3] codes are kept as hashes", async () => {
		const { call } = await newcomer(await owner(), "guest")
		const { codes } = await call("makeRecoveryCodes")
		const { results } = await env.DB.prepare("SELECT * FROM recovery_code").all()
		for (const code of codes) expect(JSON.stringify(results)).not.toContain(code.replaceAll("-", ""))
	})
})

test("[TRU3] a row of the registry alone signs nobody in: the cookie is signed with a key that is not there", async () => {
	const cookie = await signIn()
	const token = await env.DB.prepare("SELECT token FROM session ORDER BY created_at DESC").first<string>("token")
	const [name, value = ""] = cookie.split("=", 2)
	expect(decodeURIComponent(value).split(".")[0]).toBe(token)
	const signature = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
	for (const forged of [`${token}`, `${token}.`, encodeURIComponent(`${token}.${signature}`)])
		expect(await codeOf(await ask("/api/me", { headers: { cookie: `${name}=${forged}` } }))).toBe("not_signed_in")
})

test("[TRU3] a cookie that somebody else put into the browser never becomes the person's who signs in there", async () => {
	const attacker = await newcomer(await owner(), "guest")
	const { email, id, call } = await newcomer(await owner(), "developer")
	await call("setPassword", { body: { password: PASSWORD } })
	const headers = { cookie: attacker.cookie, origin: HOME }
	const cookie = cookieOf(await post("/api/sign-in/password", { email, password: PASSWORD }, headers))
	expect(cookie).not.toBe(attacker.cookie)
	expect((await whoIs(cookie)).id).toBe(id)
	// And whoever was in the browser before is signed out of it.
	expect(await codeOf(await ask("/api/me", { headers: { cookie: attacker.cookie } }))).toBe("not_signed_in")
})

test("[TRU3] each sign-in has a token of its own, and signing out ends its sockets with it", async () => {
	const [one, other] = [await signIn(), await signIn()]
	expect(one).not.toBe(other)
	const feeds = [await dial("/api/feed", browserHeaders(one)), await dial("/api/feed", browserHeaders(other))] as const
	await post("/api/sign-out", {}, browserHeaders(one))
	expect((await feeds[0].closed).reason).toBe("access_changed")
	feeds[1].send("ping")
	expect(await feeds[1].next()).toBe("pong")
	feeds[1].close()
})

function browserHeaders(cookie: string) {
	return { cookie, origin: HOME }
}

test("[TRU4] an address may try to sign in so often, is told when to come again, and stands in nobody else's way", async () => {
	const from = newAddress()
	const attempt = (address: string) =>
		post("/api/sign-in/password", { email: "a@b.example", password: "guess" }, { [ADDRESS]: address })
	const answers = []
	// Whoever has one IPv6 address has all of its network.
	for (let tries = 0; tries < RATES["sign-in"] + 3; tries++) answers.push(await attempt(from.replace(/1$/, `${tries}`)))
	const codes = await Promise.all(answers.map(codeOf))
	expect(codes.slice(0, RATES["sign-in"])).toEqual(Array(RATES["sign-in"]).fill("credentials_wrong"))
	expect(codes.at(-1)).toBe("rate_limited")
	const wait = Number(answers.at(-1)?.headers.get("retry-after"))
	expect(wait).toBeGreaterThanOrEqual(1)
	expect(wait).toBeLessThanOrEqual(60)
	expect(await codeOf(await attempt(newAddress()))).toBe("credentials_wrong")
})

test.each([
	["203.0.113.7", "203.0.113.7"],
	["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
	["2001:db8:1:2::9", "2001:db8:1:2"],
	["2001:db8::9", "2001:db8:0:0"],
	["2001::4:5:6:7:8", "2001:0:0:4"],
	["::1", "0:0:0:0"],
])("[TRU4] callers of one network are one caller: %s", (address, network) => {
	expect(networkOf(address)).toBe(network)
})

test("[TRU4] a home without the platform's counts counts the same by itself", async () => {
	const own = { ...env, SELF_MIGRATE: "1", RATE_SIGN_IN: undefined }
	const attempt = () => {
		// What a caller claims of its address is nothing to a home that no edge stands before.
		const headers = { "content-type": "application/json", [ADDRESS]: newAddress() }
		const init = { method: "POST", body: '{"token":"x"}', headers }
		return worker.fetch(new Request("http://127.0.0.1:7400/api/sign-in", init), own)
	}
	const codes = []
	for (let tries = 0; tries < RATES["sign-in"] * 2 + 1; tries++) codes.push(await codeOf(await attempt()))
	// A minute may end between two of them.
	expect(codes.filter((code) => code === "sign_in_link_spent").length).toBeLessThanOrEqual(RATES["sign-in"] * 2)
	expect(codes).toContain("rate_limited")
})

test("a person who is a member nowhere is told that there is nothing, and can make a workspace", async () => {
	const { cookie, call } = await newcomer(await owner(), "developer")
	await call("leaveWorkspace")
	await expect(browser(cookie).call("me")).rejects.toMatchObject({ code: "not_found" })
	expect(await call("listWorkspaces")).toEqual({ workspaces: [] })
	const { id } = await call("createWorkspace", { body: { name: "Mine" } })
	expect(await call("me")).toMatchObject({ role: "owner", workspace: { id, name: "Mine" } })
})
