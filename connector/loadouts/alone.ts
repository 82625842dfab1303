// One run of loadouts at a time on one target: two would install over each other.
import { createHash } from "node:crypto"
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { onlyLink } from "../only-link.ts"
import type { Watcher } from "./apply.ts"

/** Waits, after saying so, while another process works on the target. */
export async function alone<T>(dataDir: string, target: string, { say }: Watcher, deed: () => Promise<T>): Promise<T> {
	const name = createHash("sha256").update(target).digest("hex").slice(0, 12)
	const place = join(dataDir, "loadouts", "places", name)
	await mkdir(place, { recursive: true, mode: 0o700 })
	const waits = () => say("Another loadout is being applied there; this one waits for it.")
	const { leave } = await onlyLink(place, waits, new AbortController().signal)
	try {
		return await deed()
	} finally {
		leave()
	}
}
