// Names that nobody chose: made of what a text has that a name may have, and free where names must differ.
import { NAME_CHARS } from "../protocol/limits.ts"
import { Name } from "../protocol/session.ts"

/** What of a text a name can hold; `otherwise` where that is nothing. */
export function nameFrom(text: string, otherwise: string): string {
	const kept = text
		.replace(/[^\p{L}\p{N} ._-]+/gu, "-")
		.replace(/^[^\p{L}\p{N}]+/u, "")
		.slice(0, NAME_CHARS)
	return Name.safeParse(kept).data ?? otherwise
}

/** `wanted`, or with the first number after it that is not taken. */
export function freeName(wanted: string, taken: Set<string>): string {
	for (let count = 1; ; count++) {
		const number = count === 1 ? "" : `-${count}`
		const name = `${wanted.slice(0, NAME_CHARS - number.length)}${number}`
		if (!taken.has(name)) return name
	}
}
