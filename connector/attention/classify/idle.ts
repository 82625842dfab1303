// Agents that work, and agents that wait for work: the field for the next task is empty.
import { excerpt, isBlank, isHint, lineAt, type Scene } from "./scene.ts"
import type { Line } from "./screen.ts"
import type { Found } from "./verdict.ts"

/** Rows at the bottom in which an agent's field and what it tells of itself stand. */
const REACH = 14
/** How long it worked, as agents tell at the end. */
const TOOK = /^▣|^\W{0,4}\p{L}{3,20} for (?:\d+[hms] ?)+(?:\W.*)?$/u
const FIELD = /^[❯›>*]\s*(?<rest>.*)$/u

export function isWorking(scene: Scene): boolean {
	return bottom(scene).some(({ text }) =>
		scene.rules.some(({ working }) => working.some((pattern) => pattern.test(text))),
	)
}

export function findIdle(scene: Scene): Found | null {
	const field = bottom(scene).findLast((line) => isEmptyField(scene, line))
	if (field === undefined) return null
	return {
		...{
			is: "request",
			kind: "idle",
			text: lastWords(scene, field.y),
			subject: null,
			options: [],
			selected: null,
			takesText: true,
		},
		...{ rule: "generic/field@1", confidence: 0.8 },
		excerpt: excerpt(scene, field.y - 20),
	}
}

function bottom({ lines, last }: Scene): readonly Line[] {
	return lines.slice(Math.max(0, last - REACH), last + 1)
}

/** In a box, or with the words that such fields have while they are empty. */
function isEmptyField(scene: Scene, line: Line): boolean {
	const rest = FIELD.exec(line.text)?.groups?.rest?.trim() ?? (hasPlaceholder(scene, line.text) ? line.text : null)
	if (rest === null) return false
	if (rest !== "") return hasPlaceholder(scene, rest)
	return lineAt(scene, line.y - 1)?.isBorder === true && lineAt(scene, line.y + 1)?.isBorder === true
}

function hasPlaceholder({ rules }: Scene, text: string): boolean {
	return rules.some(({ placeholders }) => placeholders.some((pattern) => pattern.test(text)))
}

/** The paragraph above the field, which is what it said last. */
function lastWords(scene: Scene, y: number): string {
	for (let at = y - 1; at >= 0; at--) {
		const line = lineAt(scene, at)
		if (line === undefined || isBlank(line) || isHint(line.text) || line.text.includes("│")) continue
		if (TOOK.test(line.text)) continue
		return line.text.slice(0, 2_000)
	}
	return ""
}
