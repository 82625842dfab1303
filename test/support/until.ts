// Waiting for something that no event announces: asked again and again, and bounded.
import { setTimeout as wait } from "node:timers/promises"

const EVERY_MS = 25

export async function until(what: string, holds: () => Promise<boolean>, timeoutMs = 15_000): Promise<void> {
	const end = Date.now() + timeoutMs
	while (!(await holds())) {
		if (Date.now() > end) throw new Error(`Not within ${timeoutMs} ms: ${what}.`)
		await wait(EVERY_MS)
	}
}
