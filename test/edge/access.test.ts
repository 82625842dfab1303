// One permission table for every route and socket: nobody, every role, other workspaces, other sites' pages.
import { describe, expect, test } from "vitest"
import { newMachineId, newSessionId, newTokenId } from "../../protocol/ids.ts"
import { can, ROLES } from "../../protocol/roles.ts"
import type { Shape } from "../../protocol/route.ts"
import { ROUTES, type RouteName, routePath } from "../../protocol/routes.ts"
import { ask, codeOf, dial, enrolled, HOME, owner, post, signIn, somebody } from "./home.ts"

const ROWS = Object.entries(ROUTES) as [RouteName, Shape][]
const GUARDED = ROWS.filter(([, { may }]) => may !== "anybody")

/** Calls a route with something in every place, and says the code of the refusal. */
async function refusalOf(name: RouteName, params: Record<string, string>, headers: Record<string, string> = {}) {
	const row: Shape = ROUTES[name]
	const path = routePath(name, params)
	if (row.kind === "socket") return (await (await dial(path, headers)).closed).reason
	const body = row.body === undefined ? {} : { body: "{}" }
	return codeOf(
		await ask(path, { method: row.method, ...body, headers: { "content-type": "application/json", ...headers } }),
	)
}

/** A thing of every kind that a path may name; none of them is there. */
const somewhere = () => {
	const names = ROWS.flatMap(([, { path }]) => [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? ""))
	const things = { machine: newMachineId(), session: newSessionId(), token: newTokenId(), provider: "github" }
	return { ...Object.fromEntries(names.map((name) => [name, "NOTHING"])), ...things }
}

describe("[TRU1] nobody is let in", () => {
	test.each(GUARDED)("[TRU1] %s refuses who does not say who they are", async (name) => {
		expect(await refusalOf(name, somewhere())).toBe("not_signed_in")
	})

	test.each(GUARDED)("[TRU1] %s refuses a token that was never made", async (name, { may }) => {
		const code = await refusalOf(name, somewhere(), { authorization: `Bearer hp_${"A".repeat(43)}` })
		expect(code).toBe(may === "machine" ? "dial_token_invalid" : "not_signed_in")
	})
})

describe("[TRU1] a role may do what the table says", () => {
	test.each(ROLES)("[TRU1] as %s", async (role) => {
		const { headers } = await somebody(role)
		for (const [name, { may }] of GUARDED) {
			if (may === "machine" || may === "person" || may === "anybody") continue
			// The feed would open, and who leaves has no role any more; their own tests see to them.
			if (name === "feed" || name === "leaveWorkspace") continue
			const code = await refusalOf(name, somewhere(), headers)
			if (can(role, may)) expect(code, name).not.toBe("not_allowed")
			else expect(code, name).toBe("not_allowed")
		}
	})
})

test("[TRU1] a machine of another workspace does not exist for any route", async () => {
	const machine = await enrolled(await owner())
	const { headers, call } = await somebody("owner", "elsewhere")
	const body: Partial<Record<RouteName, unknown>> = {
		changeMachine: { name: "mine" },
		startSession: { id: newSessionId() },
		renameSession: { name: "mine" },
		sendInput: { text: "" },
	}
	for (const [name, row] of ROWS) {
		if (!row.path.includes(":machine")) continue
		const path = routePath(name, { machine: machine.id, session: newSessionId() })
		if (row.kind === "socket") {
			expect((await (await dial(path, headers)).closed).reason, name).toBe("not_found")
			continue
		}
		const init = row.body === undefined ? {} : { body: JSON.stringify(body[name] ?? {}) }
		const response = await ask(path, {
			method: row.method,
			...init,
			headers: { "content-type": "application/json", ...headers },
		})
		expect(await codeOf(response), name).toBe("not_found")
	}
	expect(await call("listMachines")).toEqual({ machines: [] })
	expect(await call("listSessions")).toEqual({ sessions: [] })
})

test("[TRU2] a page of another site can do nothing with a person's cookie", async () => {
	const cookie = await signIn()
	const foreign = [
		{ origin: "https://evil.example" },
		{ origin: "https://home.example.evil.example" },
		{ origin: "null" },
		{ origin: HOME, "sec-fetch-site": "same-site" },
		{ origin: HOME, "sec-fetch-site": "cross-site" },
		{ "sec-fetch-site": "cross-site" },
		{},
	]
	for (const headers of foreign) {
		const response = await post("/api/tokens", { name: "evil" }, { cookie, ...headers } as Record<string, string>)
		expect(await codeOf(response)).toBe("wrong_origin")
		const socket = await dial("/api/feed", { cookie, ...headers } as Record<string, string>)
		expect(await socket.closed).toEqual({ code: 4403, reason: "wrong_origin" })
	}
	for (const [name, headers] of Object.entries({
		plain: { origin: HOME },
		modern: { origin: HOME, "sec-fetch-site": "same-origin" },
	}))
		expect((await post("/api/tokens", { name }, { cookie, ...headers })).status).toBe(200)
})

test("[TRU2] a page of another site cannot sign a browser in as somebody else", async () => {
	const response = await post("/api/sign-in", { token: "x" }, { origin: "https://evil.example" })
	expect(await codeOf(response)).toBe("wrong_origin")
})

test("[TRU2] a home is at whichever host the request names, and a page of another host is another site's", async () => {
	const cookie = await signIn()
	const at = (origin: string, page: string) =>
		ask(
			"/api/tokens",
			{ method: "POST", body: "{}", headers: { cookie, origin: page, "content-type": "application/json" } },
			origin,
		)
	expect(await codeOf(await at("https://localhost:8787", "https://localhost:8787"))).toBe("invalid_request")
	expect(await codeOf(await at("https://localhost:8787", HOME))).toBe("wrong_origin")
	expect(await codeOf(await at("https://localhost:8787", "https://localhost:9999"))).toBe("wrong_origin")
})

test("[TRU2] a program needs no origin, and a token in the URL is nobody's", async () => {
	const { secret, headers, call } = await owner()
	expect((await call("me")).role).toBe("owner")
	expect(await codeOf(await ask(`/api/me?token=${secret}&authorization=Bearer%20${secret}`))).toBe("not_signed_in")
	const feed = await dial("/api/feed", headers)
	feed.send("ping")
	expect(await feed.next()).toBe("pong")
	feed.close()
})

test("a client cannot name its own principal", async () => {
	const machine = await enrolled(await owner())
	const guest = await somebody("guest")
	const socket = await dial(`/api/machines/${machine.id}/view`, {
		...guest.headers,
		"x-homeport-principal": JSON.stringify({ id: "x", name: "x", role: "owner" }),
		"x-homeport-kind": "link",
	})
	socket.send({ type: "hello", version: 1, viewer: "vwr_11111111111111111111" })
	expect(await socket.next()).toMatchObject({ type: "machine", role: "guest" })
	socket.close()
})
