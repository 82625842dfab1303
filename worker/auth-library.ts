// better-auth, as this home uses it: cookies, passwords, passkeys and other providers. Who may do what is not its matter.
import { passkey } from "@better-auth/passkey"
import { drizzleAdapter } from "better-auth/adapters/drizzle"
import { APIError, createAuthEndpoint } from "better-auth/api"
import { setSessionCookie } from "better-auth/cookies"
import { betterAuth } from "better-auth/minimal"
import * as z from "zod"
import type { Env } from "../durable-objects/env.ts"
import { logFault } from "../durable-objects/fault-log.ts"
import * as schema from "../migrations/schema.ts"
import { FRESH_SIGN_IN_MS, PASSWORD_CHARS, PASSWORD_MIN_CHARS } from "../protocol/limits.ts"
import type { ProviderId } from "../protocol/routes/sign-in.ts"
import { routePath } from "../protocol/routes.ts"
import { ADDRESS_HEADER } from "./browser.ts"
import { NO_EMAIL, oidc } from "./oidc.ts"
import { Registry } from "./registry.ts"
import { methodsOf } from "./sign-in-methods.ts"

/** Where the browser goes when a provider's answer makes no sense. */
export const PROVIDER_REFUSED = "/sign-in?refused=provider_failed"

export function library(env: Env, origin: string) {
	const { password, github, oidc: other } = methodsOf(env, origin)
	return betterAuth({
		baseURL: origin,
		secret: env.AUTH_SECRET,
		database: drizzleAdapter(new Registry(env.DB).database, { provider: "sqlite", schema }),
		emailAndPassword: {
			enabled: password,
			// People come by invitation alone.
			disableSignUp: true,
			minPasswordLength: PASSWORD_MIN_CHARS,
			maxPasswordLength: PASSWORD_CHARS,
		},
		socialProviders: {
			...(github !== null && {
				github: {
					...github,
					redirectURI: callback(origin, "github"),
					disableSignUp: true,
					// Who somebody is there is public; nothing else of theirs is asked for.
					disableDefaultScope: true,
					mapProfileToUser: () => ({ email: NO_EMAIL, emailVerified: false }),
				},
			}),
		},
		plugins: [
			signInAs(),
			passkey({
				rpName: "Homeport",
				origin,
				// Nobody is asked for an address first, and a passkey is all that is asked for.
				authenticatorSelection: { residentKey: "required", userVerification: "required" },
				registration: {
					afterVerification({ verification }) {
						if (verification.registrationInfo?.userVerified !== true) throw new APIError("UNAUTHORIZED")
					},
				},
				authentication: {
					afterVerification({ verification }) {
						if (!verification.authenticationInfo.userVerified) throw new APIError("UNAUTHORIZED")
					},
				},
			}),
			...(other === null ? [] : [oidc({ ...other, redirectUri: callback(origin, "oidc") })]),
		],
		account: {
			updateAccountOnSignIn: false,
			accountLinking: {
				// An address alone links nobody: whoever controls a provider could name anybody's.
				disableImplicitLinking: true,
				// A person who is signed in says themself which account there is theirs.
				allowDifferentEmails: true,
				trustedProviders: ["github", "oidc"],
			},
		},
		databaseHooks: {
			// The library makes nobody, whatever a provider says: people are ours to make.
			user: { create: { before: async () => false } },
			account: { create: { before: withoutTokens }, update: { before: withoutTokens } },
		},
		session: { expiresIn: SESSION_S, freshAge: FRESH_SIGN_IN_MS / 1000 },
		verification: { storeIdentifier: "hashed" },
		onAPIError: { errorURL: origin + PROVIDER_REFUSED },
		advanced: {
			cookiePrefix: "homeport",
			useSecureCookies: origin.startsWith("https:"),
			ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
		},
		telemetry: { enabled: false },
		// What comes after the message may be somebody's own words.
		logger: { level: "error", log: (_, message) => logFault("accounts", { message }) },
	})
}

const SESSION_S = 30 * 24 * 60 * 60

/** Whoever something else has proved to be this person: a one-time link, a recovery code, an invitation. */
function signInAs() {
	return {
		id: "sign-in-as",
		endpoints: {
			signInAs: createAuthEndpoint(
				"/sign-in/as",
				{ method: "POST", body: z.object({ userId: z.string() }), requireHeaders: true },
				async (call) => {
					const user = await call.context.internalAdapter.findUserById(call.body.userId)
					if (user === null) throw new Error("invariant: who is signed in is a user")
					const session = await call.context.internalAdapter.createSession(user.id)
					await setSessionCookie(call, { session, user })
					return call.json({})
				},
			),
		},
	}
}

/** A provider is asked who somebody is, once; what it would let us do as them is not kept. */
async function withoutTokens<T extends object>(account: T) {
	const none = {
		accessToken: null,
		refreshToken: null,
		idToken: null,
		accessTokenExpiresAt: null,
		refreshTokenExpiresAt: null,
	}
	return { data: { ...account, ...none } }
}

function callback(origin: string, provider: ProviderId): string {
	return origin + routePath("finishProviderSignIn", { provider })
}
