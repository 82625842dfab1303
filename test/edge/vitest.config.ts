// Two worlds: the edge inside the Workers runtime, and what is made at build time, in Node.
import { generateKeyPairSync } from "node:crypto"
import { mkdirSync } from "node:fs"
import { resolve } from "node:path"
import { cloudflareTest } from "@cloudflare/vitest-plugin"
import { defineConfig } from "vitest/config"
import { ISSUER, OIDC_CLIENT } from "./node/code.ts"
import { identityProvider } from "./node/identity-providers.ts"
import { outside } from "./node/outside.ts"
import { pushService } from "./node/push-service.ts"

/** A home on Cloudflare, with every way to sign in. The key signs the links of these tests. */
const HOME = {
	AUTH_SECRET: "an-auth-secret-for-the-tests-of-the-edge",
	SIGN_IN_KEY: "a-sign-in-key-for-the-tests-of-the-edge",
	SECRET_KEYS: JSON.stringify({ 1: Buffer.alloc(32, 1).toString("base64"), 2: Buffer.alloc(32, 2).toString("base64") }),
	SECRET_KEYS_3: JSON.stringify({ 3: Buffer.alloc(32, 3).toString("base64") }),
	PUSH_KEY: JSON.stringify(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" })),
	PASSWORDS: "on",
	GITHUB_CLIENT_ID: "github-client",
	GITHUB_CLIENT_SECRET: "github-secret",
	OIDC_ISSUER: ISSUER,
	OIDC_CLIENT_ID: OIDC_CLIENT,
	OIDC_CLIENT_SECRET: "oidc-secret",
}

// wrangler.toml serves this folder; the tests need nothing in it.
mkdirSync(resolve(import.meta.dirname, "../../dist/web"), { recursive: true })

export default defineConfig({
	test: {
		projects: [
			{
				root: import.meta.dirname,
				plugins: [
					cloudflareTest({
						main: "../../worker/index.ts",
						miniflare: {
							bindings: HOME,
							outboundService: async (request: Request) =>
								(await identityProvider(request)) ?? (await pushService(request)) ?? outside(request),
						},
						wrangler: { configPath: "../../wrangler.toml" },
					}),
				],
				test: { name: "edge", include: ["*.test.ts"], setupFiles: ["./setup.ts"], testTimeout: 20_000 },
			},
			{ root: import.meta.dirname, test: { name: "built", include: ["node/*.test.ts"] } },
		],
	},
})
