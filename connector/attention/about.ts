// What is known of a session's agent beside what it shows: its profile's own expressions, and the word that its hooks say.

import { Seal } from "../holder/seal.ts"
import { findProfile } from "../profiles.ts"

/** A profile's own expressions of how its program waits; none for the runtimes that there are rules for. */
export async function waitsOf(dataDir: string, runtime: string): Promise<RegExp[]> {
	const profile = await findProfile(dataDir, runtime)
	return (profile?.waits ?? []).map((pattern) => new RegExp(pattern, "mu"))
}

/** The word by which the session's agent is known; null where the session's key is gone. */
export function wordOf({ key }: { key: string }): string | null {
	try {
		return Seal.open(key).word
	} catch {
		return null
	}
}
