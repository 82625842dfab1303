// Things by how well they match what was typed.

/** Those that hold all words, best first: at the start of a word before the middle of one, early before late. */
export function rank<T>(things: readonly T[], typed: string, text: (thing: T) => string): T[] {
	const words = typed
		.toLowerCase()
		.split(/\s+/)
		.filter((word) => word !== "")
	if (words.length === 0) return [...things]
	return things
		.flatMap((thing) => {
			const score = scoreOf(text(thing).toLowerCase(), words)
			return score === null ? [] : [{ thing, score }]
		})
		.sort((a, b) => a.score - b.score)
		.map(({ thing }) => thing)
}

/** Less is better; null where a word is missing. */
function scoreOf(text: string, words: readonly string[]): number | null {
	let score = 0
	for (const word of words) {
		const at = text.indexOf(word)
		if (at === -1) return null
		const startsWord = at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? "")
		score += at + (startsWord ? 0 : MIDDLE_OF_WORD)
	}
	return score
}

const MIDDLE_OF_WORD = 1_000
