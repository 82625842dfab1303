// Buttons side by side, one of which is drawn as the chosen one: "Allow once   Reject", "● Yes / ○ No", "<Yes>  <No>".
import { asksLeave, distinct, meaning, moves, readLabel } from "./option.ts"
import { findQuestion } from "./question.ts"
import { excerpt, foot, isHint, joined, lineAt, type Scene } from "./scene.ts"
import type { Run } from "./screen.ts"
import type { Found } from "./verdict.ts"

/** How far from the foot a row of buttons is looked for: others stand below it in dialogs of several rows. */
const RADIOS = /^([●○◉◯])\s+(\S[^/]*?)(?:\s+\/\s+|\s{2,})([●○◉◯])\s+(\S[^/]*)$/u
const TOGGLE = /›\s*(No|Yes|[^\s/]{1,20})\s+\/\s+(No|Yes|[^\s/]{1,20})\s*$/u
const BRACKETED = /[<[]\s{0,3}([^<>[\]\s][^<>[\]]{0,30}?)\s{0,3}[>\]]/gu

export function findButtons(scene: Scene): Found | null {
	const y = foot(scene, ({ text }) => isRow(text))
	const line = lineAt(scene, y)
	if (line === undefined) return null
	return radios(scene, y, line.text) ?? toggle(scene, y, line.text) ?? plain(scene, y, line.text)
}

function isRow(text: string): boolean {
	return RADIOS.test(text) || TOGGLE.test(text) || (labelsOf(text)?.labels.length ?? 0) > 1
}

/** "● Yes / ○ No". */
function radios(scene: Scene, y: number, text: string): Found | null {
	const match = RADIOS.exec(text)
	if (match === null) return null
	const [, first = "", one = "", , other = ""] = match
	const labels = [one.trim(), other.trim()]
	// Buttons are a word or some; a sentence is none. And something is asked above them.
	if (labels.some((label) => label.split(" ").length > 4) || findQuestion(scene, y).text === "") return null
	return told(scene, y, labels, /[●◉]/u.test(first) ? 0 : 1, true)
}

/**
 * "? Use TypeScript? › No / Yes": left is off, right is on. The one that stands out is chosen; without it no keys are known,
 * and it can be answered on its screen only.
 */
function toggle(scene: Scene, y: number, text: string): Found | null {
	const match = TOGGLE.exec(text)
	if (match === null || !/^\?\s/.test(text)) return null
	const labels = [match[1] ?? "", match[2] ?? ""]
	const asked = text.slice(2, match.index).trim()
	const apart = (scene.screen.runs ?? []).filter((run) => run.row === y && labels.includes(run.text.trim()))
	const selected = apart.length === 1 ? labels.indexOf(apart[0]?.text.trim() ?? "") : null
	const options = labels.map((label, index) => {
		const keys = selected === null ? "" : `${moves(scene.screen, index - selected, "horizontal")}\r`
		return { label, keys, means: meaning(label) }
	})
	return {
		...{ is: "request", kind: asksLeave(labels) ? "approval" : "choice", text: asked, subject: null },
		...{ options: distinct(options), selected, takesText: false, rule: "generic/toggle@2", confidence: 0.9 },
		excerpt: excerpt(scene, y - 10),
	}
}

function plain(scene: Scene, y: number, text: string): Found | null {
	const found = labelsOf(text)
	if (found === null) return null
	const { labels, hasHints, isBracketed } = found
	const below = joined(scene, y + 1, scene.last)
	const question = findQuestion(scene, y)
	const isSure = hasHints || (isBracketed && question.text !== "") || isHint(below) || question.dialog !== null
	if (!isSure || !asksLeave(labels)) return null
	const runs = (scene.screen.runs ?? []).filter(({ row }) => row === y)
	const selected = chosen(runs, labels)
	if (selected === null) return null
	return told(scene, y, labels, selected, isSure)
}

function told(scene: Scene, y: number, labels: string[], selected: number, isSure: boolean): Found | null {
	if (!isSure) return null
	const question = findQuestion(scene, y)
	const options = labels.map((drawn, index) => {
		const { label, hint } = readLabel(drawn)
		const escapes = question.dialog?.escapes === true && meaning(label) === "no" ? "\x1b" : null
		const letter = escapes ?? (hint !== null && /^[a-z]$/i.test(hint) ? hint : null)
		return { label, keys: letter ?? `${moves(scene.screen, index - selected, "horizontal")}\r`, means: meaning(label) }
	})
	const isLeave = asksLeave(labels)
	return {
		...{ is: "request", kind: isLeave ? "approval" : "choice", text: question.text },
		...{ subject: isLeave ? question.subject : null, options: distinct(options), selected, takesText: false },
		rule: question.rule ?? "generic/buttons@1",
		confidence: question.dialog === null ? 0.88 : 0.96,
		excerpt: excerpt(scene, Math.max(question.from, y - 40) - 1),
	}
}

/** The labels in a row of them, without the hints at its end. */
function labelsOf(text: string): { labels: string[]; hasHints: boolean; isBracketed: boolean } | null {
	if (text.length > 300) return null
	const bracketed = [...text.matchAll(BRACKETED)].map(([, label = ""]) => label.trim())
	if (bracketed.length > 1 && text.replace(BRACKETED, "").trim() === "")
		return asksLeave(bracketed) ? { labels: bracketed, hasHints: false, isBracketed: true } : null
	const cells = text.split(/\s{2,}/u)
	const end = cells.findIndex((cell) => isHint(cell) || /^[⇆↔←→]/u.test(cell))
	const labels = end === -1 ? cells : cells.slice(0, end)
	if (labels.length < 2 || labels.length > 5 || labels.some((label) => label.length > 40)) return null
	return asksLeave(labels) ? { labels, hasHints: end !== -1, isBracketed: false } : null
}

/**
 * The one that is drawn unlike the others; the first, which programs begin with, where the row is drawn in one way
 * alone; null where one cannot tell.
 */
function chosen(runs: readonly Run[], labels: readonly string[]): number | null {
	const styles = labels.map((label) => {
		const run = runs.find(({ text }) => text.includes(label))
		return run === undefined ? -1 : run.style
	})
	if (styles.every((style) => style === styles[0])) return 0
	const odd = styles.flatMap((style, index) => (styles.filter((other) => other === style).length === 1 ? [index] : []))
	if (odd.length === 1) return odd[0] ?? null
	// Of two, the one that is drawn at all.
	const drawn = odd.filter((index) => styles[index] !== -1)
	return drawn.length === 1 ? (drawn[0] ?? null) : null
}
