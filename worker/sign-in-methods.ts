// Ways to sign in that this home has switched on, by its environment.
import type { Env } from "../durable-objects/env.ts"
import { Refusal } from "../protocol/errors.ts"
import type { ProviderId, SignInMethods } from "../protocol/routes/sign-in.ts"

/** What another provider knows this home by. */
export interface Registration {
	clientId: string
	clientSecret: string
}

export interface Methods {
	passkey: boolean
	password: boolean
	github: Registration | null
	oidc: (Registration & { issuer: string; label: string }) | null
}

export function methodsOf(env: Env, origin: string): Methods {
	const { GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_LABEL } = env
	return {
		passkey: canHavePasskeys(new URL(origin)),
		password: env.PASSWORDS === "on",
		github:
			GITHUB_CLIENT_ID && GITHUB_CLIENT_SECRET
				? { clientId: GITHUB_CLIENT_ID, clientSecret: GITHUB_CLIENT_SECRET }
				: null,
		oidc:
			OIDC_ISSUER && OIDC_CLIENT_ID && OIDC_CLIENT_SECRET
				? {
						issuer: OIDC_ISSUER,
						clientId: OIDC_CLIENT_ID,
						clientSecret: OIDC_CLIENT_SECRET,
						label: OIDC_LABEL || "OpenID Connect",
					}
				: null,
	}
}

/** As everybody may know them. */
export function tellMethods({ passkey, password, github, oidc }: Methods): SignInMethods {
	const providers: SignInMethods["providers"] = []
	if (github !== null) providers.push({ id: "github", label: "GitHub" })
	if (oidc !== null) providers.push({ id: "oidc", label: oidc.label })
	return { passkey, password, providers }
}

/** Throws Refusal("sign_in_method_off"). */
export function mustBeOn(method: keyof Methods, env: Env, origin: string): void {
	const on = methodsOf(env, origin)[method]
	if (on === false || on === null) throw new Refusal("sign_in_method_off")
}

/** Those that are on, beside passkeys. */
export function waysOn({ password, github, oidc }: Methods): (ProviderId | "password")[] {
	const ways: (ProviderId | "password")[] = []
	if (password) ways.push("password")
	if (github !== null) ways.push("github")
	if (oidc !== null) ways.push("oidc")
	return ways
}

/** Browsers have them under host names only, and beside localhost over TLS only. */
function canHavePasskeys({ protocol, hostname }: URL): boolean {
	if (hostname === "localhost" || hostname.endsWith(".localhost")) return true
	const isAddress = hostname.startsWith("[") || /^[\d.]+$/.test(hostname)
	return protocol === "https:" && !isAddress
}
