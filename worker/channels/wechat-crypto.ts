// Signatures and ciphers of WeCom and Official Accounts: SHA-1 over sorted parts, AES-256-CBC with padding to 32 bytes.
// https://developer.work.weixin.qq.com/document/path/90968

/** The signature of what a service brings: the token and the parts, sorted, joined, hashed. */
export async function signatureOf(...parts: string[]): Promise<string> {
	const joined = encoder.encode([...parts].sort().join(""))
	return hex(new Uint8Array(await crypto.subtle.digest("SHA-1", joined)))
}

/** Whether `said` signs these parts; it takes as long wherever they differ. */
export async function isSigned(said: string, ...parts: string[]): Promise<boolean> {
	const right = encoder.encode(await signatureOf(...parts))
	const claimed = encoder.encode(said)
	return claimed.length === right.length && crypto.subtle.timingSafeEqual(claimed, right)
}

/** Whether a service's seconds are of now: an old request that somebody has kept is not. */
export function isFresh(timestamp: string, now: number): boolean {
	return /^\d{1,12}$/.test(timestamp) && Math.abs(Number(timestamp) * 1000 - now) <= FRESH_MS
}

/** What a message was encrypted for, and what it says. */
export interface Opened {
	message: string
	/** The AppID or CorpID; empty for an AI bot. */
	receiver: string
}

/** Opens a ciphertext in base64. Undefined for one that is not of this key, or not whole. */
export async function open(aesKey: string, encrypted: string): Promise<Opened | undefined> {
	const plain = await decrypt(aesKey, encrypted)
	if (plain === undefined || plain.length < HEAD_BYTES) return undefined
	const length = new DataView(plain.buffer, plain.byteOffset).getUint32(RANDOM_BYTES)
	if (length > plain.length - HEAD_BYTES) return undefined
	try {
		const message = decoder.decode(plain.subarray(HEAD_BYTES, HEAD_BYTES + length))
		return { message, receiver: decoder.decode(plain.subarray(HEAD_BYTES + length)) }
	} catch {
		return undefined
	}
}

/** Encrypts an answer. `random` is 16 bytes that nobody can guess. */
export async function seal(
	aesKey: string,
	{ message, receiver }: Opened,
	random: Uint8Array = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)),
): Promise<string> {
	const said = encoder.encode(message)
	const to = encoder.encode(receiver)
	const size = HEAD_BYTES + said.length + to.length
	const padding = BLOCK_BYTES - (size % BLOCK_BYTES)
	const plain = new Uint8Array(size + padding).fill(padding)
	plain.set(random)
	new DataView(plain.buffer).setUint32(RANDOM_BYTES, said.length)
	plain.set(said, HEAD_BYTES)
	plain.set(to, HEAD_BYTES + said.length)
	const { key, iv } = await keyOf(aesKey)
	const encrypted = await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, plain)
	// The platform adds one block of padding of its own, which is not theirs.
	return new Uint8Array(encrypted, 0, plain.length).toBase64()
}

/** The bytes of a file that a WeCom bot was sent: under the same key, with nothing around them. */
export async function openFile(aesKey: string, bytes: Uint8Array): Promise<Uint8Array | undefined> {
	return unpadded(aesKey, bytes)
}

async function decrypt(aesKey: string, encrypted: string): Promise<Uint8Array | undefined> {
	try {
		return await unpadded(aesKey, Uint8Array.fromBase64(encrypted))
	} catch {
		// It is no base64.
		return undefined
	}
}

/**
 * The platform takes padding of 16 bytes at most and these services pad to 32: so a block is put behind, which is padding
 * as the platform wants it.
 */
async function unpadded(aesKey: string, bytes: Uint8Array): Promise<Uint8Array | undefined> {
	if (bytes.length === 0 || bytes.length % AES_BYTES !== 0) return undefined
	const { key, iv } = await keyOf(aesKey)
	const last = bytes.slice(-AES_BYTES)
	const block = await crypto.subtle.encrypt({ name: "AES-CBC", iv: last }, key, new Uint8Array())
	const whole = new Uint8Array(bytes.length + AES_BYTES)
	whole.set(bytes)
	whole.set(new Uint8Array(block), bytes.length)
	const plain = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, whole))
	const padding = plain.at(-1) ?? 0
	if (padding < 1 || padding > BLOCK_BYTES || padding > plain.length) return undefined
	if (plain.subarray(-padding).some((byte) => byte !== padding)) return undefined
	return plain.subarray(0, -padding)
}

async function keyOf(aesKey: string): Promise<{ key: CryptoKey; iv: Uint8Array }> {
	// 43 characters are 258 bits: the last two are nobody's, and some services leave them set.
	const bytes = Uint8Array.from(atob(`${aesKey}=`), (character) => character.charCodeAt(0))
	const key = await crypto.subtle.importKey("raw", bytes, "AES-CBC", false, ["encrypt", "decrypt"])
	return { key, iv: bytes.slice(0, AES_BYTES) }
}

function hex(bytes: Uint8Array): string {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
}

const AES_BYTES = 16
/** What they pad to. */
const BLOCK_BYTES = 32
const RANDOM_BYTES = 16
/** The random bytes, then the message's length. */
const HEAD_BYTES = RANDOM_BYTES + 4
const FRESH_MS = 10 * 60_000

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
