// Attacks by what a request says: too much, too deep, keys that mean something, fields that nobody asked for, others' ids.
import { getTableColumns } from "drizzle-orm"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import * as z from "zod"
import * as schema from "../../migrations/schema.ts"
import { newSessionId } from "../../protocol/ids.ts"
import { PROTOCOL_VERSION } from "../../protocol/limits.ts"
import type { Shape } from "../../protocol/route.ts"
import { type Answer, ROUTES, type RouteName, routePath } from "../../protocol/routes.ts"
import { ENTRIES } from "./entries.ts"
import { codeOf, EVERY_WAY, Home } from "./home.ts"
import { dump, newId } from "./rows.ts"
import { settle, type Town } from "./town.ts"
import { dialToken, introduce, PLATFORM, type Things } from "./world.ts"

const ROWS = Object.entries(ROUTES) as [RouteName, Shape][]
const TAKING = ROWS.filter(([, { body }]) => body !== undefined)

let home: Home
beforeAll(async () => {
	home = await Home.start({ settings: EVERY_WAY })
})
afterAll(() => home.stop())

type Said = Record<string, unknown>

/** What somebody says whom the route lets in. */
async function goodRequest(
	name: RouteName,
	{ things }: Town,
): Promise<{ params?: Record<string, string>; body?: Said }> {
	const { request } = ENTRIES[name] as {
		request?: (things: Things, home: Home) => { body?: Said } | Promise<{ body?: Said }>
	}
	return (await request?.(things, home)) ?? {}
}

async function credentialFor(name: RouteName, { things, owner }: Town): Promise<Record<string, string>> {
	if (ROUTES[name].may !== "machine") return owner.page
	return { authorization: `Bearer ${await dialToken(things.machine)}` }
}

/** Sends a request that is let through with another body in place of its own. */
async function sendTo(name: RouteName, town: Town, bodyOf: (good: Said) => string) {
	const { params, body = {} } = await goodRequest(name, town)
	const headers = { "content-type": "application/json", ...(await credentialFor(name, town)) }
	return home.ask(routePath(name, params), { method: ROUTES[name].method, body: bodyOf(body), headers })
}

function patch(path: string, body: unknown, headers: Record<string, string>) {
	const json = { "content-type": "application/json", ...headers }
	return home.ask(path, { method: "PATCH", body: JSON.stringify(body), headers: json })
}

/** A town for this route, whose machine has enrolled where that matters. */
async function townFor(name: RouteName): Promise<Town> {
	const town = await settle(home)
	if (ENTRIES[name].isKnown) await introduce(home, town.things)
	return town
}

describe("[TRU4] a body", () => {
	test.each(TAKING)("[TRU4] of %s that is too large or not whole is refused", async (name) => {
		const town = await settle(home)
		const sent: [string, (good: Said) => string][] = [
			["too_large", (good) => JSON.stringify({ ...good, more: "x".repeat(1024 * 1024) })],
			["invalid_request", () => "[".repeat(20_000) + "]".repeat(20_000)],
			["invalid_request", (good) => JSON.stringify(good).slice(0, -1)],
			["invalid_request", (good) => JSON.stringify(good) + JSON.stringify(good)],
			["invalid_request", (good) => JSON.stringify([good])],
			["invalid_request", (good) => JSON.stringify(JSON.stringify(good))],
			["invalid_request", () => "null"],
		]
		for (const [code, bodyOf] of sent) expect(await codeOf(await sendTo(name, town, bodyOf))).toBe(code)
	})

	test.each(TAKING)("[TRU4] of %s with what nobody asked for does what it does without", async (name, { body }) => {
		const without = await codeOf(await sendTo(name, await townFor(name), JSON.stringify))
		// What people write by hand is refused instead: what they misspell would be passed over.
		const usual = body?.def.catchall instanceof z.ZodNever ? "invalid_request" : without
		const planted = `${PLANTED}-${name}`
		const columns = COLUMNS.filter((column) => !(column in (body?.shape ?? {})))
		const rest = (good: Said) => JSON.stringify({ ...good, last: null }).slice(1)
		const pollution = '"__proto__":{"role":"owner","approve":true},"constructor":{"prototype":{"role":"owner"}}'
		for (const bodyOf of [
			(good: Said) => `{${pollution},${rest(good)}`,
			(good: Said) => `{"more":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)},${rest(good)}`,
			(good: Said) => JSON.stringify({ ...Object.fromEntries(columns.map((column) => [column, planted])), ...good }),
		])
			expect(await codeOf(await sendTo(name, await townFor(name), bodyOf))).toBe(usual)
		// Nothing that was said has become a property of everything.
		expect(Object.keys((await (await home.ask("/api/health")).json()) as object).sort()).toEqual([
			"now",
			"ok",
			"version",
		])
	})

	test("[TRU4] leaves nothing in the registry that nobody asked for", async () => {
		expect(JSON.stringify(await dump(home.db)).match(PLANTED_BY)).toBeNull()
	})

	const PLANTED = `planted-${newId()}`
	/** With the route that let it in. */
	const PLANTED_BY = new RegExp(`${PLANTED}-\\w+`, "g")

	/** Every column of the registry, as the database names it and as the code does. */
	const COLUMNS = Object.values(schema).flatMap((table) =>
		Object.entries(getTableColumns(table)).flatMap(([key, { name }]) => [key, name]),
	)
})

test("[TRU1] a field that nobody asked for makes nobody owner, and nothing in another workspace", async () => {
	const { developer, guest, owner, stranger, things } = await settle(home)
	const theirs = { workspace: stranger.workspace, workspaceId: stranger.workspace, workspace_id: stranger.workspace }
	const extra = { ...theirs, role: "owner", userId: stranger.id, createdBy: stranger.id }
	const before = await dump(home.db)
	const done = await Promise.all([
		patch("/api/account", { name: "Me", ...extra }, guest.page),
		home.post("/api/tokens", { name: "more", ...extra }, developer.program),
		home.post("/api/enrollments", extra, owner.program),
		home.post("/api/invitations", { ...theirs, role: "guest" }, owner.program),
		home.post("/api/workspaces", { name: "Mine", ...extra, slug: "home", id: things.workspace.id }, guest.page),
	])
	expect(done.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
	const after = await dump(home.db)
	const members = (rows: typeof before) => rows.member?.filter((row) => row.workspace_id === things.workspace.id)
	expect(members(after)).toEqual(members(before))
	for (const table of ["token", "enrollment", "invite", "machine", "member", "secret"]) {
		const count = (rows: typeof before) => rows[table]?.filter((row) => row.workspace_id === stranger.workspace).length
		expect(count(after), table).toBe(count(before))
	}
	const first = (rows: typeof before) => rows.workspace?.filter(({ slug }) => slug === "home")
	expect(first(after)).toEqual(first(before))
})

test("[SES3] what starts a session has the secrets of the workspace and none that the caller says", async () => {
	const { things, developer } = await settle(home)
	await introduce(home, things)
	const link = await home.dial("/api/link", { authorization: `Bearer ${await dialToken(things.machine)}` })
	link.send({ type: "hello", version: PROTOCOL_VERSION, platform: PLATFORM, sessions: [] })
	await link.next()
	const secrets = [{ name: "X", variable: "LD_PRELOAD", value: "/tmp/evil.so" }]
	const body = { id: newSessionId(), secrets, machine: "x" }
	const starting = home.post(`/api/machines/${things.machine}/sessions`, body, developer.program)
	const asked = (await link.next()) as { number: number; of: object }
	expect(asked.of).toMatchObject({ id: body.id, secrets: [] })
	expect(asked.of).not.toHaveProperty("machine")
	link.send({ type: "refuse", number: asked.number, code: "start_failed" })
	expect(await codeOf(await starting)).toBe("start_failed")
	link.close()
})

describe("[TRU1] ids of others in a body", () => {
	test("[TRU1] keep a machine to nobody who is no member, and do not tell whether there is such a person", async () => {
		const { things, owner, stranger } = await settle(home)
		const answers = await Promise.all(
			[stranger.id, newId(), "", "x".repeat(64)].map(async (id) => {
				const answer = await patch(`/api/machines/${things.machine}`, { members: [owner.id, id] }, owner.program)
				return `${answer.status} ${await answer.text()}`
			}),
		)
		expect(new Set(answers).size).toBe(1)
		expect(answers[0]).toMatch(/^400 .*invalid_request/)
	})

	test("[TRU1] give a device no place where the person has none, and no more than the person may", async () => {
		const { things, guest, developer, maintainer, stranger } = await settle(home)
		const decide = async (
			who: { page: Record<string, string> },
			workspace: string,
			request: object,
			scope?: object,
		) => {
			const started = (await (await home.post("/api/device", { request })).json()) as Answer<"startDevice">
			const body = { userCode: started.userCode, workspace, approve: true, scope }
			return codeOf(await home.post("/api/device/decide", body, who.page))
		}
		const login = { is: "login", name: "terminal" }
		const machine = { is: "machine", name: "box", publicKey: "A".repeat(43), platform: PLATFORM }
		const here = things.workspace.id
		expect(await decide(stranger, here, login)).toBe("not_found")
		expect(await decide(stranger, newId(), login)).toBe("not_found")
		expect(await decide(guest, here, login)).toBe("not_allowed")
		expect(await decide(developer, here, machine)).toBe("not_allowed")
		expect(await decide(maintainer, here, machine)).toBeUndefined()
		expect(await decide(developer, here, login, { actions: ["people:manage"] })).toBe("not_allowed")
		expect(await decide(developer, here, login, { actions: ["session:watch"] })).toBeUndefined()
	})
})

describe("[TRU1] a token makes no token that may more", () => {
	test("[TRU1] than itself, in actions, tags or time", async () => {
		const { developer } = await settle(home)
		const narrow = { actions: ["token:manage", "session:watch"], tags: ["gpu"], expiresAt: Date.now() + 60_000 }
		const { secret } = await made(home.post("/api/tokens", { name: "narrow", ...narrow }, developer.program))
		const program = { authorization: `Bearer ${secret}` }
		for (const wider of [
			{ actions: ["session:type"] },
			{ actions: ["token:manage", "machine:read"] },
			{ tags: ["web"] },
			{ tags: ["gpu", "web"] },
			{ expiresAt: narrow.expiresAt + 1 },
		])
			expect(await codeOf(await home.post("/api/tokens", { name: "wider", ...wider }, program))).toBe("not_allowed")
		const open = { actions: null, tags: null, expiresAt: null }
		expect((await made(home.post("/api/tokens", { name: "same", ...open }, program))).token).toMatchObject(narrow)
		expect(await codeOf(await home.ask("/api/account", { headers: program }))).toBe("not_signed_in")
		expect(await codeOf(await home.ask("/api/secrets", { headers: program }))).toBe("not_allowed")
	})

	test("[TRU1] than its maker, then or after the maker's role has changed", async () => {
		const { developer, owner } = await settle(home)
		const wider = { name: "more", actions: ["secret:manage"] }
		expect(await codeOf(await home.post("/api/tokens", wider, developer.page))).toBe("not_allowed")
		const { secret } = await made(
			home.post("/api/tokens", { name: "mine", actions: ["token:manage", "machine:read"] }, developer.page),
		)
		expect((await patch(`/api/members/${developer.id}`, { role: "guest" }, owner.program)).status).toBe(200)
		const program = { authorization: `Bearer ${secret}` }
		expect((await home.ask("/api/machines", { headers: program })).status).toBe(200)
		expect(await codeOf(await home.post("/api/tokens", { name: "again" }, program))).toBe("not_allowed")
	})

	async function made(answer: ReturnType<Home["post"]>): Promise<Answer<"createToken">> {
		return (await (await answer).json()) as Answer<"createToken">
	}
})

describe("[TRU4] a text in the place of any other", () => {
	/** Each means something to a header, a database, a file system, a parser, or whoever fetches. */
	const TEXTS = [
		"x\r\nset-cookie: planted=1\r\n\r\nHTTP/1.1 200 OK",
		"Строитель 建造 \u0301😀",
		"\ud800",
		"\u0000",
		"' OR 1=1; DROP TABLE user; --",
		"../../../../etc/passwd",
		"http://169.254.169.254/latest/meta-data/",
		"http://[::1]:22/",
		"__proto__",
		"x".repeat(10_000),
	]
	/** Those that the home's operator has named, and no caller; and Telegram, which knows a bot by the token in its address. */
	const OPERATORS =
		/^https:\/\/((issuer\.example|github\.com|api\.github\.com)\/|api\.telegram\.org\/bot\d+:[\w-]+\/getMe$)/

	test.each(ROWS)("[TRU4] of %s breaks nothing, sets no header, and makes the home call nobody", async (name, row) => {
		const town = await townFor(name)
		const { params = {}, body } = await goodRequest(name, town)
		const query = Object.fromEntries(Object.keys(row.query?.shape ?? {}).map((key) => [key, ""]))
		const changes = textsIn({ params, query, body }).flatMap((change) => TEXTS.map((text) => change(text)))
		for (const changed of changes) {
			const said = changed as { params: Record<string, string>; query: Record<string, string>; body?: Said }
			// Half a letter cannot stand in an address at all.
			const params = Object.fromEntries(Object.entries(said.params).map(([key, text]) => [key, text.toWellFormed()]))
			const path = `${routePath(name, params)}?${new URLSearchParams(said.query)}`
			const headers = await credentialFor(name, town)
			if (row.kind === "socket") {
				expect((await (await home.dial(path, headers)).closed).reason, path).not.toBe("internal")
				continue
			}
			const response = await home.ask(path, {
				method: row.method,
				headers: { "content-type": "application/json", ...headers },
				...(said.body && { body: JSON.stringify(said.body) }),
			})
			expect(response.headers.getSetCookie().join()).not.toContain("planted")
			expect(await codeOf(response), JSON.stringify(said)).not.toBe("internal")
		}
		expect(home.called.filter((url) => !OPERATORS.test(url))).toEqual([])
	})

	/** For each text within a value, how to put another in its place. */
	function textsIn(value: unknown): ((text: string) => unknown)[] {
		if (typeof value === "string") return [(text) => text]
		if (Array.isArray(value))
			return value.flatMap((part, index) =>
				textsIn(part).map((change) => (text: string) => value.with(index, change(text))),
			)
		if (typeof value !== "object" || value === null) return []
		return Object.entries(value).flatMap(([key, part]) =>
			textsIn(part).map((change) => (text: string) => ({ ...value, [key]: change(text) })),
		)
	}
})
