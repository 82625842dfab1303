// Attacks through a person's own browser: other sites' pages, other hosts, and headers that say where a request comes from.
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { newChannelId, newDestinationId } from "../../protocol/ids.ts"
import type { Shape } from "../../protocol/route.ts"
import { ROUTES, type RouteName, routePath } from "../../protocol/routes.ts"
import { codeOf, EVERY_WAY, HOME, Home, OWN_PAGE } from "./home.ts"
import { settle, type Town } from "./town.ts"
import { introduce } from "./world.ts"

const ROWS = Object.entries(ROUTES) as [RouteName, Shape][]
const CHANGING = ROWS.filter(([, { method, kind }]) => method !== "GET" && kind !== "socket")

/** What browsers say of pages that are not this home's, and of what is not quite it. */
const FOREIGN: Record<string, Record<string, string>> = {
	"another site": { origin: "https://evil.example" },
	"a longer name": { origin: `${HOME}.evil.example` },
	"a name within": { origin: "https://evil.home.example" },
	"another port": { origin: `${HOME}:8443` },
	"our name as a user": { origin: "https://home.example@evil.example" },
	"a file or a sandbox": { origin: "null" },
	"an empty origin": { origin: "" },
	"another site, said by the browser only": { "sec-fetch-site": "cross-site" },
	"a sibling, said by the browser": { origin: HOME, "sec-fetch-site": "same-site" },
	"nobody's page": {},
}

let home: Home
let town: Town
beforeAll(async () => {
	home = await Home.start({ settings: EVERY_WAY })
	town = await settle(home)
	await introduce(home, town.things)
})
afterAll(() => home.stop())

/** The route's path, with things that are there. */
function pathOf(name: RouteName): string {
	return routePath(name, {
		...town.things,
		provider: "github",
		vm: "one",
		loadout: "one",
		profile: "one",
		channel: newChannelId(),
		destination: newDestinationId(),
	} as unknown as Record<string, string>)
}

describe("[TRU2] a page of another site changes nothing with a person's cookie", () => {
	test.each(CHANGING)("[TRU2] %s", async (name, { method, body }) => {
		const { cookie } = town.owner
		for (const [what, headers] of Object.entries(FOREIGN))
			for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"]) {
				const sent = body === undefined ? {} : { body: "{}" }
				const response = await home.ask(pathOf(name), {
					method,
					...sent,
					headers: { cookie, "content-type": type, ...headers },
				})
				expect(await codeOf(response), `${what}, ${type}`).toBe("wrong_origin")
				expect(response.headers.has("access-control-allow-origin")).toBe(false)
			}
	})

	test.each(CHANGING.filter(([, { body, may }]) => body !== undefined && may !== "machine"))(
		"[TRU2] %s takes no body that a form could send, even from our own page",
		async (name, { method }) => {
			for (const type of [
				"text/plain",
				"application/x-www-form-urlencoded",
				"multipart/form-data; boundary=x",
				"application/jsonp",
				"",
			]) {
				const headers = { ...town.owner.page, "content-type": type }
				const code = await codeOf(await home.ask(pathOf(name), { method, body: "{}", headers }))
				expect(code, type).toBe("invalid_request")
			}
		},
	)
})

test("[TRU2] a page of another site opens no socket with a person's cookie", async () => {
	for (const name of ["view", "feed"] as const) {
		for (const [what, headers] of Object.entries(FOREIGN)) {
			const socket = await home.dial(pathOf(name), { cookie: town.owner.cookie, ...headers })
			expect(await socket.closed, `${name}: ${what}`).toEqual({ code: 4403, reason: "wrong_origin" })
		}
		const ours = await home.dial(pathOf(name), town.owner.page)
		expect(
			await ours.refusal(name === "feed" ? "ping" : { type: "hello", version: 1, viewer: `vwr_${"1".repeat(20)}` }),
		).toBeUndefined()
		ours.close()
	}
})

test("[TRU2] a page of another site cannot use what is known without a cookie, either", async () => {
	for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
		expect(await codeOf(await home.post("/api/sign-in", { token: "x" }, headers))).toBe("wrong_origin")
		expect(await codeOf(await home.post("/api/tokens", { name: "x" }, { ...town.owner.program, ...headers }))).toBe(
			"wrong_origin",
		)
		const socket = await home.dial("/api/link", { authorization: "Bearer x", ...headers })
		expect((await socket.closed).reason).toBe("wrong_origin")
	}
})

test("[TRU2] no answer lets another site's page read it", async () => {
	for (const method of ["GET", "OPTIONS"]) {
		const headers = {
			origin: "https://evil.example",
			"access-control-request-method": "DELETE",
			cookie: town.owner.cookie,
		}
		const response = await home.ask("/api/me", { method, headers })
		expect([...response.headers.keys()].filter((header) => header.startsWith("access-control-"))).toEqual([])
		expect(response.headers.get("cross-origin-resource-policy")).toBe("same-origin")
	}
})

test("[TRU2] who sends a token is not also let in by a cookie", async () => {
	const authorization = "Bearer hp_wrong"
	expect(await codeOf(await home.ask("/api/me", { headers: { ...town.owner.page, authorization } }))).toBe(
		"not_signed_in",
	)
	expect(await codeOf(await home.ask("/api/account", { headers: { ...town.owner.page, ...town.owner.program } }))).toBe(
		"not_signed_in",
	)
})

describe("[TRU2] where a request says that it comes from", () => {
	test("[TRU2] is the host that it was sent to, and no header of a proxy's", async () => {
		const games: Record<string, string>[] = [
			{ "x-forwarded-host": "evil.example" },
			{ forwarded: "host=evil.example;proto=http" },
			{ "x-original-host": "evil.example", "x-host": "evil.example" },
			{ "x-forwarded-proto": "javascript" },
			{ "x-forwarded-proto": "https, http" },
		]
		for (const headers of games) {
			const device = await home.post("/api/device", { request: { is: "login", name: "x" } }, headers)
			expect(((await device.json()) as { url: string }).url).toMatch(/^https:\/\/home\.example\/device#/)
			const foreign = { ...headers, cookie: town.owner.cookie, origin: "https://evil.example" }
			expect(await codeOf(await home.post("/api/workspaces", { name: "x" }, foreign))).toBe("wrong_origin")
			expect(await (await home.ask("/install", { headers })).text()).not.toContain("evil.example")
		}
	})

	test("[TRU2] a cookie over TLS stays with TLS, whatever a caller says that it used", async () => {
		const headers = { cookie: town.owner.cookie, ...OWN_PAGE }
		for (const proto of ["http", "https", "HTTPS", "ws"]) {
			const response = await home.post("/api/sign-in/passkey/options", {}, { ...headers, "x-forwarded-proto": proto })
			expect(response.headers.getSetCookie().length).toBeGreaterThan(0)
			for (const line of response.headers.getSetCookie())
				expect(line, proto).toMatch(/^__Secure-.*; HttpOnly; Secure; SameSite=Lax/)
		}
	})

	test("[TRU2] behind a proxy that ends TLS the cookie is one of TLS, and without one it is not taken for it", async () => {
		const at = (headers: Record<string, string>) =>
			home.ask("/api/sign-in/passkey/options", { method: "POST", headers }, "http://home.example")
		for (const line of (await at({ "x-forwarded-proto": "https" })).headers.getSetCookie())
			expect(line).toMatch(/; Secure;/)
		for (const line of (await at({})).headers.getSetCookie()) expect(line).not.toMatch(/Secure/)
		// The cookie that only TLS carries does not open anything over plain HTTP.
		const plain = await home.ask("/api/me", { headers: { cookie: town.owner.cookie } }, "http://home.example")
		expect(await codeOf(plain)).toBe("not_signed_in")
	})

	test("[TRU2] a page under another name of this home is another site's", async () => {
		for (const [origin, page] of [
			["https://localhost:8787", HOME],
			["https://localhost:8787", "https://localhost:9999"],
			["https://localhost:8787", "https://127.0.0.1:8787"],
		] as const) {
			const response = await home.ask(
				"/api/workspaces",
				{
					method: "POST",
					body: "{}",
					headers: { cookie: town.owner.cookie, origin: page, "content-type": "application/json" },
				},
				origin,
			)
			expect(await codeOf(response)).toBe("wrong_origin")
		}
	})
})

test("[TRU2] a token in an address is nobody's", async () => {
	const { secret } = town.owner
	for (const query of [`token=${secret}`, `access_token=${secret}`, `authorization=Bearer%20${secret}`]) {
		expect(await codeOf(await home.ask(`/api/me?${query}`))).toBe("not_signed_in")
		const feed = await home.dial(`/api/feed?${query}`)
		expect((await feed.closed).reason).toBe("not_signed_in")
	}
})

test("[TRU1] a caller cannot name the principal that the edge tells the objects of", async () => {
	const { guest, things } = town
	const forged = { is: "viewer", principal: { id: "x", name: "x", role: "owner", through: [], expiresAt: null } }
	const socket = await home.dial(`/api/machines/${things.machine}/view`, {
		...guest.program,
		"x-homeport-upgrade": JSON.stringify(forged),
		"X-Homeport-Kind": "link",
	})
	socket.send({ type: "hello", version: 1, viewer: "vwr_11111111111111111111" })
	expect(await socket.next()).toMatchObject({ type: "machine", role: "guest" })
	socket.close()
})
