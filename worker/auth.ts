// People's accounts and cookies: better-auth over the registry, and our own plugin for one-time sign-in links.
import { drizzleAdapter } from "better-auth/adapters/drizzle"
import { createAuthEndpoint } from "better-auth/api"
import { setSessionCookie } from "better-auth/cookies"
import { betterAuth } from "better-auth/minimal"
import { createAccessControl } from "better-auth/plugins/access"
import { organization } from "better-auth/plugins/organization"
import * as z from "zod"
import type { Env } from "../durable-objects/env.ts"
import * as schema from "../migrations/schema.ts"
import { Refusal } from "../protocol/errors.ts"
import { verifySignInLink } from "../protocol/sign-in-link.ts"
import { Registry } from "./registry.ts"

/** What a cookie says, and the cookies that the answer must set. */
interface Answered {
	headers: Headers
}

export interface Auth {
	/** The person that the request's cookie stands for; null where there is none. */
	whoIs(headers: Headers): Promise<Answered & { userId: string | null }>
	/** Trades a one-time link's token for a cookie. */
	signIn(headers: Headers, token: string): Promise<Answered>
	/** Ends the cookie's session, if there is one. */
	signOut(headers: Headers): Promise<Answered>
}

/** The accounts as seen from `origin`, which the request names: nothing here knows a host. */
export async function auth(env: Env, origin: string): Promise<Auth> {
	const made = instances.get(origin)
	if (made !== undefined) return made
	const instance = await make(env, origin)
	// A request may claim any host: those that nobody comes back to must not pile up.
	if (instances.size >= MAX_ORIGINS) instances.clear()
	instances.set(origin, instance)
	return instance
}

const instances = new Map<string, Auth>()
const MAX_ORIGINS = 8
const SESSION_S = 30 * 24 * 60 * 60

async function make(env: Env, origin: string): Promise<Auth> {
	const registry = new Registry(env.DB)
	const instance = betterAuth({
		baseURL: origin,
		secret: env.AUTH_SECRET,
		database: drizzleAdapter(registry.database, { provider: "sqlite", schema }),
		plugins: [workspaces(), signInLink(env, registry)],
		session: { expiresIn: SESSION_S },
		advanced: {
			cookiePrefix: "homeport",
			useSecureCookies: origin.startsWith("https:"),
			ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] },
		},
		telemetry: { enabled: false },
		logger: { level: "error" },
	})
	// A promise of one request never settles in another: the instance is published only when it is ready.
	await instance.$context
	return {
		async whoIs(headers) {
			const answered = await instance.api.getSession({ headers, returnHeaders: true })
			return { userId: answered.response?.user.id ?? null, headers: answered.headers }
		},
		async signIn(headers, token) {
			return instance.api.signInByLink({ headers, body: { token }, returnHeaders: true })
		},
		async signOut(headers) {
			return instance.api.signOut({ headers, returnHeaders: true })
		},
	}
}

/** The library's organizations are our workspaces. Permissions are asked of protocol/roles.ts alone. */
function workspaces() {
	const access = createAccessControl({})
	const role = access.newRole({})
	return organization({
		ac: access,
		roles: { guest: role, developer: role, maintainer: role, owner: role },
		allowUserToCreateOrganization: false,
		schema: {
			organization: { modelName: "workspace" },
			session: { fields: { activeOrganizationId: "activeWorkspaceId" } },
			member: { fields: { organizationId: "workspaceId" } },
			invitation: { fields: { organizationId: "workspaceId" } },
		},
	})
}

/** Whoever holds a genuine, unspent link is the owner; the first one makes the workspace. */
function signInLink(env: Env, registry: Registry) {
	return {
		id: "sign-in-link",
		endpoints: {
			signInByLink: createAuthEndpoint(
				"/sign-in/link",
				{ method: "POST", body: z.object({ token: z.string() }), requireHeaders: true },
				async (call) => {
					const now = Date.now()
					const link = await verifySignInLink(env.SIGN_IN_KEY, call.body.token, now)
					if (link === null) throw new Refusal("sign_in_link_spent")
					if (!(await registry.signInLinks.spend(link, now))) throw new Refusal("sign_in_link_spent")
					const user = await call.context.internalAdapter.findUserById(
						await registry.signInLinks.findOrMakeOwner(new Date(now)),
					)
					if (user === null) throw new Error("invariant: the owner is a user")
					const session = await call.context.internalAdapter.createSession(user.id)
					await setSessionCookie(call, { session, user })
					return call.json({})
				},
			),
		},
	}
}
