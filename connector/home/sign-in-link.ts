// One-time sign-in links for the owner, made from the key that this computer shares with its control plane.
import { createHmac, randomBytes } from "node:crypto"
import { SIGN_IN_LINK_MS } from "../../protocol/limits.ts"

/** The part after the # of a sign-in link: payload and signature, both base64url. */
export async function signInToken(key: string, now = Date.now()): Promise<string> {
	const id = randomBytes(16).toString("base64url")
	const payload = Buffer.from(JSON.stringify({ id, expiresAt: now + SIGN_IN_LINK_MS })).toString("base64url")
	return `${payload}.${createHmac("sha256", key).update(payload).digest("base64url")}`
}
