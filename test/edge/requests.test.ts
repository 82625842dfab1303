// What the edge says to requests that are wrong, too large, or for nothing that there is.
import { env } from "cloudflare:workers"
import { sql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/d1"
import { afterEach, describe, expect, test, vi } from "vitest"
import { REFUSALS } from "../../protocol/errors.ts"
import { RefusalBody } from "../../protocol/routes.ts"
import { SECURITY_HEADERS } from "../../protocol/security-headers.ts"
import { refusalOf } from "../../worker/errors.ts"
import worker from "../../worker/index.ts"
import { ask, codeOf, owner, post } from "./home.ts"

test("health needs nobody and says the version", async () => {
	expect(await (await ask("/api/health")).json()).toEqual({ ok: true, version: env.VERSION, now: expect.any(Number) })
})

test("a refusal has a code, a sentence and whether to try again", async () => {
	const response = await ask("/api/me")
	expect(response.status).toBe(401)
	const { error } = RefusalBody.parse(await response.json())
	expect(error).toEqual({ code: "not_signed_in", message: REFUSALS.not_signed_in.message, mayRetry: false })
})

test("there is nothing under a path that the table does not have", async () => {
	for (const path of [
		"/api/nothing",
		"/api",
		"/api/machines/mch_00000000000000000000/sessions/x/y/z",
		"/api/machines/mch_00000000000000000000/",
	])
		expect(await codeOf(await ask(path)), path).toBe("not_found")
})

test("a method that a path does not take is refused with those that it takes", async () => {
	const machine = "/api/machines/mch_00000000000000000000"
	for (const [path, method, allow] of [
		["/api/me", "POST", "GET, HEAD"],
		["/api/sign-out", "GET", "POST"],
		["/install", "DELETE", "GET, HEAD"],
		["/api/sessions", "OPTIONS", "GET, HEAD"],
		[machine, "GET", "PATCH, DELETE"],
		[`${machine}/sessions/ses_00000000000000000000`, "POST", "PATCH, DELETE"],
	] as const) {
		const response = await ask(path, { method })
		expect([response.status, response.headers.get("allow")], `${method} ${path}`).toEqual([405, allow])
		expect(await codeOf(response)).toBe("method_not_allowed")
	}
	expect((await ask("/api/health", { method: "HEAD" })).status).toBe(200)
})

describe("[TRU4] what is wrong in a request is named, and its value is not", () => {
	test.each([
		["no JSON", "{", "application/json", "The body is not JSON"],
		["no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "application/json", "The body is not JSON"],
		["a form", "token=secret-value", "application/x-www-form-urlencoded", "application/json"],
		["no type", "{}", "", "application/json"],
		["a list", "[]", "application/json", "The body must be an object."],
		["the wrong type", '{"token":7}', "application/json", "The token must be"],
		[
			"too long",
			JSON.stringify({ token: "secret-value".repeat(50) }),
			"application/json",
			"The token must have at most",
		],
	])("[TRU4] %s", async (_, body, type, said) => {
		const response = await ask("/api/sign-in", { method: "POST", body, headers: { "content-type": type } })
		expect(response.status).toBe(400)
		const { error } = RefusalBody.parse(await response.json())
		expect(error.code).toBe("invalid_request")
		expect(error.message).toContain(said)
		expect(error.message).not.toContain("secret-value")
	})

	test("[TRU4] a parameter and a query, too", async () => {
		const { headers } = await owner()
		for (const [path, said] of [
			["/api/machines/nope/runtimes", "The machine's id must look like"],
			[
				"/api/machines/mch_00000000000000000000/sessions/ses_00000000000000000000/log?from=-1",
				'The parameter "from" must be at least 0.',
			],
			[
				"/api/machines/mch_00000000000000000000/sessions/ses_00000000000000000000/log?limit=1e9",
				'The parameter "limit" must be at most',
			],
		] as const) {
			const { error } = RefusalBody.parse(await (await ask(path, { headers })).json())
			expect(error).toMatchObject({ code: "invalid_request", message: expect.stringContaining(said) })
		}
	})
})

test("[TRU4] a body over 1 MiB is refused, whether or not its length is told", async () => {
	const big = JSON.stringify({ token: "x".repeat(1024 * 1024) })
	expect(await codeOf(await post("/api/sign-in", { token: "x".repeat(1024 * 1024) }))).toBe("too_large")
	let pulled = 0
	const endless = new ReadableStream({
		pull(controller) {
			pulled++
			controller.enqueue(new TextEncoder().encode(big.slice(0, 64 * 1024)))
		},
	})
	const headers = { "content-type": "application/json" }
	const response = await ask("/api/sign-in", { method: "POST", body: endless, headers })
	expect(await codeOf(response)).toBe("too_large")
	expect(pulled).toBeLessThan(64)
})

test("[TRU4] a socket's route without an upgrade says that it is one", async () => {
	const { headers } = await owner()
	expect(await codeOf(await ask("/api/feed", { headers }))).toBe("invalid_request")
})

test("every answer carries the security headers, refusals and files included", async () => {
	for (const path of ["/api/health", "/api/me", "/api/nothing", "/install"]) {
		const { headers } = await ask(path)
		for (const [name, value] of Object.entries(SECURITY_HEADERS)) expect(headers.get(name), path).toBe(value)
	}
	expect(SECURITY_HEADERS["content-security-policy"]).toMatch(/script-src 'self';/)
})

describe("what nobody foresaw", () => {
	afterEach(() => vi.restoreAllMocks())

	test("is told without its words", async () => {
		vi.spyOn(console, "error").mockReturnValue()
		const prepare = () => {
			throw new Error("secret-value")
		}
		const request = new Request("https://home.example/api/me", { headers: { authorization: "Bearer hp_x" } })
		const response = await worker.fetch(request, { ...env, DB: { prepare } })
		expect(response.status).toBe(500)
		expect(await codeOf(response)).toBe("internal")
		expect(refusalOf(new Error("secret-value")).message).not.toContain("secret-value")
	})

	test("[TRU3] is logged with the query that failed, and without the values bound to it", async () => {
		const logged = vi.spyOn(console, "error").mockReturnValue()
		const error = await drizzle(env.DB)
			.run(sql`SELECT ${"secret-value"} FROM nowhere`)
			.catch((error: unknown) => error)
		expect(refusalOf(error).code).toBe("internal")
		expect(String(logged.mock.calls[0])).toContain("nowhere")
		expect(String(logged.mock.calls[0])).not.toContain("secret-value")
	})
})
