// The internet of these tests: an OpenID Connect provider that signs in whoever it is told to, and nothing else.
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import { type Request, Response } from "miniflare"
import { EVERY_WAY } from "./home.ts"

const ISSUER = EVERY_WAY.OIDC_ISSUER
const KEYS = await generateKeyPair("ES256", { extractable: true })

export class Internet {
	/** Who comes back from the provider, and the nonce that the home has sent along. */
	subject = "somebody"
	nonce = ""

	answer = async (request: Request): Promise<Response> => {
		switch (request.url) {
			case `${ISSUER}/.well-known/openid-configuration`:
				return Response.json({
					issuer: ISSUER,
					authorization_endpoint: `${ISSUER}/authorize`,
					token_endpoint: `${ISSUER}/token`,
					jwks_uri: `${ISSUER}/keys`,
				})
			case `${ISSUER}/token`:
				if (new URLSearchParams(await request.text()).get("code") !== "good")
					return Response.json({ error: "invalid_grant" }, { status: 400 })
				return Response.json({ access_token: "x", token_type: "bearer", id_token: await this.#idToken() })
			case `${ISSUER}/keys`:
				return Response.json({ keys: [{ ...(await exportJWK(KEYS.publicKey)), alg: "ES256" }] })
			default:
				return new Response(null, { status: 502 })
		}
	}

	#idToken(): Promise<string> {
		return new SignJWT({ nonce: this.nonce })
			.setProtectedHeader({ alg: "ES256" })
			.setIssuer(ISSUER)
			.setAudience(EVERY_WAY.OIDC_CLIENT_ID)
			.setSubject(this.subject)
			.setIssuedAt()
			.setExpirationTime("1m")
			.sign(KEYS.privateKey)
	}
}
