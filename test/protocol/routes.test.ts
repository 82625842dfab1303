// The API's table, the roles, the refusals and the client that speaks to them.
import { describe, expect, test } from "vitest"
import { client } from "../../protocol/client.ts"
import { REFUSALS, Refusal } from "../../protocol/errors.ts"
import {
	EVERYONE,
	KEEPER,
	newMachineId,
	newSessionId,
	newViewerId,
	readId,
	ViewerId,
	writeId,
} from "../../protocol/ids.ts"
import { type Action, can, ROLES } from "../../protocol/roles.ts"
import { ROUTES, type RouteName, routePath } from "../../protocol/routes.ts"

const routes = Object.entries(ROUTES) as [RouteName, (typeof ROUTES)[RouteName]][]

describe("routes", () => {
	test("no two routes have the same method and path", () => {
		const places = routes.map(([, { method, path }]) => `${method} ${path.replace(/:\w+/g, ":")}`)
		expect(new Set(places).size).toBe(places.length)
	})

	test.each(routes)("%s has exactly the parameters that its path names, and one kind of answer", (_, route) => {
		const named = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name)
		expect("params" in route ? Object.keys(route.params.shape) : []).toEqual(named)
		expect(Number("answer" in route) + Number("kind" in route)).toBe(1)
		if (route.method === "GET") expect("body" in route).toBe(false)
		expect(route.summary).toMatch(/^[A-Z].*[^.]$/)
	})

	test("[TRU2] no route takes a secret in its path or its query", () => {
		// Ids and names: none of them lets anybody do anything. A secret's name is not its value.
		const names =
			"channel destination invitation loadout machine member passkey profile provider request secret session signIn token vm".split(
				" ",
			)
		for (const [, route] of routes) {
			for (const [, name] of route.path.matchAll(/:(\w+)/g)) expect(names).toContain(name)
			if ("query" in route) expect(Object.keys(route.query.shape).join()).not.toMatch(/token|secret|code|key/)
		}
	})

	test("a parameter is encoded, and a missing one is a mistake of the caller", () => {
		expect(routePath("revokeToken", { token: "a/b?c" })).toBe("/api/tokens/a%2Fb%3Fc")
		expect(() => routePath("revokeToken")).toThrow("invariant")
	})
})

describe("roles", () => {
	const least: [Action, (typeof ROLES)[number]][] = [
		["workspace:read", "guest"],
		["machine:read", "guest"],
		["session:watch", "guest"],
		["session:type", "developer"],
		["session:start", "developer"],
		["session:end", "developer"],
		["token:manage", "developer"],
		["machine:enroll", "maintainer"],
		["machine:manage", "maintainer"],
	]
	test.each(least)("[INP3] %s takes a %s at least", (action, role) => {
		for (const other of ROLES) expect(can(other, action)).toBe(ROLES.indexOf(other) >= ROLES.indexOf(role))
	})
})

describe("refusals", () => {
	test.each(Object.entries(REFUSALS))(
		"%s has a status, a close code that browsers may read, and a sentence",
		(code, kind) => {
			const refusal = new Refusal(code as keyof typeof REFUSALS)
			expect(refusal.closeCode).toBe(4000 + kind.status)
			expect(refusal.closeCode).toBeGreaterThanOrEqual(4400)
			expect(refusal.closeCode).toBeLessThan(4600)
			expect(code.length).toBeLessThanOrEqual(123)
			expect(kind.message).toMatch(/^[A-Z].*\.$/)
		},
	)
})

describe("ids", () => {
	test("an id is read as it was written, and the reserved ones are ids", () => {
		const data = new Uint8Array(30)
		for (const id of [newViewerId(), newSessionId(), EVERYONE, KEEPER]) {
			writeId(data, 3, id)
			expect(readId(id.startsWith("ses") ? "ses" : "vwr", data, 3)).toBe(id)
		}
		expect(ViewerId.parse(EVERYONE)).not.toBe(ViewerId.parse(KEEPER))
		expect(newMachineId()).not.toBe(newMachineId())
	})
})

describe("the client", () => {
	const answering = (status: number, body: string, seen: [string, object][] = []) =>
		client(async (path, init) => {
			seen.push([path, init])
			return new Response(body, { status })
		})

	test("fills in path, query and body, and parses the answer", async () => {
		const seen: [string, object][] = []
		const machine = newMachineId()
		const session = newSessionId()
		const call = answering(200, JSON.stringify({ from: 5, base64: "", end: 5 }), seen)
		expect(await call("readLog", { params: { machine, session }, query: { from: 5, limit: undefined } })).toEqual({
			from: 5,
			base64: "",
			end: 5,
		})
		expect(seen).toEqual([
			[
				`/api/machines/${machine}/sessions/${session}/log?from=5`,
				{ method: "GET", headers: { accept: "application/json" } },
			],
		])
	})

	test("throws the refusal that the server named, with the detail that it added", async () => {
		const error = { code: "name_taken", message: `${REFUSALS.name_taken.message} Try claude-2.`, mayRetry: false }
		const refused = answering(409, JSON.stringify({ error }))("me")
		await expect(refused).rejects.toMatchObject({ code: "name_taken", detail: "Try claude-2." })
	})

	test.each([
		["a page of something in between", 502, "<html>"],
		["nothing", 500, ""],
		["JSON of another shape", 404, "{}"],
		["a code of a newer server", 400, JSON.stringify({ error: { code: "new", message: "New.", mayRetry: true } })],
	])("throws `internal` for %s", async (_, status, body) => {
		await expect(answering(status, body)("me")).rejects.toMatchObject({ name: "Refusal", code: "internal" })
	})

	test("[TRU4] does not trust the shape of an answer", async () => {
		await expect(answering(200, JSON.stringify({ ok: "yes" }))("health")).rejects.toThrow()
	})
})
