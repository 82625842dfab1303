// Everybody who may call: what they send, and what is true of them.
import { ACTIONS, type Action, ROLES, type Role } from "../../protocol/roles.ts"
import { OWN_PAGE } from "./home.ts"
import { cookieOf, newSecret } from "./rows.ts"
import { dialToken, newKeys, type World } from "./world.ts"

/** What is true of a caller, whatever they call. */
interface Standing {
	is: "nobody" | "person" | "token" | "machine"
	/** What a machine's route says; null where it lets them in. */
	asMachine: "not_signed_in" | "dial_token_invalid" | "machine_revoked" | null
	/** In the workspace that the request is for; null where they are no member of it. */
	role: Role | null
	/** Whether the workspace that the request is for is the one that has the things. */
	isHere: boolean
	/** What a token is narrowed to. */
	actions: readonly Action[] | null
	seesMachine: boolean
	/** Whether what only one person has is theirs. */
	isTheirs: boolean
}

export interface Caller extends Standing {
	/** The credential; `workspace` is the one that they name, where they name one. */
	send(workspace: string): Promise<Sent> | Sent
}

interface Sent {
	headers: Record<string, string>
	query?: Record<string, string>
}

/** Comes into a world, and may add to it. `action` is what the route needs, where it needs one. */
type Arrives = (world: World, action: Action | null) => Caller

const FORGER = await newKeys()

export const CALLERS: Record<string, Arrives> = {
	nobody: () => nobody(),
	"nobody, by another scheme": () => nobody({ authorization: "Basic aHA6aHA=" }),
	"a wrong token": () => unknownToken(newSecret()),
	"an expired token": (world) => unknownToken(ownersToken(world, { expiresAt: Date.now() - 1 })),
	"a revoked token": (world) => unknownToken(ownersToken(world, { revokedAt: Date.now() - 1 })),
	"a garbage cookie": () => unknownCookie("__Secure-homeport.session_token=x.y"),
	"a cookie of nothing": () => unknownCookie(cookieOf("no row has this token")),
	"a cookie whose sign-in expired": (world) => unknownCookie(world.addSignIn(world.founder.id, -1).cookie),
	"a cookie that another key signed": (world) =>
		unknownCookie(cookieOf(world.addSignIn(world.founder.id).token, "the secret of another home")),

	...each(ROLES, (role) => ({
		[`${role} by cookie`]: (world) => byCookie(member(world, role).cookie, { role }),
		[`${role} by token`]: (world) => byToken(member(world, role).secret, { role }),
	})),

	"a token narrowed to the action": (world, action) => narrowed(world, "owner", [action ?? "workspace:read"]),
	"a token narrowed to another action": (world, action) =>
		narrowed(world, "owner", [ACTIONS.find((other) => other !== action) ?? ACTIONS[0]]),
	"a guest's token with all actions": (world) => narrowed(world, "guest", ACTIONS),
	"a token narrowed to a tag of the machine": (world) => tagged(world, "gpu", true),
	"a token narrowed to a tag that the machine lacks": (world) => tagged(world, "web", false),

	"an owner elsewhere": (world) => elsewhere(world, "cookie", "nothing"),
	"an owner elsewhere, naming the workspace": (world) => elsewhere(world, "cookie", "header"),
	"an owner elsewhere, naming the workspace in the address": (world) => elsewhere(world, "cookie", "query"),
	"a token of elsewhere": (world) => elsewhere(world, "token", "nothing"),
	"a token of elsewhere, naming the workspace": (world) => elsewhere(world, "token", "header"),

	"a removed member": (world) => byCookie(world.addPerson().cookie, REMOVED),
	"a removed member, naming the workspace": (world) => naming(byCookie(world.addPerson().cookie, REMOVED), "header"),
	"a token of a removed member": (world) => unknownToken(world.addPerson().secret),
	"another owner, for what only one person has": (world) =>
		byCookie(world.addMember("owner").cookie, { role: "owner", isTheirs: false }),

	"a member whom the machine is not for": (world) => restricted(world, "developer", false),
	"a maintainer whom the machine is not for": (world) => restricted(world, "maintainer", false),
	"a member whom the machine is for": (world) => restricted(world, "developer", true),
	"an owner, of a machine for others": (world) => ({ ...restricted(world, "owner", false), seesMachine: true }),
	"a token of a member whom the machine is not for": (world) => {
		world.machine.members = [world.things.member]
		return byToken(member(world, "developer").secret, { role: "developer", seesMachine: false })
	},

	"a machine": (world) => byDial(() => dialToken(world.things.machine), null),
	"a removed machine": (world) => {
		const removed = world.addRemovedMachine()
		return byDial(() => dialToken(removed), "machine_revoked")
	},
	"a forged machine": (world) => byDial(() => dialToken(world.things.machine, FORGER), "dial_token_invalid"),
}

const UNKNOWN = {
	is: "nobody",
	asMachine: "not_signed_in",
	role: null,
	isHere: false,
	actions: null,
	seesMachine: false,
	isTheirs: false,
} as const satisfies Standing

const REMOVED = { isHere: false, role: null, isTheirs: false } as const

function nobody(headers: Record<string, string> = {}): Caller {
	return { ...UNKNOWN, send: () => ({ headers }) }
}

function unknownToken(secret: string): Caller {
	return { ...nobody({ authorization: `Bearer ${secret}` }), asMachine: "dial_token_invalid" }
}

function unknownCookie(cookie: string): Caller {
	return nobody({ cookie, ...OWN_PAGE })
}

function byCookie(cookie: string, standing: Partial<Standing>): Caller {
	const own = { isHere: true, seesMachine: true, isTheirs: true, ...standing }
	return { ...UNKNOWN, is: "person", ...own, send: () => ({ headers: { cookie, ...OWN_PAGE } }) }
}

function byToken(secret: string, standing: Partial<Standing>): Caller {
	const { send } = unknownToken(secret)
	const own = { isHere: true, seesMachine: true, isTheirs: true, ...standing }
	return { ...UNKNOWN, is: "token", asMachine: "dial_token_invalid", ...own, send }
}

function byDial(token: () => Promise<string>, asMachine: Standing["asMachine"]): Caller {
	const send = async () => ({ headers: { authorization: `Bearer ${await token()}` } })
	return { ...UNKNOWN, is: asMachine === null ? "machine" : "nobody", asMachine, send }
}

/** The same caller, who says for which workspace the request is. */
function naming(caller: Caller, where: "header" | "query"): Caller {
	return {
		...caller,
		async send(workspace) {
			const { headers } = await caller.send(workspace)
			return where === "query"
				? { headers, query: { workspace } }
				: { headers: { ...headers, "homeport-workspace": workspace } }
		},
	}
}

/** A new member, who has one of everything that only one person has. */
function member(world: World, role: Role) {
	const me = world.addMember(role)
	const { token, passkey, signIn } = me
	Object.assign(world.things, { token, passkey, signIn })
	return me
}

function ownersToken(world: World, made: Parameters<World["addToken"]>[1]): string {
	return world.addToken(world.founder.id, made).secret
}

function narrowed(world: World, role: Role, actions: readonly Action[]): Caller {
	return byToken(world.addToken(member(world, role).id, { actions }).secret, { role, actions })
}

function tagged(world: World, tag: string, seesMachine: boolean): Caller {
	world.machine.tags = ["gpu", "fast"]
	return byToken(world.addToken(member(world, "owner").id, { tags: [tag] }).secret, { role: "owner", seesMachine })
}

function restricted(world: World, role: Role, seesMachine: boolean): Caller {
	const me = member(world, role)
	world.machine.members = [world.things.member, ...(seesMachine ? [me.id] : [])]
	return byCookie(me.cookie, { role, seesMachine })
}

/** An owner, in a workspace that has nothing. */
function elsewhere(world: World, by: "cookie" | "token", names: "nothing" | "header" | "query"): Caller {
	const me = world.addPerson()
	const workspaceId = world.addWorkspace()
	world.join(me.id, "owner", workspaceId)
	const standing = { isHere: false, isTheirs: false, role: names === "nothing" ? ("owner" as const) : null }
	const caller =
		by === "cookie" ? byCookie(me.cookie, standing) : byToken(world.addToken(me.id, { workspaceId }).secret, standing)
	return names === "nothing" ? caller : naming(caller, names)
}

function each<T>(of: readonly T[], make: (one: T) => Record<string, Arrives>): Record<string, Arrives> {
	return Object.assign({}, ...of.map(make)) as Record<string, Arrives>
}
