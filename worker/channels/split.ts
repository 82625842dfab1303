// Long messages in parts: between lines where it can be, otherwise between words, never within a character.
import type { Block } from "./provider.ts"

/** The blocks, in parts of at most `most` characters, counted as UTF-16 with one line break between two blocks. */
export function split(blocks: readonly Block[], most: number): Block[][] {
	const parts: Block[][] = [[]]
	let room = most
	for (const block of blocks) {
		let rest = block.text
		for (;;) {
			const part = parts.at(-1) ?? []
			const within = part.length === 0 ? room : room - 1
			const taken = rest.length <= within ? rest.length : place(rest, within, part.length === 0)
			if (taken > 0 || rest.length === 0) {
				const text = rest.slice(0, taken)
				part.push({ ...block, text })
				room = within - text.length
				rest = rest.slice(taken)
				// Where a part ends at the end of a line, the next one begins with the next line.
				if (rest.startsWith("\n") && block.is === "code") rest = rest.slice(1)
				else if (rest !== "") rest = rest.trimStart()
			}
			if (rest === "") break
			parts.push([])
			room = most
		}
	}
	return parts.filter((part) => part.length > 0)
}

/** The text within the bound, with a sign where something is left out. */
export function cut(text: string, most: number): string {
	if (text.length <= most) return text
	return `${text.slice(0, whole(text, Math.max(0, most - 1)))}…`
}

/** How much of the text fits: up to a line's end, or a word's, where that leaves not too little. 0: begin anew. */
function place(text: string, within: number, isEmpty: boolean): number {
	if (within <= 0) return 0
	const line = text.lastIndexOf("\n", within)
	if (line > within / 4) return line
	if (!isEmpty) return 0
	const word = text.lastIndexOf(" ", within)
	return word > within / 2 ? word : whole(text, within)
}

/** No character of two halves is torn. */
function whole(text: string, at: number): number {
	return /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) ? at - 1 : at
}
