// Who asks, and from where: the cookie of a person or the token of a program, and what their role allows.
import type { Env } from "../durable-objects/env.ts"
import { Refusal } from "../protocol/errors.ts"
import { ACTIONS, type Action, can } from "../protocol/roles.ts"
import { auth, type Known } from "./auth.ts"
import { asBrowser } from "./browser.ts"
import { hash } from "./hash.ts"
import { originOf } from "./origin.ts"
import type { MachineEntry } from "./registry/machines.ts"
import type { Membership } from "./registry/members.ts"
import type { Registry } from "./registry.ts"

/** Somebody signed in by a cookie, wherever they are a member. */
export interface Person extends Known {
	/** Cookies that the answer must set. */
	cookies: string[]
}

/** Somebody with a place in the workspace that the request is for. */
export interface Principal {
	is: "person" | "token"
	/** The person, or the token. */
	id: string
	name: string
	membership: Membership
	/** What a token is narrowed to; null where it is not. */
	actions: readonly Action[] | null
	tags: readonly string[] | null
	/** When a token ends; null where it does not end by itself. */
	expiresAt: number | null
	/** Ids of the person, and of the token or the sign-in that let them in: with each of them their sockets end. */
	through: string[]
	/** Cookies that the answer must set. */
	cookies: string[]
}

export const TOKEN_PREFIX = "hp_"

/** The principal behind a request. Throws Refusal("not_signed_in"), or Refusal("not_found") for who is no member there. */
export async function whoAsks(request: Request, env: Env, registry: Registry): Promise<Principal> {
	const authorization = request.headers.get("authorization")
	const workspaceId = workspaceAsked(request)
	if (authorization !== null) return byToken(bearer(authorization), workspaceId, registry)
	const person = await whichPerson(request, env)
	const membership = await registry.members.membershipOf(person.id, workspaceId)
	if (membership === undefined) throw new Refusal("not_found")
	const { id, name, signIn, cookies } = person
	const through = [id, signIn.id]
	return { is: "person", id, name, membership, actions: null, tags: null, expiresAt: null, through, cookies }
}

/** The person of the request's cookie: what one decides about oneself, no program decides. Throws Refusal("not_signed_in"). */
export async function whichPerson(request: Request, env: Env): Promise<Person> {
	if (!request.headers.has("cookie") || request.headers.has("authorization")) throw new Refusal("not_signed_in")
	const { person, cookies } = await (await auth(env, originOf(request))).whoIs(asBrowser(request, env))
	if (person === null) throw new Refusal("not_signed_in")
	return { ...person, cookies }
}

/** The one place where a role is asked for permission. */
export function mustBeAllowed(principal: Principal, action: Action): void {
	const { role } = principal.membership
	if (!can(role, action)) throw new Refusal("not_allowed", `You are ${role} here.`)
	if (!allowedTo(principal).includes(action))
		throw new Refusal("not_allowed", "This token is narrowed to other actions.")
}

/** All that a principal may do here. */
export function allowedTo({ membership, actions }: Pick<Principal, "membership" | "actions">): Action[] {
	return ACTIONS.filter((action) => can(membership.role, action) && (actions?.includes(action) ?? true))
}

/** Whether a machine of the principal's workspace is there for them: some are for named members, some tokens for tags. */
export function sees({ membership, tags }: Pick<Principal, "membership" | "tags">, machine: MachineEntry): boolean {
	const isNamed = machine.members === null || membership.role === "owner" || machine.members.includes(membership.userId)
	return isNamed && (tags === null || machine.tags.some((tag) => tags.includes(tag)))
}

/**
 * Other sites' pages can make a browser send requests and open sockets here, with its cookies. Browsers say which page
 * asks; programs do not, and programs bring no cookie. Throws Refusal("wrong_origin").
 */
export function mustBeOwnPage(request: Request): void {
	const origin = request.headers.get("origin")
	const site = request.headers.get("sec-fetch-site")
	const fromElsewhere = site !== null && site !== "same-origin"
	if (origin === null) {
		const byCookie = request.headers.has("cookie") && !request.headers.has("authorization")
		if (byCookie || fromElsewhere) throw new Refusal("wrong_origin")
		return
	}
	// The scheme is not compared: behind a proxy that ends TLS this side sees http.
	const ownHost = URL.canParse(origin) && new URL(origin).host === new URL(request.url).host
	if (!ownHost || fromElsewhere) throw new Refusal("wrong_origin")
}

/** The secret of an Authorization header. */
export function bearer(authorization: string | null): string {
	const [, secret] = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? "") ?? []
	if (secret === undefined) throw new Refusal("not_signed_in")
	return secret
}

/** The workspace that a request is for; null where it does not say. Browsers' sockets cannot send a header. */
function workspaceAsked(request: Request): string | null {
	return request.headers.get("homeport-workspace") ?? new URL(request.url).searchParams.get("workspace")
}

async function byToken(secret: string, workspaceId: string | null, registry: Registry): Promise<Principal> {
	if (!secret.startsWith(TOKEN_PREFIX)) throw new Refusal("not_signed_in")
	const now = Date.now()
	const found = await registry.tokens.find(await hash(secret), now)
	if (found === undefined) throw new Refusal("not_signed_in")
	const { token, membership } = found
	if (workspaceId !== null && workspaceId !== membership.workspaceId) throw new Refusal("not_found")
	if (token.lastUsedAt === null || now - token.lastUsedAt >= TOUCH_EVERY_MS) await registry.tokens.touch(token.id, now)
	const { id, name, actions, tags, expiresAt } = token
	const through = [membership.userId, id]
	return { is: "token", id, name, membership, actions, tags, expiresAt, through, cookies: [] }
}

/** A write a request would cost more than everything else about a token. */
const TOUCH_EVERY_MS = 60_000
