// Who asks, and from where: the cookie of a person or the token of a program, and what their role allows.
import type { Env } from "../durable-objects/env.ts"
import { Refusal } from "../protocol/errors.ts"
import { type Action, can } from "../protocol/roles.ts"
import { auth } from "./auth.ts"
import { hash } from "./hash.ts"
import { originOf } from "./origin.ts"
import type { Membership, Registry } from "./registry.ts"

export interface Principal {
	/** The person, or the token. */
	id: string
	name: string
	membership: Membership
	/** Cookies that the answer must set. */
	cookies: string[]
}

export const TOKEN_PREFIX = "hp_"

/** The principal behind a request. Throws Refusal("not_signed_in"). */
export async function whoAsks(request: Request, env: Env, registry: Registry): Promise<Principal> {
	const authorization = request.headers.get("authorization")
	return authorization === null ? byCookie(request, env, registry) : byToken(bearer(authorization), registry)
}

/** The one place where a role is asked for permission. */
export function mustBeAllowed({ membership }: Principal, action: Action): void {
	if (!can(membership.role, action)) throw new Refusal("not_allowed", `You are ${membership.role} here.`)
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

async function byCookie(request: Request, env: Env, registry: Registry): Promise<Principal> {
	if (!request.headers.has("cookie")) throw new Refusal("not_signed_in")
	const { userId, headers } = await (await auth(env, originOf(request))).whoIs(request.headers)
	const membership = userId === null ? undefined : await registry.membershipOf(userId)
	if (membership === undefined) throw new Refusal("not_signed_in")
	return { id: membership.userId, name: membership.userName, membership, cookies: headers.getSetCookie() }
}

async function byToken(secret: string, registry: Registry): Promise<Principal> {
	if (!secret.startsWith(TOKEN_PREFIX)) throw new Refusal("not_signed_in")
	const found = await registry.findToken(await hash(secret))
	if (found === undefined) throw new Refusal("not_signed_in")
	const { token, membership } = found
	const now = Date.now()
	if (token.lastUsedAt === null || now - token.lastUsedAt >= TOUCH_EVERY_MS) await registry.touchToken(token.id, now)
	return { id: token.id, name: token.name, membership, cookies: [] }
}

/** A write a request would cost more than everything else about a token. */
const TOUCH_EVERY_MS = 60_000
