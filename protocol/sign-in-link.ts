// The token of a one-time sign-in link: `nonce.expiry.mac`, each base64url but the expiry, which is decimal milliseconds.
import { SIGN_IN_LINK_MS } from "./limits.ts"

export interface SignInLink {
	/** Names the link: whoever takes it first has used it up. */
	nonce: string
	/** Milliseconds since 1970. */
	expiresAt: number
}

/** A new link's token. `key` is the home's SIGN_IN_KEY, `now` the clock of whoever will check it. */
export async function signSignInLink(key: string, now: number): Promise<string> {
	const nonce = encode(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)))
	const said = `${nonce}.${now + SIGN_IN_LINK_MS}`
	const mac = await crypto.subtle.sign("HMAC", await hmac(key), text(said))
	return `${said}.${encode(new Uint8Array(mac))}`
}

/** The link that a token stands for; null when it is forged, or expired at `now`. */
export async function verifySignInLink(key: string, token: string, now: number): Promise<SignInLink | null> {
	const [, nonce, expiry, mac] = TOKEN.exec(token) ?? []
	if (nonce === undefined || expiry === undefined || mac === undefined) return null
	const genuine = await crypto.subtle.verify("HMAC", await hmac(key), decode(mac), text(`${nonce}.${expiry}`))
	const expiresAt = Number(expiry)
	return genuine && now < expiresAt ? { nonce, expiresAt } : null
}

const NONCE_BYTES = 16
/** 16 bytes, milliseconds, 32 bytes. */
const TOKEN = /^([A-Za-z0-9_-]{22})\.(\d{1,15})\.([A-Za-z0-9_-]{43})$/

function hmac(key: string): Promise<CryptoKey> {
	return crypto.subtle.importKey("raw", text(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"])
}

function text(value: string): Uint8Array<ArrayBuffer> {
	return new TextEncoder().encode(value)
}

function encode(bytes: Uint8Array): string {
	return btoa(String.fromCharCode(...bytes))
		.replaceAll("+", "-")
		.replaceAll("/", "_")
		.replace(/=+$/, "")
}

function decode(value: string): Uint8Array<ArrayBuffer> {
	return Uint8Array.from(atob(value.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0))
}
