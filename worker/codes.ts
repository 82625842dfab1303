// Secrets that we make: codes for people to type, and text for programs to keep.

/** Without 0, O, 1 and I, which people confuse. 32 letters, so that each of a random byte's low five bits is one. */
const LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

/** A code of so many letters, 5 bits each, in groups of four. */
export function newCode(letters: number): string {
	const bytes = crypto.getRandomValues(new Uint8Array(letters))
	const code = Array.from(bytes, (byte) => LETTERS[byte % LETTERS.length]).join("")
	return code.replace(/(.{4})(?=.)/g, "$1-")
}

/** A code as people may type it, without what only helps the eye. */
export function bare(code: string): string {
	return code.toUpperCase().replaceAll(/[\s-]/g, "")
}

/** 256 bits in base64url: nobody guesses one. */
export function newSecret(): string {
	return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
		.replaceAll("+", "-")
		.replaceAll("/", "_")
		.replace(/=+$/, "")
}
