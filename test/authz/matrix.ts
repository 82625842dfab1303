// The matrix: every route and socket by every caller, what must come of it, and what the server does.

import type { RefusalCode } from "../../protocol/errors.ts"
import { newViewerId } from "../../protocol/ids.ts"
import { PROTOCOL_VERSION } from "../../protocol/limits.ts"
import { ACTIONS, type Action } from "../../protocol/roles.ts"
import type { Permission, Shape } from "../../protocol/route.ts"
import { ROUTES, type RouteName, routePath } from "../../protocol/routes.ts"
import { CALLERS, type Caller } from "./callers.ts"
import { ENTRIES, type Entry, type Thing } from "./entries.ts"
import type { Home } from "./home.ts"
import { ROLE_TABLE } from "./role-table.ts"
import { Rows } from "./rows.ts"
import { introduce, missing, PLATFORM, type Things, World } from "./world.ts"

export interface Report {
	/** Rows of the route table. */
	routes: number
	/** Pairs of a route and a caller, each tried. */
	cells: number
	/** Routes without an entry, and actions without a row in the role table. */
	uncovered: string[]
	/** Cells in which the server does what it must not. */
	wrong: Wrong[]
}

export interface Wrong {
	route: RouteName
	caller: string
	must: string
	does: string
}

/** A caller, and what there is around them. */
interface Scene {
	who: Caller
	things: Things
}

interface Cell extends Scene {
	name: RouteName
	row: Shape
	entry: AnyEntry
	caller: string
	must: string
	/** Whether the caller must not learn if the things are there. */
	hides: boolean
}

/** An entry of a route that is not known by name. */
type AnyEntry = Omit<Entry, "request"> & { request?: (things: Things, home: Home) => Asked | Promise<Asked> }

interface Asked {
	params?: Record<string, string>
	query?: Record<string, unknown>
	body?: unknown
}

/** What comes of one request: its outcome, and all by which the caller can tell it from another. */
interface Answer {
	does: string
	looks: string[]
	/** Whether the caller has named the thing themself. */
	named: (thing: Thing) => boolean
}

/** Tries these routes; all of them where they are not said. */
export async function walk(home: Home, names = Object.keys(ROUTES) as RouteName[]): Promise<Report> {
	const rows = new Rows()
	const covered = names.filter((name) => Object.hasOwn(ENTRIES, name))
	const refused = new Map<string, Scene>()
	const cells = covered.flatMap((name) => Object.keys(CALLERS).map((caller) => cellOf(name, caller, rows, refused)))
	await rows.insert(home.db)
	const wrong: Wrong[] = []
	const waiting = cells.values()
	const work = async () => {
		for (const cell of waiting) {
			const does = await tryOut(home, cell)
			if (does !== cell.must) wrong.push({ route: cell.name, caller: cell.caller, must: cell.must, does })
		}
	}
	await Promise.all(Array.from({ length: AT_ONCE }, work))
	return {
		routes: names.length,
		cells: cells.length,
		uncovered: [
			...names.filter((name) => !covered.includes(name)),
			...ACTIONS.filter((action) => !Object.hasOwn(ROLE_TABLE, action)),
		],
		wrong,
	}
}

/** Enough that the runtime never waits for this side. */
const AT_ONCE = 8

function cellOf(name: RouteName, caller: string, rows: Rows, refused: Map<string, Scene>): Cell {
	const entry = ENTRIES[name] as AnyEntry
	const action = isAction(entry.may) ? entry.may : null
	const key = `${caller} ${action}`
	const scene = refused.get(key) ?? newScene(caller, action, rows)
	const refusal = refusalBy(entry, scene.who)
	// Who is refused changes nothing, and may be refused in the same world again.
	if (refusal !== undefined) refused.set(key, scene)
	const { who, things } = refusal === undefined && refused.has(key) ? newScene(caller, action, rows) : scene
	const must = refusal ?? entry.but?.(who) ?? entry.told ?? "done"
	const hides = refusal !== undefined && entry.about !== undefined
	return { name, row: ROUTES[name], entry, caller, who, things, must, hides }
}

/** Somebody who has just come into a world of their own. */
function newScene(caller: string, action: Action | null, rows: Rows): Scene {
	const arrives = CALLERS[caller]
	if (arrives === undefined) throw new Error(`invariant: ${caller} is a caller`)
	const world = new World(rows)
	return { who: arrives(world, action), things: world.things }
}

/** With what the table refuses the caller; undefined where it lets them in. */
function refusalBy({ may, about = [] }: AnyEntry, who: Caller): RefusalCode | undefined {
	if (may === "anybody") return undefined
	if (may === "machine") return who.asMachine ?? undefined
	if (may === "person") {
		if (who.is !== "person") return "not_signed_in"
	} else {
		if (who.is !== "person" && who.is !== "token") return "not_signed_in"
		if (who.role === null) return "not_found"
		if (!ROLE_TABLE[may].includes(who.role)) return "not_allowed"
		if (who.actions !== null && !who.actions.includes(may)) return "not_allowed"
	}
	return about.every((thing) => sees(who, thing)) ? undefined : "not_found"
}

function sees(who: Caller, thing: Thing): boolean {
	switch (thing) {
		case "machine":
		case "request":
			return who.isHere && who.seesMachine
		case "workspace":
		case "member":
		case "invitation":
		case "secret":
			return who.isHere
		default:
			return who.isTheirs
	}
}

/** What the server does; in words of this page where it is no outcome. */
async function tryOut(home: Home, cell: Cell): Promise<string> {
	const { does, looks, named } = await answerTo(home, cell, cell.things)
	const told = THINGS.find((thing) => !sees(cell.who, thing) && !named(thing) && holds(looks, cell.things, thing))
	if (told !== undefined) return `${does}, and tells of a ${told}`
	if (!cell.hides || does !== cell.must) return does
	const other = await answerTo(home, cell, missing())
	const [tell] = [
		...looks.filter((look) => !other.looks.includes(look)),
		...other.looks.filter((look) => !looks.includes(look)),
	]
	return tell === undefined ? does : `${does}, but not for a thing that is missing: ${tell}`
}

/** What nobody is told of who may not see it. */
const THINGS = [
	"workspace",
	"machine",
	"request",
	"member",
	"invitation",
	"secret",
	"token",
	"passkey",
	"signIn",
] as const

function holds(said: string[], things: Things, thing: Thing): boolean {
	const id = thing === "workspace" ? things.workspace.id : things[thing]
	return said.some((text) => text.includes(id))
}

async function answerTo(home: Home, { name, row, entry, who, must }: Cell, things: Things): Promise<Answer> {
	if (entry.isKnown && must === (entry.told ?? "done")) await introduce(home, things)
	const { params, query = {}, body } = (await entry.request?.(things, home)) ?? {}
	const sent = await who.send(things.workspace.id)
	const search = new URLSearchParams({ ...(query as Record<string, string>), ...sent.query })
	const path = `${routePath(name, params)}?${search}`
	const named = (thing: Thing) => holds([path, JSON.stringify([body, sent.headers])], things, thing)
	if (row.kind === "socket") return { ...(await socketAnswer(home, name, path, sent.headers)), named }
	const response = await home.ask(path, {
		method: row.method,
		headers: { ...sent.headers, ...(body !== undefined && { "content-type": "application/json" }) },
		...(body !== undefined && { body: JSON.stringify(body) }),
	})
	const text = await response.text()
	const headers = [...response.headers]
		.filter(([header]) => header !== "date")
		.map(([header, value]) => `${header}: ${value}`)
	return {
		does: response.status < 400 ? "done" : codeIn(text),
		looks: [`${response.status} ${text}`, ...headers],
		named,
	}
}

async function socketAnswer(
	home: Home,
	name: RouteName,
	path: string,
	headers: Record<string, string>,
): Promise<Omit<Answer, "named">> {
	const socket = await home.dial(path, headers)
	const refusal = await socket.refusal(HELLO[name] ?? "")
	socket.close()
	return { does: refusal ?? "done", looks: [refusal ?? ""] }
}

/** What is said first on a socket, so that it is answered. */
const HELLO: Partial<Record<RouteName, object | string>> = {
	feed: "ping",
	view: { type: "hello", version: PROTOCOL_VERSION, viewer: newViewerId() },
	link: { type: "hello", version: PROTOCOL_VERSION, platform: PLATFORM, sessions: [] },
}

function codeIn(text: string): string {
	try {
		return (JSON.parse(text) as { error: { code: string } }).error.code
	} catch {
		return text.slice(0, 80)
	}
}

function isAction(may: Permission): may is Action {
	return may !== "anybody" && may !== "machine" && may !== "person"
}
