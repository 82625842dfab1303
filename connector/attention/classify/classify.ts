// The classifier: what a rendered screen asks a person for, if anything. It decides from the screen alone.
import type { Screen } from "./screen.ts"
import type { Verdict } from "./verdict.ts"

/**
 * `runtime`: the session's, such as "claude-code"; null where it is not known. `profileWaits`: a profile's own
 * expressions, which are tried on the screen's text where no rule has found anything.
 */
export function classify(screen: Screen, runtime: string | null = null, profileWaits: readonly RegExp[] = []): Verdict {
	void screen
	void runtime
	void profileWaits
	return { is: "unknown", why: "There is no rule for it." }
}
