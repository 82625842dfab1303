// Signing in through another provider: only as somebody who linked their account there, and back to this console only.
import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import { FRESH_SIGN_IN_MS } from "../../protocol/limits.ts"
import type { ProviderId } from "../../protocol/routes/sign-in.ts"
import worker from "../../worker/index.ts"
import { age, ask, codeOf, cookieOf, HOME, newcomer, owner, type Person, post } from "./home.ts"
import { broughtBack, type Code, ISSUER } from "./node/code.ts"

const REFUSED = `${HOME}/sign-in?refused=provider_failed`
const page = { origin: HOME }
const PROVIDERS: ProviderId[] = ["github", "oidc"]
/** GitHub has numbers. */
const someone = () => String(crypto.getRandomValues(new Uint32Array(1))[0])

interface Begun {
	url: string
	/** The browser's cookies now. */
	cookie: string
}

async function begun(response: Response, cookie?: string): Promise<Begun> {
	const { url } = (await response.json()) as { url: string }
	const set = response.headers.getSetCookie().map((line) => line.split(";", 1)[0])
	return { url, cookie: [cookie, ...set].filter(Boolean).join("; ") }
}

const start = async (provider: ProviderId, next = "/") =>
	begun(await post(`/api/sign-in/providers/${provider}`, { next }, page))

const startLink = async (provider: ProviderId, { cookie }: Person) =>
	begun(await post(`/api/account/providers/${provider}`, {}, { ...page, cookie }), cookie)

function finish(provider: ProviderId, query: URLSearchParams, cookie = ""): Promise<Response> {
	return ask(`/api/sign-in/providers/${provider}/callback?${query}`, { headers: { cookie } })
}

async function signInAs(provider: ProviderId, subject: string, lie?: Code["lie"]): Promise<Response> {
	const { url, cookie } = await start(provider)
	return finish(provider, broughtBack(url, subject, lie), cookie)
}

async function link(provider: ProviderId, person: Person, subject: string): Promise<Response> {
	const { url, cookie } = await startLink(provider, person)
	return finish(provider, broughtBack(url, subject), cookie)
}

function isRefused(response: Response): void {
	expect([response.status, response.headers.get("location")]).toEqual([302, REFUSED])
	expect(response.headers.getSetCookie().join()).not.toMatch(/session_token=[^;]/)
}

describe.each(PROVIDERS)("%s", (provider) => {
	test("a person who linked their account there signs in by it, and comes back to where they wanted to go", async () => {
		const [person, subject] = [await newcomer(await owner(), "developer"), someone()]
		const linked = await link(provider, person, subject)
		expect(linked.headers.get("location")).toBe(`${HOME}/settings/account`)
		expect((await person.call("showAccount")).providers).toEqual([provider])
		const { url, cookie } = await start(provider, "/m/mch_1/s/ses_1?x=1")
		const response = await finish(provider, broughtBack(url, subject), cookie)
		expect([response.status, response.headers.get("location")]).toEqual([302, `${HOME}/m/mch_1/s/ses_1?x=1`])
		const me = await ask("/api/me", { headers: { cookie: cookieOf(response) } })
		expect(await me.json()).toMatchObject({ id: person.id })
	})

	test("[TRU1] who linked nothing is nobody here, and becomes nobody", async () => {
		await owner()
		const people = () => env.DB.prepare("SELECT count(*) AS n FROM user").first("n")
		const before = await people()
		isRefused(await signInAs(provider, someone()))
		expect(await people()).toBe(before)
	})

	test("[TRU3] nothing that would let us act there is kept", async () => {
		const person = await newcomer(await owner(), "guest")
		await link(provider, person, someone())
		await signInAs(provider, someone())
		const { results } = await env.DB.prepare("SELECT * FROM account WHERE user_id = ?").bind(person.id).all()
		expect(results).toMatchObject([{ provider_id: provider, access_token: null, refresh_token: null, id_token: null }])
		expect(JSON.stringify(results)).not.toMatch(/gho_|oidc-access/)
	})

	test("[TRU1] an account that one person linked cannot be linked by another", async () => {
		const by = await owner()
		const [one, other, subject] = [await newcomer(by, "guest"), await newcomer(by, "guest"), someone()]
		await link(provider, one, subject)
		const response = await link(provider, other, subject)
		expect(response.headers.get("location")).toBe(`${HOME}/settings/account?refused=provider_failed`)
		expect((await other.call("showAccount")).providers).toEqual([])
	})

	test("[TRU3] an answer is good once, in the browser that asked, for the provider that was asked", async () => {
		const [person, subject] = [await newcomer(await owner(), "guest"), someone()]
		await link(provider, person, subject)
		const { url, cookie } = await start(provider)
		const query = broughtBack(url, subject)
		const other = await start(provider)
		isRefused(await finish(provider, query))
		isRefused(await finish(provider, query, other.cookie))
		const forged = new URLSearchParams(query)
		forged.set("state", "x".repeat(32))
		isRefused(await finish(provider, forged, cookie))
		cookieOf(await finish(provider, query, cookie))
		isRefused(await finish(provider, query, cookie))
		const second = await start(provider)
		isRefused(await finish(provider === "oidc" ? "github" : "oidc", broughtBack(second.url, subject), second.cookie))
	})

	test("[TRU3] a code is asked for with what only the browser's own flow knows", async () => {
		const [person, subject] = [await newcomer(await owner(), "guest"), someone()]
		await link(provider, person, subject)
		const [mine, theirs] = [await start(provider), await start(provider)]
		const injected = broughtBack(mine.url, subject)
		injected.set("code", broughtBack(theirs.url, subject).get("code") ?? "")
		isRefused(await finish(provider, injected, mine.cookie))
		expect(new URL(mine.url).searchParams.get("code_challenge_method")).toBe("S256")
	})

	test("what the provider refuses goes back to the sign-in page with a code of ours, and no words of theirs", async () => {
		const { url, cookie } = await start(provider)
		const state = new URL(url).searchParams.get("state") ?? ""
		const words = { error: "access_denied", error_description: "<script>alert(1)</script>\r\nset-cookie: a=b" }
		isRefused(await finish(provider, new URLSearchParams({ ...words, state }), cookie))
		isRefused(await finish(provider, new URLSearchParams(words)))
		isRefused(await finish(provider, new URLSearchParams()))
	})

	test("the trail has who came in, and that somebody did not", async () => {
		const [person, subject] = [await newcomer(await owner(), "guest"), someone()]
		await link(provider, person, subject)
		await signInAs(provider, subject)
		isRefused(await signInAs(provider, someone()))
		const first = await env.DB.prepare("SELECT id FROM workspace WHERE slug = 'home'").first<string>("id")
		await env.WORKSPACE.get(env.WORKSPACE.idFromName(first ?? "")).flush()
		const { results } = await env.DB.prepare(
			"SELECT entry FROM audit WHERE workspace_id = ? AND words LIKE '%finishProviderSignIn%' ORDER BY sequence DESC LIMIT 2",
		)
			.bind(first)
			.all<{ entry: string }>()
		expect(results.map(({ entry }) => JSON.parse(entry))).toMatchObject([
			{ action: "finishProviderSignIn", outcome: "provider_failed", actor: { is: "nobody" }, target: { provider } },
			{ action: "finishProviderSignIn", outcome: "done", actor: { is: "person", id: person.id } },
		])
	})

	test("[TRU1] an old sign-in is not enough to link; unlinking the only way in is refused", async () => {
		const person = await newcomer(await owner(), "guest")
		await link(provider, person, someone())
		const unlinking = () => person.call("unlinkProvider", { params: { provider } })
		await expect(unlinking()).rejects.toMatchObject({ code: "last_way_in" })
		await age(person, FRESH_SIGN_IN_MS + 1_000)
		const again = person.call("linkProvider", { params: { provider } })
		await expect(again).rejects.toMatchObject({ code: "sign_in_stale" })
	})
})

test("unlinking one provider leaves the other", async () => {
	const [person, subject] = [await newcomer(await owner(), "guest"), someone()]
	for (const provider of PROVIDERS) await link(provider, person, subject)
	await person.call("unlinkProvider", { params: { provider: "github" } })
	isRefused(await signInAs("github", subject))
	cookieOf(await signInAs("oidc", subject))
	const gone = person.call("unlinkProvider", { params: { provider: "github" } })
	await expect(gone).rejects.toMatchObject({ code: "not_found" })
})

test.each([
	"//evil.example",
	"/\\evil.example",
	"https://evil.example",
	"javascript:alert(1)",
	"/\t/evil.example",
	"/x\r\nset-cookie: a=b",
	"evil",
	"",
])("[TRU2] no way leads to another site: %j", async (next) => {
	expect(await codeOf(await post("/api/sign-in/providers/oidc", { next }, page))).toBe("invalid_request")
})

test.each(["/..//evil.example", "/%2f%2fevil.example", "/@evil.example", "/?error=x#y"])(
	"[TRU2] a path that looks like another site stays here: %j",
	async (next) => {
		const [person, subject] = [await newcomer(await owner(), "guest"), someone()]
		await link("oidc", person, subject)
		const { url, cookie } = await start("oidc", next)
		const { headers } = await finish("oidc", broughtBack(url, subject), cookie)
		expect(new URL(headers.get("location") ?? "").origin).toBe(HOME)
	},
)

describe("an OpenID Connect provider", () => {
	test("is asked for the person's name there and nothing else, with a nonce", async () => {
		const { searchParams, origin, pathname } = new URL((await start("oidc")).url)
		expect(origin + pathname).toBe(`${ISSUER}/authorize`)
		expect(searchParams.get("scope")).toBe("openid")
		expect(searchParams.get("redirect_uri")).toBe(`${HOME}/api/sign-in/providers/oidc/callback`)
		expect(searchParams.get("nonce")).toMatch(/^.{32,}$/)
	})

	test.each(["signature", "issuer", "audience", "nonce", "no nonce", "expired"] as const)(
		"[TRU3] is not believed when its token has a wrong %s",
		async (lie) => {
			const [person, subject] = [await newcomer(await owner(), "guest"), someone()]
			await link("oidc", person, subject)
			isRefused(await signInAs("oidc", subject, lie))
			cookieOf(await signInAs("oidc", subject))
		},
	)

	test("[TRU3] is another one under another issuer: the same subject there is somebody else", async () => {
		const [person, subject] = [await newcomer(await owner(), "guest"), someone()]
		await link("oidc", person, subject)
		const kept = await env.DB.prepare("SELECT account_id AS id FROM account WHERE user_id = ?")
			.bind(person.id)
			.first("id")
		expect(kept).toBe(`${ISSUER} ${subject}`)
	})

	test.each([
		["http://issuer.example", "over plain HTTP"],
		["https://moved.example", "from where it leads elsewhere"],
		["https://liar.example", "when it calls itself another"],
		["https://inside.example", "when its endpoints are not over TLS"],
		["https://nowhere.example", "where nobody answers"],
	])("[TRU4] at %s is not asked %s", async (OIDC_ISSUER) => {
		const body = JSON.stringify({ next: "/" })
		const init = { method: "POST", body, headers: { "content-type": "application/json" } }
		// The accounts are made once for an origin: each of these homes has its own.
		const origin = `https://at-${new URL(OIDC_ISSUER).host}`
		const request = new Request(`${origin}/api/sign-in/providers/oidc`, init)
		expect(await codeOf(await worker.fetch(request, { ...env, OIDC_ISSUER }))).toBe("provider_failed")
	})
})
