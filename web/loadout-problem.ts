// A mistake in a loadout as a refusal tells it: `base.yaml:3:5: …`.
import type { Problem } from "../protocol/ask.ts"

/** Null for a refusal for another reason. */
export function problemIn(text: string): Problem | null {
	const found = /(?:^|\s)([a-z0-9][a-z0-9-]*)\.yaml:(\d+):(\d+): (.+)$/s.exec(text)
	if (found === null) return null
	const [, loadout = "", line, column, message = ""] = found
	return { loadout, line: Number(line), column: Number(column), message }
}
