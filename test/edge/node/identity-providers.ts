// GitHub and an OpenID Connect provider for the edge's tests. They know nobody: whom they vouch for, and how truly, is in
// the code that a test brings back from them. See code.ts.
import { createHash } from "node:crypto"
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import { type Code, ISSUER, OIDC_CLIENT } from "./code.ts"

const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true })
const stranger = await generateKeyPair("ES256")

/** Undefined for what is neither's. */
export async function identityProvider(request: Request): Promise<Response | undefined> {
	const { origin, pathname } = new URL(request.url)
	switch (origin + pathname) {
		case `${ISSUER}/.well-known/openid-configuration`:
			return Response.json(discovery(ISSUER))
		case "https://moved.example/.well-known/openid-configuration":
			return Response.redirect(`${ISSUER}/.well-known/openid-configuration`)
		case "https://liar.example/.well-known/openid-configuration":
			return Response.json(discovery(ISSUER))
		case "https://inside.example/.well-known/openid-configuration":
			return Response.json({ ...discovery("https://inside.example"), token_endpoint: "http://169.254.169.254/token" })
		case "https://nowhere.example/.well-known/openid-configuration":
			return new Response("", { status: 404 })
		case `${ISSUER}/keys`:
			return Response.json({ keys: [{ ...(await exportJWK(publicKey)), kid: "one", alg: "ES256" }] })
		case `${ISSUER}/token`: {
			const code = await codeOf(request)
			const basic = `Basic ${btoa(`${OIDC_CLIENT}:oidc-secret`)}`
			if (code === undefined || request.headers.get("authorization") !== basic) return refused()
			return Response.json({ access_token: "oidc-access", token_type: "Bearer", id_token: await idToken(code) })
		}
		case "https://github.com/login/oauth/access_token": {
			const code = await codeOf(request)
			return code === undefined
				? refused()
				: Response.json({ access_token: `gho_${code.subject}`, token_type: "bearer" })
		}
		case "https://api.github.com/user": {
			const [, id] = /^Bearer gho_(\d+)$/.exec(request.headers.get("authorization") ?? "") ?? []
			return id === undefined ? undefined : Response.json({ id: Number(id), login: "somebody", email: null })
		}
		case "https://api.github.com/user/emails":
			return new Response("{}", { status: 404 })
		default:
			return undefined
	}
}

function discovery(issuer: string) {
	return {
		issuer,
		authorization_endpoint: `${issuer}/authorize`,
		token_endpoint: `${issuer}/token`,
		jwks_uri: `${issuer}/keys`,
	}
}

/** The code of a token request that proves to come from whoever was sent to authorize. */
async function codeOf(request: Request): Promise<Code | undefined> {
	const form = new URLSearchParams(await request.text())
	const code = JSON.parse(atob(form.get("code") ?? "bnVsbA==")) as Code | null
	const challenge = createHash("sha256")
		.update(form.get("code_verifier") ?? "")
		.digest("base64url")
	const isTheirs = code?.challenge === challenge && code.redirectUri === form.get("redirect_uri")
	return isTheirs ? code : undefined
}

function idToken({ subject, nonce, lie }: Code): Promise<string> {
	const now = Math.floor(Date.now() / 1000)
	return new SignJWT(lie === "no nonce" ? {} : { nonce: lie === "nonce" ? "another" : nonce })
		.setProtectedHeader({ alg: "ES256", kid: "one" })
		.setIssuer(lie === "issuer" ? "https://other.example" : ISSUER)
		.setAudience(lie === "audience" ? "another-client" : OIDC_CLIENT)
		.setSubject(subject)
		.setIssuedAt(lie === "expired" ? now - 7_200 : now)
		.setExpirationTime(lie === "expired" ? now - 3_600 : now + 300)
		.sign(lie === "signature" ? stranger.privateKey : privateKey)
}

function refused(): Response {
	return Response.json({ error: "invalid_grant" }, { status: 400 })
}
