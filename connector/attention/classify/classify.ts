// The classifier: what a rendered screen asks a person for, if anything. It decides from the screen alone.
import { SHELL } from "../../../protocol/session.ts"
import { rulesFor } from "../rules/all.ts"
import { findButtons } from "./buttons.ts"
import { findClack } from "./clack.ts"
import { findIdle, isWorking } from "./idle.ts"
import { findMenu } from "./menu.ts"
import { findPager } from "./pager.ts"
import { anyKeyAt, findPrompt } from "./prompt.ts"
import { excerpt, readScene } from "./scene.ts"
import type { Screen } from "./screen.ts"
import type { Verdict } from "./verdict.ts"

/**
 * `runtime`: the session's, such as "claude-code"; null where it is not known. `profileWaits`: a profile's own
 * expressions, which are tried on the screen's text where no rule has found anything.
 */
export function classify(screen: Screen, runtime: string | null = null, profileWaits: readonly RegExp[] = []): Verdict {
	const verdict = judge(screen, runtime, profileWaits)
	if (verdict.is !== "request" || verdict.kind === "approval") return verdict
	// Where no leave is asked for, no answer gives any.
	return { ...verdict, options: verdict.options.map((option) => ({ ...option, means: "other" })) }
}

function judge(screen: Screen, runtime: string | null, profileWaits: readonly RegExp[]): Verdict {
	const scene = readScene(screen, rulesFor(runtime), runtime)
	if (scene.last === -1) return { is: "nothing", isWorking: false }
	const pager = findPager(scene)
	// Who reads in a shell of their own sits there.
	if (pager !== null) return runtime === SHELL ? { is: "nothing", isWorking: false } : pager
	const dialog = findClack(scene) ?? findMenu(scene) ?? findButtons(scene)
	if (dialog !== null) return dialog
	const working = isWorking(scene)
	const prompt = working ? null : findPrompt(scene)
	if (prompt !== null) return prompt
	if (!working && screen.isAlternate === true) {
		const key = anyKeyAt(scene, scene.last)
		if (key !== null) return key
	}
	const isWaiting = profileWaits.length > 0 && matches(screen, profileWaits)
	if (isWaiting)
		return {
			...{ is: "request", kind: "question", text: scene.lines[scene.last]?.text ?? "", subject: null, options: [] },
			...{
				selected: null,
				takesText: true,
				rule: "profile/waits@1",
				confidence: 0.7,
				excerpt: excerpt(scene, scene.last - 20),
			},
		}
	return (working ? null : findIdle(scene)) ?? { is: "nothing", isWorking: working }
}

function matches({ lines }: Screen, patterns: readonly RegExp[]): boolean {
	const text = lines.join("\n").trimEnd()
	return patterns.some((pattern) => new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).test(text))
}
