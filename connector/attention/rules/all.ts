// All rules by their runtime.
import { AIDER } from "./aider.ts"
import { CLAUDE_CODE } from "./claude-code.ts"
import { CODEX } from "./codex.ts"
import { GEMINI } from "./gemini.ts"
import { GENERIC } from "./generic.ts"
import { OPENCODE } from "./opencode.ts"
import type { RuleSet } from "./rule-set.ts"

const RUNTIMES = [CLAUDE_CODE, CODEX, GEMINI, OPENCODE, AIDER]

/** Those of a runtime and the generic ones; of all runtimes where it is none of these: an agent may run in any shell. */
export function rulesFor(runtime: string | null): RuleSet[] {
	const own = RUNTIMES.find(({ id }) => id === runtime)
	return own === undefined ? [...RUNTIMES, GENERIC] : [own, ...RUNTIMES.filter((rules) => rules !== own), GENERIC]
}
