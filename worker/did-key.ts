// An Ed25519 public key as a did:key: https://w3c-ccg.github.io/did-key-spec/
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
/** The multicodec of Ed25519 public keys. It is not 0, so that base58's rule for leading zeros never applies. */
const ED25519 = [0xed, 0x01]

/** `publicKey` is 32 bytes in base64url. */
export function didKey(publicKey: string): string {
	const raw = atob(publicKey.replaceAll("-", "+").replaceAll("_", "/"))
	const bytes = [...ED25519, ...Array.from(raw, (char) => char.charCodeAt(0))]
	let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
	let text = ""
	for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text
	return `did:key:z${text}`
}
