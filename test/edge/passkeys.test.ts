// Passkeys: made by who has just signed in, signed with by their authenticator, removed but for the last way in.
import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import { FRESH_SIGN_IN_MS } from "../../protocol/limits.ts"
import { Authenticator } from "./authenticator.ts"
import { age, ask, codeOf, cookieOf, HOME, newcomer, owner, type Person, post } from "./home.ts"

type Options = { challenge: string; rp: { id: string }; rpId: string; userVerification: string }

/** Asks for options, and keeps the cookie that belongs to them. */
async function offered(path: string, headers: Record<string, string>): Promise<{ options: Options; cookie: string }> {
	const response = await post(path, {}, headers)
	const { options } = (await response.json()) as { options: Options }
	const cookies = response.headers.getSetCookie().map((line) => line.split(";", 1)[0])
	return { options, cookie: [headers.cookie, ...cookies].filter(Boolean).join("; ") }
}

const page = { origin: HOME }
const offerNew = ({ cookie }: Person) => offered("/api/account/passkeys/options", { ...page, cookie })
const offer = (cookie?: string) => offered("/api/sign-in/passkey/options", { ...page, ...(cookie && { cookie }) })

async function add(person: Person, key: Authenticator, name = "My key"): Promise<Response> {
	const { options, cookie } = await offerNew(person)
	return post("/api/account/passkeys", { name, response: await key.register(options) }, { ...page, cookie })
}

async function signInBy(key: Authenticator): Promise<Response> {
	const { options, cookie } = await offer()
	return post("/api/sign-in/passkey", { response: await key.authenticate(options) }, { ...page, cookie })
}

async function withKey(): Promise<{ person: Person; key: Authenticator }> {
	const [person, key] = [await newcomer(await owner(), "developer"), await Authenticator.make(HOME)]
	expect((await add(person, key)).status).toBe(200)
	return { person, key }
}

test("a passkey that a person made signs them in, again and again", async () => {
	const { person, key } = await withKey()
	expect((await person.call("listPasskeys")).passkeys).toMatchObject([{ name: "My key", isBackedUp: false }])
	for (let time = 0; time < 2; time++) {
		const cookie = cookieOf(await signInBy(key))
		expect(await (await ask("/api/me", { headers: { cookie } })).json()).toMatchObject({ id: person.id })
	}
})

test("nobody is asked for an address first, and the person proves to be the key's owner", async () => {
	const { options } = await offer()
	expect(options).toMatchObject({ rpId: "home.example", userVerification: "required" })
	expect(options).not.toHaveProperty("allowCredentials")
	const made = await offerNew(await newcomer(await owner(), "guest"))
	expect(made.options).toMatchObject({
		rp: { id: "home.example", name: "Homeport" },
		authenticatorSelection: { residentKey: "required", userVerification: "required" },
	})
})

describe("[TRU3] refused is", () => {
	test("[TRU3] a key that nobody added, and one whose owner did not prove to be it", async () => {
		expect(await codeOf(await signInBy(await Authenticator.make(HOME)))).toBe("credentials_wrong")
		const { key } = await withKey()
		key.verifies = false
		expect(await codeOf(await signInBy(key))).toBe("credentials_wrong")
		const lazy = await Authenticator.make(HOME)
		lazy.verifies = false
		expect(await codeOf(await add(await newcomer(await owner(), "guest"), lazy))).toBe("credentials_wrong")
	})

	test("[TRU3] a key that answers to another site, or for another page", async () => {
		const phished = await Authenticator.make("https://home.example.evil.example")
		const person = await newcomer(await owner(), "guest")
		expect(await codeOf(await add(person, phished))).toBe("credentials_wrong")
		const { key } = await withKey()
		const { options, cookie } = await offer()
		const response = await key.authenticate({ ...options, rpId: "evil.example" })
		expect(await codeOf(await post("/api/sign-in/passkey", { response }, { ...page, cookie }))).toBe(
			"credentials_wrong",
		)
	})

	test("[TRU3] an answer that was given before, and one without the browser that was asked", async () => {
		const { key } = await withKey()
		const { options, cookie } = await offer()
		const response = await key.authenticate(options)
		expect(await codeOf(await post("/api/sign-in/passkey", { response }, page))).toBe("credentials_wrong")
		expect((await post("/api/sign-in/passkey", { response }, { ...page, cookie })).status).toBe(200)
		expect(await codeOf(await post("/api/sign-in/passkey", { response }, { ...page, cookie }))).toBe(
			"credentials_wrong",
		)
	})

	test("[TRU3] a key that one person was asked for and another adds", async () => {
		const by = await owner()
		const [one, other] = [await newcomer(by, "guest"), await newcomer(by, "guest")]
		const key = await Authenticator.make(HOME)
		const { options, cookie } = await offerNew(one)
		const theirs = cookie.replace(one.cookie, other.cookie)
		const response = await post(
			"/api/account/passkeys",
			{ name: "x", response: await key.register(options) },
			{ ...page, cookie: theirs },
		)
		expect(await codeOf(response)).toBe("credentials_wrong")
		expect((await other.call("listPasskeys")).passkeys).toEqual([])
	})

	test.each([
		["no id", {}],
		["an id that is no text", { id: { $ne: "" } }],
		["a response of nothing", { id: "x", response: null }],
	])("[TRU4] what no authenticator says: %s", async (_, response) => {
		const { cookie } = await offer()
		const code = await codeOf(await post("/api/sign-in/passkey", { response }, { ...page, cookie }))
		expect(["invalid_request", "credentials_wrong"]).toContain(code)
	})
})

test("[TRU1] a sign-in of two hours ago is not enough to add a passkey", async () => {
	const person = await newcomer(await owner(), "developer")
	const { options, cookie } = await offerNew(person)
	await age(person, FRESH_SIGN_IN_MS + 1_000)
	const key = await Authenticator.make(HOME)
	const response = await post(
		"/api/account/passkeys",
		{ name: "late", response: await key.register(options) },
		{ ...page, cookie },
	)
	expect(await codeOf(response)).toBe("sign_in_stale")
	expect(await codeOf(await post("/api/account/passkeys/options", {}, { ...page, cookie }))).toBe("sign_in_stale")
})

test("a passkey that was removed signs nobody in, the last way in stays, and another's is not there", async () => {
	const { person, key } = await withKey()
	const spare = await Authenticator.make(HOME)
	await add(person, spare, "Spare")
	const stranger = await newcomer(await owner(), "developer")
	const [first, second] = (await person.call("listPasskeys")).passkeys.map(({ id }) => ({ params: { passkey: id } }))
	if (first === undefined || second === undefined) throw new Error("invariant: two were added")
	await expect(stranger.call("removePasskey", first)).rejects.toMatchObject({ code: "not_found" })
	const both = await Promise.allSettled([person.call("removePasskey", first), person.call("removePasskey", second)])
	expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"])
	const [left] = (await person.call("listPasskeys")).passkeys
	const codes = await Promise.all([signInBy(key), signInBy(spare)].map(async (signing) => codeOf(await signing)))
	expect(codes.filter((code) => code === "credentials_wrong")).toHaveLength(1)
	const last = { params: { passkey: left?.id ?? "" } }
	await expect(person.call("removePasskey", last)).rejects.toMatchObject({ code: "last_way_in" })
	// A recovery code is for when nothing else is left; a password is another way.
	await person.call("makeRecoveryCodes")
	await expect(person.call("removePasskey", last)).rejects.toMatchObject({ code: "last_way_in" })
	await person.call("setPassword", { body: { password: "correct horse battery" } })
	await person.call("removePasskey", last)
	expect(await env.DB.prepare("SELECT count(*) AS n FROM passkey WHERE user_id = ?").bind(person.id).first("n")).toBe(0)
})

test("[TRU4] what was asked for and never came is forgotten, and so are sign-ins that are over", async () => {
	const person = await newcomer(await owner(), "guest")
	await offer()
	const count = (table: string) => env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>("n")
	await env.DB.prepare("UPDATE verification SET expires_at = ?")
		.bind(Date.now() - 1)
		.run()
	await env.DB.prepare("UPDATE session SET expires_at = ? WHERE user_id = ?")
		.bind(Date.now() - 1, person.id)
		.run()
	const sessions = await count("session")
	await offer()
	expect(await count("verification")).toBe(1)
	expect(await count("session")).toBe((sessions ?? 0) - 1)
})
