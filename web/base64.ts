// Bytes as base64 and back.

export function toBase64(bytes: Uint8Array): string {
	let binary = ""
	// Spread in parts: a call takes only so many arguments.
	for (let i = 0; i < bytes.length; i += PART) binary += String.fromCharCode(...bytes.subarray(i, i + PART))
	return btoa(binary)
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
	return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
}

const PART = 0x8000
