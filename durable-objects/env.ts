// What wrangler.toml and the local home bind.
import type { MachineObject } from "./machine-object.ts"
import type { WorkspaceObject } from "./workspace-object.ts"

export interface Env {
	/** One object a machine, named by the machine's id. */
	MACHINE: DurableObjectNamespace<MachineObject>
	/** One object a workspace, named by the workspace's id. */
	WORKSPACE: DurableObjectNamespace<WorkspaceObject>
	/** The registry. */
	DB: D1Database
	/** The built console, the connector's bundles and the API's description. */
	ASSETS: Fetcher
	/** Signs the cookies of people. */
	AUTH_SECRET: string
	/** Signs one-time sign-in links; whoever has it is the owner. */
	SIGN_IN_KEY: string
	/**
	 * The key ring that seals secrets: a JSON object of AES-256 keys in base64, by their number. The highest seals; the
	 * others open what was sealed before.
	 */
	SECRET_KEYS: string
	/** More of the ring, by its number: where a secret cannot be read back, each key that is added is one of its own. */
	[more: `SECRET_KEYS_${number}`]: string
	/** Signs pushes to browsers, which subscribe with its public half: a private P-256 key as a JWK. Another one ends them all. */
	PUSH_KEY?: string
	/** "on" for e-mail and password. */
	PASSWORDS?: string
	/** A GitHub OAuth app, for signing in by GitHub. */
	GITHUB_CLIENT_ID?: string
	GITHUB_CLIENT_SECRET?: string
	/** Another OpenID Connect provider, such as Keycloak, Authentik or Google. */
	OIDC_ISSUER?: string
	OIDC_CLIENT_ID?: string
	OIDC_CLIENT_SECRET?: string
	/** What its button says. */
	OIDC_LABEL?: string
	/** Counts calls a minute, on Cloudflare; a home without them counts in memory. */
	RATE_API?: RateLimit
	RATE_SIGN_IN?: RateLimit
	RATE_ENROLL?: RateLimit
	RATE_MAKE?: RateLimit
	/** The version of this control plane, and of the connector that it serves. */
	VERSION: string
	/** Set by a home that nothing migrates from outside: the Worker then brings the registry up to date itself. */
	SELF_MIGRATE?: string
}
