// Ways to answer: what a label means, and which keys choose it.
import type { Option } from "../../../protocol/attention.ts"
import { DENIES, FOR_EVER, FREE_TEXT, GOES_ON, GRANTS, LEAVES, REFUSES } from "../rules/generic.ts"
import type { Screen } from "./screen.ts"

/** An option of a menu, before its keys are known. */
export interface Choice {
	y: number
	/** Where the label of a numbered option begins. */
	column: number | null
	label: string
	/** The key that the label itself tells, such as "y"; null where it tells none that chooses. */
	hint: string | null
	/** As numbered on the screen. */
	number: number | null
	/** It is ticked already. */
	isOn?: boolean
}

export function meaning(label: string): Option["means"] {
	if (REFUSES.test(label) || LEAVES.test(label)) return "no"
	if (GRANTS.test(label) || GOES_ON.test(label)) return FOR_EVER.test(label) ? "always" : "yes"
	return FOR_EVER.test(label) && /^(?:always|总是|始终|常に|항상)/i.test(label) ? "always" : "other"
}

/** Leave is asked for where one label gives it and another refuses it, at least one of them as no other label does. */
export function asksLeave(labels: readonly string[]): boolean {
	if (labels.some((label) => FREE_TEXT.test(label))) return false
	const has = (pattern: RegExp) => labels.some((label) => pattern.test(label))
	const grants = has(GRANTS) || labels.some((label) => meaning(label) === "always")
	if (grants) return has(REFUSES) || has(LEAVES)
	// Of several deeds and a way out one is chosen; one deed and a way out are leave.
	return has(GOES_ON) && (has(DENIES) || (has(REFUSES) && labels.length === 2))
}

const KEYS: Record<string, string> = { esc: "\x1b", escape: "\x1b", enter: "\r", return: "\r", space: " ", tab: "\t" }
/** A hint at a label's end, in brackets: one key, or one with others. */
const HINT_AT_END =
	/\s*[([](?:(?<key>esc(?:ape)?|enter|return|space|tab|[a-z0-9?])|(?:(?:shift|ctrl|alt|option|cmd|⌃|⇧)[ +-]?\S{1,8}|esc|enter|[a-z])(?:(?:,| or |\/| )\s*\S{1,9}){0,2})[)\]]\s*$/iu

/** A label without what is drawn beside it, and the key that it tells. */
export function readLabel(drawn: string): { label: string; hint: string | null } {
	// A column of descriptions stands apart.
	const text =
		drawn
			.split(/\s{3,}|\t/u)[0]
			?.replace(/\s*[✔✓]\s*$/u, "")
			.trim() ?? ""
	const match = HINT_AT_END.exec(text)
	if (match === null) return { label: text, hint: null }
	const key = match.groups?.key
	const hint = key === undefined ? null : (KEYS[key.toLowerCase()] ?? key)
	return { label: text.slice(0, match.index).trim(), hint }
}

/** The key that a dialog's foot says it is confirmed with. */
export function confirmKey(foot: string): string {
	return keyFor(/\b(?:press )?(\S+) (?:to )?(?:confirm|select|choose|submit)\b/i.exec(foot)?.[1])
}

/** The same where several may be ticked: what selects there only ticks. */
export function submitKey(foot: string): string {
	return keyFor(/\b(?:press )?(\S+) (?:to )?(?:confirm|submit)\b/i.exec(foot)?.[1])
}

function keyFor(name = "enter"): string {
	return KEYS[name.toLowerCase()] ?? "\r"
}

/** Moves from one option to another. */
export function moves(screen: Screen, by: number, axis: "vertical" | "horizontal" = "vertical"): string {
	const [back, on] = axis === "vertical" ? ["A", "B"] : ["D", "C"]
	const introducer = screen.hasApplicationKeys === true ? "\x1bO" : "\x1b["
	return `${introducer}${by < 0 ? back : on}`.repeat(Math.abs(by))
}

/**
 * What only moves or ticks, and what chooses then: the two are typed one after the other, with a look at the screen between
 * them.
 */
export function steps(keys: string): { moves: string; choose: string } {
	const moves = /^(?:\x1b[[O][ABCD])*(?: (?=.))?/s.exec(keys)?.[0] ?? ""
	return { moves, choose: keys.slice(moves.length) }
}

/** At most as many as a request may have, each with its own label. */
export function distinct(options: readonly Option[]): Option[] {
	const seen = new Map<string, number>()
	return options.slice(0, 16).map((option) => {
		const label = option.label.slice(0, 190) || "…"
		const count = (seen.get(label) ?? 0) + 1
		seen.set(label, count)
		return { ...option, label: count === 1 ? label : `${label} (${count})`, keys: option.keys.slice(0, 256) }
	})
}
