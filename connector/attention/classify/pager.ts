// Pagers: programs that show a page and wait for a key.
import { excerpt, type Scene } from "./scene.ts"
import { width } from "./screen.ts"
import type { Found } from "./verdict.ts"

const MORE = /^-- ?more ?--(?:\s*\(.{1,40}\)|.{0,60})?$/iu
const END = /^(?:.{0,120}\s)?\(END\)(?:\s*-\s*Next: .{1,80})?$/u
const LINES = /^(?:lines?|\S+ lines) \d+-\d+(?:\/\d+|\/\?)?(?:\s+(?:\d+%|\(END\)))?$/u
const MANUAL =
	/^(?:Manual page \S+ line \d+|(?:\S+ )?\(?page \d+ of \d+\)?).{0,60}(?:\(press h for help or q to quit\))?$/iu

/** What one reads in it may look like any prompt: so it is looked for before those. */
export function findPager(scene: Scene): Found | null {
	const { screen, last } = scene
	const text = (screen.lines[last] ?? "").trim()
	// It waits behind its own row.
	if (last === -1 || screen.cursor.y !== last) return null
	const isMore = MORE.test(text) || /^\[Press space to continue, 'q' to quit\.\]$/.test(text)
	const isLess = END.test(text) || LINES.test(text) || MANUAL.test(text)
	const isOther = isColon(scene, text) || isName(scene, text)
	if (!isMore && !isLess && !isOther) return null
	if (screen.cursor.x < text.length) return null
	// A colon alone says nothing: the page's first words do.
	const page = text === ":" ? scene.lines.find((line) => line.text !== "") : undefined
	return {
		...{ is: "request", kind: "choice", text: page?.text ?? text },
		...{ subject: null, selected: null, takesText: false },
		options: [
			{ label: "Next page", keys: " ", means: "other" },
			{ label: "Quit", keys: "q", means: "other" },
		],
		...{ rule: "generic/pager@1", confidence: isOther ? 0.75 : 0.9 },
		excerpt: excerpt(scene, last - 20),
	}
}

/** On a screen of its own, or at the foot of a full one. */
function isColon(scene: Scene, text: string): boolean {
	return text === ":" && (scene.screen.isAlternate === true || isFootOfPage(scene))
}

/** The name of what one reads, inverted, at the foot of a full screen: a prompt has the cursor apart from its words. */
function isName(scene: Scene, text: string): boolean {
	const { screen, last } = scene
	const run = screen.runs?.findLast(({ row }) => row === last)
	if (run?.text.trim() !== text || screen.cursor.x !== width(text) || !isFootOfPage(scene)) return false
	return /^(?:[^\s:?(]{1,120}(?: \(file \d+ of \d+\))?|(?:\.\.\.|…)skipping(?:\.\.\.|…))$/u.test(text)
}

function isFootOfPage({ screen, lines, last }: Scene): boolean {
	const filled = lines.filter(({ text }) => text !== "").length
	return last === screen.rows - 1 && filled > screen.rows / 2
}
