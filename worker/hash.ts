// Secrets as the registry keeps them: SHA-256 in hex. They are long and random, so that no salt is needed.
export async function hash(secret: string): Promise<string> {
	const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret))
	return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
}
