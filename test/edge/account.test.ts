// What a person decides about themself, and what a fresh sign-in is for.
import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import { FRESH_SIGN_IN_MS, JUST_SIGNED_IN_MS } from "../../protocol/limits.ts"
import worker from "../../worker/index.ts"
import {
	ADDRESS,
	age,
	ask,
	browser,
	codeOf,
	cookieOf,
	dial,
	HOME,
	newcomer,
	owner,
	post,
	signIn,
	somebody,
} from "./home.ts"

const PASSWORD = "correct horse battery"

test("the first owner has no address until they say it, and then signs in with it", async () => {
	const { call } = browser(await signIn())
	expect(await call("showAccount")).toEqual({
		name: "Owner",
		email: null,
		hasPassword: false,
		recoveryCodes: 0,
		providers: [],
	})
	const setting = call("setPassword", { body: { password: PASSWORD } })
	await expect(setting).rejects.toMatchObject({ code: "invalid_request" })
	await expect(call("makeRecoveryCodes")).rejects.toMatchObject({ code: "invalid_request" })
	const named = await call("updateAccount", { body: { name: "Ada", email: "Ada@People.Example" } })
	expect(named).toMatchObject({ name: "Ada", email: "ada@people.example" })
	await call("setPassword", { body: { password: PASSWORD } })
	cookieOf(await post("/api/sign-in/password", { email: "ada@people.example", password: PASSWORD }))
	// A link of the operator's still finds the same person.
	expect(await browser(await signIn()).call("me")).toMatchObject({ name: "Ada", role: "owner" })
})

test("an address is one person's", async () => {
	const by = await owner()
	const [one, other] = [await newcomer(by, "guest"), await newcomer(by, "guest")]
	const taking = other.call("updateAccount", { body: { name: "Thief", email: one.email } })
	await expect(taking).rejects.toMatchObject({ code: "name_taken" })
	expect(await other.call("showAccount")).toMatchObject({ name: "A guest", email: other.email })
	expect(await other.call("updateAccount", { body: { email: other.email } })).toMatchObject({ email: other.email })
})

test("[TRU1] what one decides about oneself no program decides", async () => {
	const { headers } = await somebody("owner")
	for (const path of ["/api/account", "/api/account/passkeys", "/api/account/sign-ins", "/api/workspaces"])
		expect(await codeOf(await ask(path, { headers })), path).toBe("not_signed_in")
	expect(await codeOf(await post("/api/workspaces", { name: "x" }, headers))).toBe("not_signed_in")
})

describe("a password", () => {
	test("[TRU1] is set for the first time by who has just come in", async () => {
		const person = await newcomer(await owner(), "guest")
		await age(person, JUST_SIGNED_IN_MS + 1_000)
		const late = person.call("setPassword", { body: { password: PASSWORD } })
		await expect(late).rejects.toMatchObject({ code: "sign_in_stale" })
	})

	test("[TRU1] is changed by who knows it, whenever they came in", async () => {
		const person = await newcomer(await owner(), "guest")
		await person.call("setPassword", { body: { password: PASSWORD } })
		await age(person, JUST_SIGNED_IN_MS + 1_000)
		const change = (current?: string) =>
			person.call("setPassword", { body: { ...(current && { current }), password: "another horse battery" } })
		await expect(change()).rejects.toMatchObject({ code: "credentials_wrong" })
		await expect(change("wrong horse battery")).rejects.toMatchObject({ code: "credentials_wrong" })
		await change(PASSWORD)
		const signing = (password: string) => post("/api/sign-in/password", { email: person.email, password })
		expect(await codeOf(await signing(PASSWORD))).toBe("credentials_wrong")
		cookieOf(await signing("another horse battery"))
	})

	test("[TRU3] ends every other sign-in of the person, with its sockets, and keeps this one", async () => {
		const person = await newcomer(await owner(), "guest")
		await person.call("setPassword", { body: { password: PASSWORD } })
		const elsewhere = cookieOf(await post("/api/sign-in/password", { email: person.email, password: PASSWORD }))
		const feed = await dial("/api/feed", { cookie: elsewhere, origin: HOME })
		await person.call("setPassword", { body: { current: PASSWORD, password: "another horse battery" } })
		expect((await feed.closed).reason).toBe("access_changed")
		expect(await codeOf(await ask("/api/me", { headers: { cookie: elsewhere } }))).toBe("not_signed_in")
		await person.call("me")
	})

	test("too short or too long is refused", async () => {
		const { call } = await newcomer(await owner(), "guest")
		for (const password of ["nine char", "x".repeat(129)])
			await expect(call("setPassword", { body: { password } })).rejects.toMatchObject({ code: "invalid_request" })
	})
})

test("[TRU1] an old sign-in makes no recovery codes and changes no address, but still a name", async () => {
	const person = await newcomer(await owner(), "guest")
	await age(person, FRESH_SIGN_IN_MS + 1_000)
	await expect(person.call("makeRecoveryCodes")).rejects.toMatchObject({ code: "sign_in_stale" })
	const moving = person.call("updateAccount", { body: { email: "moved@people.example" } })
	await expect(moving).rejects.toMatchObject({ code: "sign_in_stale" })
	expect(await person.call("updateAccount", { body: { name: "Still me" } })).toMatchObject({ name: "Still me" })
})

describe("sign-ins", () => {
	test("are listed with browser and address, and ended at once", async () => {
		const person = await newcomer(await owner(), "guest")
		await person.call("setPassword", { body: { password: PASSWORD } })
		const headers = { "user-agent": "Browser/1.0", [ADDRESS]: "203.0.113.7" }
		const signing = post("/api/sign-in/password", { email: person.email, password: PASSWORD }, headers)
		const elsewhere = cookieOf(await signing)
		const { signIns } = await person.call("listSignIns")
		expect(signIns.map(({ isThis }) => isThis).sort()).toEqual([false, true])
		const other = signIns.find(({ isThis }) => !isThis)
		expect(other).toMatchObject({ browser: "Browser/1.0", address: "203.0.113.7" })
		const feed = await dial("/api/feed", { cookie: elsewhere, origin: HOME })
		await person.call("endSignIn", { params: { signIn: other?.id ?? "" } })
		expect((await feed.closed).reason).toBe("access_changed")
		expect(await codeOf(await ask("/api/me", { headers: { cookie: elsewhere } }))).toBe("not_signed_in")
		expect((await person.call("listSignIns")).signIns).toHaveLength(1)
	})

	test("[TRU1] of another person are not there", async () => {
		const by = await owner()
		const [one, other] = [await newcomer(by, "guest"), await newcomer(by, "guest")]
		const [signIn] = (await one.call("listSignIns")).signIns
		const ending = other.call("endSignIn", { params: { signIn: signIn?.id ?? "" } })
		await expect(ending).rejects.toMatchObject({ code: "not_found" })
		await one.call("me")
	})

	test("[TRU4] keep no more of what a browser calls itself than its name", async () => {
		const person = await newcomer(await owner(), "guest")
		await person.call("setPassword", { body: { password: PASSWORD } })
		const headers = { "user-agent": "x".repeat(8_000) }
		await post("/api/sign-in/password", { email: person.email, password: PASSWORD }, headers)
		const { signIns } = await person.call("listSignIns")
		expect(Math.max(...signIns.map(({ browser }) => browser?.length ?? 0))).toBe(256)
	})
})

test("the owner of a home of one's own can remove their last passkey: a sign-in link is always theirs to make", async () => {
	const { call } = browser(await signIn())
	const { id } = await call("me")
	const person = await newcomer(await owner(), "maintainer")
	for (const user of [id, person.id])
		await env.DB.prepare(
			"INSERT INTO passkey (id, public_key, user_id, credential_id, counter, device_type, backed_up) VALUES (?, '', ?, ?, 0, 'x', 0)",
		)
			.bind(`of ${user}`, user, `of ${user}`)
			.run()
	const removing = async (cookie: string, user: string, settings: object) => {
		const headers = { cookie, origin: HOME }
		const request = new Request(`${HOME}/api/account/passkeys/of%20${user}`, { method: "DELETE", headers })
		return codeOf(await worker.fetch(request, { ...env, ...settings }))
	}
	const mine = await signIn()
	expect(await removing(mine, id, {})).toBe("last_way_in")
	expect(await removing(person.cookie, person.id, { SELF_MIGRATE: "1" })).toBe("last_way_in")
	expect(await removing(mine, id, { SELF_MIGRATE: "1" })).toBeUndefined()
})
