// Attacks by where a browser is sent: the page after signing in, and what comes back from another provider.
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { codeOf, EVERY_WAY, HOME, Home, OWN_PAGE } from "./home.ts"
import { Internet } from "./internet.ts"
import { settle, type Town } from "./town.ts"

const CALLBACK = "/api/sign-in/providers/oidc/callback"
/** Each of these leaves this home in one browser or another, or begins a header of its own. */
const ELSEWHERE = [
	"//evil.example",
	"///evil.example",
	"/\\evil.example",
	"\\\\evil.example",
	"https://evil.example",
	"https:evil.example",
	"HtTpS:/evil.example",
	"javascript:alert(1)",
	"data:text/html,x",
	"evil.example",
	"",
	"/\t/evil.example",
	"/\n/evil.example",
	"\t//evil.example",
	" //evil.example",
	"/\r\nlocation: https://evil.example",
	"/\r\nset-cookie: a=b",
	"/\u2028/evil.example",
	"/\u0000/evil.example",
	"@evil.example",
]
/** These look like it, and stay. */
const HERE = [
	"/%2f%2fevil.example",
	"/%5cevil.example",
	"/.//evil.example",
	"/x/..//evil.example",
	"/@evil.example",
	"/%0d%0alocation:%20https://evil.example",
	"/;//evil.example",
	"/?next=https://evil.example",
	"/#//evil.example",
	"/%09/evil.example",
]

let home: Home
let town: Town
const internet = new Internet()
beforeAll(async () => {
	home = await Home.start({ settings: EVERY_WAY, internet: internet.answer })
	town = await settle(home)
	// The owner has an account at the provider.
	internet.subject = "owner"
	const linking = await start("/api/account/providers/oidc", {}, town.owner.page)
	expect(await landing(await comeBack(linking, town.owner.cookie))).toBe("/settings/account")
})
afterAll(() => home.stop())

interface Started {
	/** What the provider was asked for. */
	url: URL
	/** What the browser keeps until it comes back. */
	cookie: string
}

async function start(path: string, body: object, headers: Record<string, string> = {}): Promise<Started> {
	const response = await home.post(path, body, headers)
	expect(response.status).toBe(200)
	const url = new URL(((await response.json()) as { url: string }).url)
	internet.nonce = url.searchParams.get("nonce") ?? ""
	return {
		url,
		cookie: response.headers
			.getSetCookie()
			.map((line) => line.split(";", 1)[0])
			.join("; "),
	}
}

const signIn = (next: string) => start("/api/sign-in/providers/oidc", { next })

/** The browser comes back from the provider. */
function comeBack({ url, cookie }: Started, more = "", query: Record<string, string> = { code: "good" }) {
	const search = new URLSearchParams({ state: url.searchParams.get("state") ?? "", ...query })
	return home.ask(`${CALLBACK}?${search}`, {
		headers: { cookie: `${cookie}; ${more}`, "sec-fetch-site": "cross-site" },
	})
}

/** Where it goes then, on this home; anywhere else is a failure. */
async function landing(response: Awaited<ReturnType<typeof comeBack>>): Promise<string> {
	expect(response.status).toBe(302)
	const location = response.headers.get("location") ?? ""
	expect(location.startsWith(`${HOME}/`), location).toBe(true)
	const url = new URL(location)
	expect(url.origin).toBe(HOME)
	return url.pathname + url.search + url.hash
}

describe("[TRU2] the page after signing in", () => {
	test.each(ELSEWHERE)("[TRU2] is none elsewhere: %j", async (next) => {
		expect(await codeOf(await home.post("/api/sign-in/providers/oidc", { next }))).toBe("invalid_request")
	})

	test.each(HERE)("[TRU2] stays here, after a yes and after a no: %j", async (next) => {
		await landing(await comeBack(await signIn(next)))
		await landing(await comeBack(await signIn(next), "", { error: "access_denied" }))
	})

	test("[TRU2] is the one that was asked for", async () => {
		const answer = await comeBack(await signIn("/machines?tag=gpu"))
		expect(await landing(answer)).toBe("/machines?tag=gpu")
		expect(answer.headers.getSetCookie().join()).toMatch(/session_token=[^;]/)
	})

	test.each(ELSEWHERE)("[TRU2] is not what the provider's answer names: %j", async (target) => {
		const names = [
			"next",
			"callbackURL",
			"errorCallbackURL",
			"redirect",
			"redirect_uri",
			"return_to",
			"newUserCallbackURL",
		]
		const more = Object.fromEntries(names.map((name) => [name, target]))
		expect(await landing(await comeBack(await signIn("/here"), "", { code: "good", ...more }))).toBe("/here")
		const refused = await landing(
			await comeBack(await signIn("/here"), "", { error: target, error_description: target, ...more }),
		)
		expect(refused).toBe("/sign-in?refused=provider_failed")
	})

	test("[TRU2] is not what the page names in words of the library's", async () => {
		const evil = "https://evil.example"
		const body = {
			next: "/here",
			callbackURL: evil,
			errorCallbackURL: evil,
			newUserCallbackURL: evil,
			redirectTo: evil,
			scopes: ["all"],
			loginHint: evil,
		}
		const started = await start("/api/sign-in/providers/oidc", body)
		expect(started.url.origin).toBe(EVERY_WAY.OIDC_ISSUER)
		expect(started.url.searchParams.get("redirect_uri")).toBe(HOME + CALLBACK)
		expect(started.url.searchParams.get("scope")).toBe("openid")
		expect(started.url.search).not.toContain("evil")
		expect(await landing(await comeBack(started))).toBe("/here")
	})
})

describe("[TRU1] what comes back from a provider", () => {
	/** Nobody is signed in by it. */
	async function expectRefused(answering: ReturnType<typeof comeBack>) {
		const answer = await answering
		expect(await landing(answer)).toMatch(/refused=provider_failed/)
		expect(answer.headers.getSetCookie().join()).not.toMatch(/session_token=[^;]/)
	}

	test("[TRU1] signs nobody in who did not begin it in this browser", async () => {
		const started = await signIn("/")
		await expectRefused(comeBack({ ...started, cookie: "" }))
		const other = await signIn("/")
		await expectRefused(comeBack({ url: started.url, cookie: other.cookie }))
		await expectRefused(comeBack({ url: other.url, cookie: started.cookie }))
	})

	test("[TRU1] is taken once", async () => {
		const started = await signIn("/")
		expect(await landing(await comeBack(started))).toBe("/")
		await expectRefused(comeBack(started))
	})

	test("[TRU1] signs nobody in whom nobody here has linked", async () => {
		internet.subject = "a stranger"
		await expectRefused(comeBack(await signIn("/")))
		internet.subject = "owner"
	})

	test("[TRU1] signs nobody in by a token of another flow", async () => {
		const started = await signIn("/")
		internet.nonce = "of another flow"
		await expectRefused(comeBack(started))
	})

	test("[TRU1] links an account to nobody but the person who began it", async () => {
		internet.subject = "to be linked"
		const started = await start("/api/account/providers/oidc", {}, town.guest.page)
		const answer = await comeBack(started, town.developer.cookie)
		await landing(answer)
		const { results } = await home.db
			.prepare("SELECT user_id AS id FROM account WHERE account_id LIKE '%to be linked'")
			.all()
		expect(results.map(({ id }) => id)).not.toContain(town.developer.id)
		internet.subject = "owner"
	})

	test("[TRU1] of somebody's account that another person has linked stays the other person's", async () => {
		const started = await start("/api/account/providers/oidc", {}, town.guest.page)
		expect(await landing(await comeBack(started, town.guest.cookie))).toMatch(/refused=provider_failed/)
		const answer = await comeBack(await signIn("/"))
		const cookie = answer.headers
			.getSetCookie()
			.map((line) => line.split(";", 1)[0])
			.join("; ")
		const me = (await (await home.ask("/api/me", { headers: { cookie, ...OWN_PAGE } })).json()) as { id: string }
		expect(me.id).toBe(town.owner.id)
	})

	test.each<[string, Record<string, string>]>([
		["nothing", {}],
		["an empty code", { code: "" }],
		["a code that the provider does not know", { code: "bad" }],
		["an endless code", { code: "x".repeat(5_000) }],
		["no state", { code: "good", state: "" }],
		["an endless state", { code: "good", state: "x".repeat(5_000) }],
		["a state of every object", { code: "good", state: "__proto__" }],
		["a state with a path", { code: "good", state: "../../x" }],
	])("[TRU1] with %s signs nobody in", async (_, query) => {
		await expectRefused(comeBack(await signIn("/"), "", query))
	})
})

test("[TRU2] a home's other answers send a browser nowhere", async () => {
	for (const path of [
		"/api//evil.example",
		"//evil.example/api/me",
		"/api/me/",
		"/api/../evil",
		"/api/sign-in/providers/evil/callback",
		"/install/",
	]) {
		const response = await home.ask(path, { headers: town.owner.page })
		expect(response.headers.has("location"), path).toBe(false)
	}
})
