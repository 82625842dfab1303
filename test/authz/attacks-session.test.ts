// Attacks on being signed in: cookies set beforehand, changed, stolen from the registry, and addresses tried one by one.
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Answer } from "../../protocol/routes.ts"
import { signSignInLink } from "../../protocol/sign-in-link.ts"
import { codeOf, EVERY_WAY, Home, OWN_PAGE, SIGN_IN_KEY } from "./home.ts"
import { cookieOf } from "./rows.ts"
import { settle, type Town } from "./town.ts"

const PASSWORD = "correct horse battery staple"

let home: Home
let town: Town
beforeAll(async () => {
	home = await Home.start({ settings: EVERY_WAY })
	town = await settle(home)
	expect(
		await codeOf(await send("PUT", "/api/account/password", { password: PASSWORD }, town.owner.page)),
	).toBeUndefined()
})
afterAll(() => home.stop())

function send(method: string, path: string, body: unknown, headers: Record<string, string>) {
	return home.ask(path, {
		method,
		body: JSON.stringify(body),
		headers: { "content-type": "application/json", ...headers },
	})
}

type Answered = Awaited<ReturnType<Home["ask"]>>

/** The session cookie that an answer sets. */
function cookieSet({ headers }: Answered): string | undefined {
	const [cookie] = headers
		.getSetCookie()
		.flatMap((line) => /^__Secure-homeport\.session_token=[^;]+/.exec(line)?.[0] ?? [])
	return cookie
}

const me = (cookie: string) => home.ask("/api/me", { headers: { cookie } })

describe("[TRU1] signing in", () => {
	/** Each way that works without a browser's authenticator, as a request of a browser that already has `cookie`. */
	const WAYS: Record<string, (cookie: string) => Promise<Answered>> = {
		link: async (cookie) =>
			home.post("/api/sign-in", { token: await signSignInLink(SIGN_IN_KEY, Date.now()) }, { cookie, ...OWN_PAGE }),
		password: (cookie) =>
			home.post("/api/sign-in/password", { email: town.owner.email, password: PASSWORD }, { cookie, ...OWN_PAGE }),
		async "recovery code"(cookie) {
			const made = await home.post("/api/account/recovery-codes", {}, town.developer.page)
			const { codes } = (await made.json()) as Answer<"makeRecoveryCodes">
			return home.post(
				"/api/sign-in/recovery",
				{ email: town.developer.email, code: codes[0] },
				{ cookie, ...OWN_PAGE },
			)
		},
		async invitation(cookie) {
			const made = await home.post("/api/invitations", { role: "guest" }, town.owner.program)
			const { url } = (await made.json()) as Answer<"createInvitation">
			const body = { token: new URL(url).hash.slice(1), name: "New", email: `${crypto.randomUUID()}@people.example` }
			return home.post("/api/invitations/accept", body, { cookie, ...OWN_PAGE })
		},
	}

	test.each(Object.keys(WAYS))("[TRU1] by %s adopts no cookie that was there before", async (way) => {
		const before = `__Secure-homeport.session_token=${encodeURIComponent("planted.AAAA")}`
		const answer = await WAYS[way]?.(before)
		const cookie = answer && cookieSet(answer)
		expect(cookie).toBeDefined()
		expect(cookie).not.toContain("planted")
		expect(await codeOf(await me(before))).toBe("not_signed_in")
		expect(await codeOf(await me(cookie ?? ""))).toBeUndefined()
	})

	test.each(["link", "password", "recovery code"])(
		"[TRU1] by %s ends whoever was signed in there, and gives their cookie to nobody",
		async (way) => {
			const { stranger } = await settle(home)
			const answer = await WAYS[way]?.(stranger.cookie)
			const cookie = answer && cookieSet(answer)
			expect(cookie).toBeDefined()
			expect(cookie).not.toBe(stranger.cookie)
			expect(await codeOf(await me(stranger.cookie))).toBe("not_signed_in")
			expect(((await (await me(cookie ?? "")).json()) as Answer<"me">).workspace.id).not.toBe(stranger.workspace)
		},
	)

	test("[TRU1] twice makes two sign-ins, of which one ends without the other", async () => {
		const [one, other] = [
			cookieSet((await WAYS.password?.("x=1")) as Answered) ?? "",
			cookieSet((await WAYS.password?.("x=1")) as Answered) ?? "",
		]
		expect(one).not.toBe(other)
		await home.post("/api/sign-out", {}, { cookie: one, ...OWN_PAGE })
		expect(await codeOf(await me(one))).toBe("not_signed_in")
		expect(await codeOf(await me(other))).toBeUndefined()
	})

	test("[TRU1] that fails sets no cookie and ends no sign-in", async () => {
		const { cookie } = town.guest
		for (const answer of [
			await home.post("/api/sign-in", { token: "x" }, { cookie, ...OWN_PAGE }),
			await home.post(
				"/api/sign-in/password",
				{ email: town.owner.email, password: "wrong password" },
				{ cookie, ...OWN_PAGE },
			),
			await home.post("/api/sign-in/recovery", { email: town.owner.email, code: "WRONG" }, { cookie, ...OWN_PAGE }),
			await home.post("/api/sign-in/passkey", { response: { id: "x" } }, { cookie, ...OWN_PAGE }),
		]) {
			expect(answer.status).toBe(401)
			expect(cookieSet(answer)).toBeUndefined()
		}
		expect(await codeOf(await me(cookie))).toBeUndefined()
	})
})

describe("[TRU3] a cookie", () => {
	test("[TRU3] that was changed anywhere is nobody's", async () => {
		const [name = "", value = ""] = town.owner.cookie.split("=")
		const [token = "", signature = ""] = decodeURIComponent(value).split(".")
		const flipped = (text: string, at: number) =>
			text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1)
		const values = [
			...[0, token.length >> 1, token.length - 1].map((at) => `${flipped(token, at)}.${signature}`),
			...[0, 20, 41].map((at) => `${token}.${flipped(signature, at)}`),
			token,
			`${token}.`,
			`.${signature}`,
			`${token}.${signature}.${signature}`,
			`${token}.${signature.slice(0, -4)}`,
			`${token}.${"A".repeat(43)}=`,
			"",
			"null",
			"%00",
		]
		for (const changed of values) {
			const cookie = `${name}=${encodeURIComponent(changed)}`
			expect(await codeOf(await me(cookie)), changed).toBe("not_signed_in")
			const feed = await home.dial("/api/feed", { cookie, ...OWN_PAGE })
			expect((await feed.closed).reason, changed).toBe("not_signed_in")
		}
		expect(await codeOf(await me(town.owner.cookie))).toBeUndefined()
	})

	test("[TRU3] is not made by who has read the whole registry", async () => {
		const { results } = await home.db
			.prepare("SELECT id, token FROM session WHERE user_id = ?")
			.bind(town.owner.id)
			.all<{ id: string; token: string }>()
		expect(results.length).toBeGreaterThan(0)
		for (const row of results)
			for (const cookie of [
				`__Secure-homeport.session_token=${row.token}`,
				`homeport.session_token=${row.token}`,
				cookieOf(row.token, ""),
				cookieOf(row.token, "better-auth-secret-12345678901234567890"),
				cookieOf(row.token, SIGN_IN_KEY),
				cookieOf(row.id),
			]) {
				expect(await codeOf(await me(cookie))).toBe("not_signed_in")
				expect(await codeOf(await home.ask("/api/me", { headers: { authorization: `Bearer ${row.token}` } }))).toBe(
					"not_signed_in",
				)
			}
	})

	test("[TRU3] under another name, twice, or beside a forged one lets nobody in as somebody else", async () => {
		const forged = "__Secure-homeport.session_token=x.y"
		expect(await codeOf(await me(town.owner.cookie.replace("__Secure-", "")))).toBe("not_signed_in")
		expect(await codeOf(await me(town.owner.cookie.replace("homeport", "better-auth")))).toBe("not_signed_in")
		for (const cookie of [`${forged}; ${town.guest.cookie}`, `${town.guest.cookie}; ${forged}`]) {
			const answer = await me(cookie)
			const said = (await answer.json()) as Partial<Answer<"me">>
			expect([undefined, town.guest.id]).toContain(said.id)
		}
	})

	test("[TRU3] that the library keeps beside the session is no way in", async () => {
		const data = Buffer.from(
			JSON.stringify({ session: { session: {}, user: { id: town.owner.id } }, expiresAt: Date.now() + 60_000 }),
		).toString("base64url")
		for (const name of ["session_data", "dont_remember", "account_data"])
			expect(await codeOf(await me(`__Secure-homeport.${name}=${data}`))).toBe("not_signed_in")
	})

	test("[TRU3] is out of reach of scripts and other sites", async () => {
		const answer = await home.post("/api/sign-in", { token: await signSignInLink(SIGN_IN_KEY, Date.now()) })
		const lines = answer.headers.getSetCookie()
		expect(lines.length).toBeGreaterThan(0)
		for (const line of lines) {
			expect(line).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
			expect(line).not.toMatch(/Domain=/i)
		}
	})
})

test("[TRU1] a person who changes their password ends every other sign-in, and their sockets", async () => {
	const { developer } = await settle(home)
	const other = cookieSet(await home.post("/api/sign-in", { token: await signSignInLink(SIGN_IN_KEY, Date.now()) }))
	expect(other).toBeDefined()
	expect(
		await codeOf(await send("PUT", "/api/account/password", { password: PASSWORD }, developer.page)),
	).toBeUndefined()
	const again =
		cookieSet(await home.post("/api/sign-in/password", { email: developer.email, password: PASSWORD })) ?? ""
	const feed = await home.dial("/api/feed", { cookie: again, ...OWN_PAGE })
	expect(await feed.refusal("ping")).toBeUndefined()
	const body = { current: PASSWORD, password: `${PASSWORD} 2` }
	expect(await codeOf(await send("PUT", "/api/account/password", { ...body, current: "wrong" }, developer.page))).toBe(
		"credentials_wrong",
	)
	expect(await codeOf(await send("PUT", "/api/account/password", body, developer.page))).toBeUndefined()
	expect(await codeOf(await me(again))).toBe("not_signed_in")
	expect((await feed.closed).reason).toBe("access_changed")
	expect(await codeOf(await me(developer.cookie))).toBeUndefined()
})

describe("[TRU1] an address that nobody has", () => {
	const unknown = "nobody@people.example"
	const looks = async (answer: Answered) => {
		const headers = [...answer.headers].filter(([name]) => name !== "date")
		return { status: answer.status, body: await answer.text(), headers }
	}

	test("[TRU1] is told the same as a wrong password, for a person with a password and one without", async () => {
		const tryOut = async (email: string) =>
			looks(await home.post("/api/sign-in/password", { email, password: "wrong password" }))
		const [nobody, withOne, without] = [
			await tryOut(unknown),
			await tryOut(town.owner.email),
			await tryOut(town.guest.email),
		]
		expect(nobody.status).toBe(401)
		expect(withOne).toEqual(nobody)
		expect(without).toEqual(nobody)
	})

	test("[TRU1] is told the same as a wrong recovery code", async () => {
		const tryOut = async (email: string) => looks(await home.post("/api/sign-in/recovery", { email, code: "WRONG" }))
		expect(await tryOut(town.developer.email)).toEqual(await tryOut(unknown))
	})

	test("[TRU1] costs as much work as a wrong password", async () => {
		// Hashing a password takes many times what everything else takes: without it the difference would be as large.
		const cost = async (email: string) => {
			const times: number[] = []
			for (let n = 0; n < 9; n++) {
				const start = performance.now()
				await (await home.post("/api/sign-in/password", { email, password: "wrong password" })).text()
				times.push(performance.now() - start)
			}
			return times.sort((one, other) => one - other)[0] ?? 0
		}
		const cheap = async () => {
			const start = performance.now()
			await (await home.post("/api/sign-in/recovery", { email: unknown, code: "WRONG" })).text()
			return performance.now() - start
		}
		const [none, some, without, floor] = [
			await cost(unknown),
			await cost(town.owner.email),
			await cost(town.guest.email),
			await cheap(),
		]
		for (const time of [none, without]) expect(time, `${none} ${some} ${without} ${floor}`).toBeGreaterThan(some / 3)
	})
})
