// Keyed hashes and secrets, compared in a time that does not tell how much was right.
const text = new TextEncoder()

export type Algorithm = "sha1" | "sha256" | "sha384" | "sha512"
const NAMES: Record<Algorithm, string> = { sha1: "SHA-1", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" }

/** Whether `mac` is the HMAC of the message under the key. */
export async function isMac(
	algorithm: Algorithm,
	key: Uint8Array,
	mac: Uint8Array,
	message: Uint8Array,
): Promise<boolean> {
	// A key without bytes is no secret, and no platform takes one.
	if (key.length === 0) return false
	return crypto.subtle.verify("HMAC", await imported(algorithm, key, "verify"), mac, message)
}

export async function macOf(algorithm: Algorithm, key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
	return new Uint8Array(await crypto.subtle.sign("HMAC", await imported(algorithm, key, "sign"), message))
}

function imported(algorithm: Algorithm, key: Uint8Array, use: "sign" | "verify"): Promise<CryptoKey> {
	return crypto.subtle.importKey("raw", key, { name: "HMAC", hash: NAMES[algorithm] }, false, [use])
}

/** Whether two secrets are the same one; none is the same as nothing. */
export async function isSame(said: string, secret: string): Promise<boolean> {
	const [one, other] = await Promise.all(
		[said, secret].map((each) => crypto.subtle.digest("SHA-256", text.encode(each))),
	)
	if (one === undefined || other === undefined || secret === "") return false
	return crypto.subtle.timingSafeEqual(one, other)
}

/** Null for what is not hex. */
export function fromHex(hex: string): Uint8Array | null {
	if (!/^([0-9a-f]{2})*$/i.test(hex)) return null
	return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16))
}

/** Null for what is not base64; its padding may be left out. */
export function fromBase64(base64: string): Uint8Array | null {
	if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return null
	try {
		return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
	} catch {
		return null
	}
}

export function toBase64(bytes: Uint8Array): string {
	return btoa(String.fromCharCode(...bytes))
}

/** The SHA-256, in hex. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
	const digest = await crypto.subtle.digest("SHA-256", bytes)
	return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
}

export function join(...parts: (string | Uint8Array)[]): Uint8Array {
	const all = parts.map((part) => (typeof part === "string" ? text.encode(part) : part))
	const bytes = new Uint8Array(all.reduce((size, part) => size + part.length, 0))
	let at = 0
	for (const part of all) {
		bytes.set(part, at)
		at += part.length
	}
	return bytes
}
