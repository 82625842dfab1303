// Pagers: programs that show a page and wait for a key.
import { excerpt, type Scene } from "./scene.ts"
import type { Found } from "./verdict.ts"

const MORE = /^-- ?more ?--(?:\s*\(.{1,40}\)|.{0,60})?$/iu
const END = /^(?:.{0,120}\s)?\(END\)(?:\s*-\s*Next: .{1,80})?$/u
const LINES = /^(?:lines?|\S+ lines) \d+-\d+(?:\/\d+|\/\?)?(?:\s+(?:\d+%|\(END\)))?$/u
const MANUAL =
	/^(?:Manual page \S+ line \d+|(?:\S+ )?\(?page \d+ of \d+\)?).{0,60}(?:\(press h for help or q to quit\))?$/iu

export function findPager(scene: Scene): Found | null {
	const { screen, last } = scene
	const text = (screen.lines[last] ?? "").trim()
	// It waits behind its own row.
	if (last === -1 || screen.cursor.y !== last) return null
	const isMore = MORE.test(text) || /^\[Press space to continue, 'q' to quit\.\]$/.test(text)
	const isLess = END.test(text) || LINES.test(text) || MANUAL.test(text)
	const isColon = text === ":" && screen.isAlternate === true
	if (!isMore && !isLess && !isColon) return null
	if (screen.cursor.x < text.length) return null
	return {
		...{ is: "request", kind: "choice", text, subject: null, selected: null, takesText: false },
		options: [
			{ label: "Next page", keys: " ", means: "other" },
			{ label: "Quit", keys: "q", means: "other" },
		],
		...{ rule: "generic/pager@1", confidence: isColon ? 0.75 : 0.9 },
		excerpt: excerpt(scene, last - 20),
	}
}
