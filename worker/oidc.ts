// The home's OpenID Connect provider, as the library takes providers. The library's own plugin asks the provider for its
// endpoints while it starts, in whichever request that is, or else checks neither nonce nor signature.

import { createAuthorizationURL, type OAuthProvider, validateAuthorizationCode } from "@better-auth/core/oauth2"
import type { BetterAuthPlugin } from "better-auth"
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from "jose"
import * as z from "zod"
import { logFault } from "../durable-objects/fault-log.ts"
import { Refusal } from "../protocol/errors.ts"
import { readBounded } from "./body.ts"
import type { Registration } from "./sign-in-methods.ts"

interface Options extends Registration {
	issuer: string
	redirectUri: string
}

export function oidc(options: Options): BetterAuthPlugin {
	return {
		id: "oidc",
		init: ({ socialProviders }) => ({ context: { socialProviders: [provider(options), ...socialProviders] } }),
	}
}

function provider({ issuer, clientId, clientSecret, redirectUri }: Options): OAuthProvider<{ subject: string }> {
	const options = { clientId, clientSecret, redirectURI: redirectUri }
	return {
		id: "oidc",
		name: "OpenID Connect",
		issuer,
		requiresIdTokenNonce: true,
		options: { ...options, disableSignUp: true, disableIdTokenSignIn: true },
		// A subject means something within its issuer only, and a home may change to another one.
		accountSubject: ({ profile }) => profile.subject,
		async createAuthorizationURL({ state, codeVerifier, idTokenNonce }) {
			const { authorizationEndpoint } = await discover(issuer)
			return createAuthorizationURL({
				id: "oidc",
				options,
				authorizationEndpoint,
				redirectURI: redirectUri,
				state,
				codeVerifier,
				scopes: ["openid"],
				...(idTokenNonce !== undefined && { nonce: idTokenNonce }),
			})
		},
		async validateAuthorizationCode({ code, codeVerifier }) {
			const { tokenEndpoint, authentication } = await discover(issuer)
			return validateAuthorizationCode({
				code,
				options,
				tokenEndpoint,
				authentication,
				redirectURI: redirectUri,
				...(codeVerifier !== undefined && { codeVerifier }),
			})
		},
		async getUserInfo({ idToken, expectedIdTokenNonce }) {
			if (idToken === undefined || expectedIdTokenNonce === undefined) return null
			const subject = await subjectOf(idToken, expectedIdTokenNonce, { issuer, clientId })
			if (subject === null) return null
			return { user: { emailVerified: false, email: NO_EMAIL }, data: { subject: `${issuer} ${subject}` } }
		},
	}
}

/** Whom the token is about; null where it is not the provider's, not for us, or not of this flow. */
async function subjectOf(token: string, nonce: string, { issuer, clientId }: Pick<Options, "issuer" | "clientId">) {
	const { keys } = await discover(issuer)
	const wanted = { issuer, audience: clientId, algorithms: ALGORITHMS, requiredClaims: ["exp", "iat"] }
	try {
		const claims = Claims.parse((await jwtVerify(token, keys, wanted)).payload)
		if (claims.nonce !== nonce) throw new Error("its nonce is another one")
		return claims.sub
	} catch (error) {
		logFault("oidc", { issuer, error: String(error) })
		return null
	}
}

const Claims = z.object({ sub: z.string().min(1).max(255), nonce: z.string() })

/** Who comes from a provider is known by their subject there. The library wants an address, and must match nobody by it. */
export const NO_EMAIL = "nobody@provider.invalid"

/** Signed by a key that the provider publishes; never by the secret, and never by nobody. */
const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "RS384", "ES384", "RS512", "ES512"]

interface Provider {
	authorizationEndpoint: string
	tokenEndpoint: string
	authentication: "basic" | "post"
	keys: JWTVerifyGetKey
}

const HttpsUrl = z.url({ protocol: /^https$/ })
const Discovery = z.object({
	issuer: HttpsUrl,
	authorization_endpoint: HttpsUrl,
	token_endpoint: HttpsUrl,
	jwks_uri: HttpsUrl,
	token_endpoint_auth_methods_supported: z.array(z.string()).default(["client_secret_basic"]),
})

/** What the provider says of itself. Throws Refusal("provider_failed"). */
async function discover(issuer: string): Promise<Provider> {
	const now = Date.now()
	if (known !== undefined && known.issuer === issuer && now < known.until) return known.provider
	try {
		const said = Discovery.parse(await fetchJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`))
		if (said.issuer !== issuer) throw new Error(`it calls itself ${said.issuer}`)
		const provider: Provider = {
			authorizationEndpoint: said.authorization_endpoint,
			tokenEndpoint: said.token_endpoint,
			authentication: said.token_endpoint_auth_methods_supported.includes("client_secret_basic") ? "basic" : "post",
			keys: createRemoteJWKSet(new URL(said.jwks_uri)),
		}
		// Kept when it is whole: a promise of one request never settles in another.
		known = { issuer, until: now + KNOWN_MS, provider }
		return provider
	} catch (error) {
		logFault("oidc", { issuer, error: String(error) })
		throw new Refusal("provider_failed", "It does not say how to ask it.")
	}
}

/** Over TLS, from nowhere but this address, and not for ever. */
async function fetchJson(url: string): Promise<unknown> {
	const response = await fetch(HttpsUrl.parse(url), { redirect: "manual", signal: AbortSignal.timeout(DISCOVERY_MS) })
	if (response.status !== 200) throw new Error(`it answered ${response.status}`)
	return JSON.parse(new TextDecoder().decode(await readBounded(response)))
}

const DISCOVERY_MS = 5_000

let known: { issuer: string; until: number; provider: Provider } | undefined
/** Providers change their endpoints once in years; keys are asked for anew whenever one is not known. */
const KNOWN_MS = 60 * 60_000
