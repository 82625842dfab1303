// How Chinese lists, and is set beside Latin letters.
const CONJUNCTION = new Intl.ListFormat("zh", { type: "conjunction" })
const DISJUNCTION = new Intl.ListFormat("zh", { type: "disjunction" })

export const ALL = { format: (words: string[]) => spaced(CONJUNCTION.format(words)) }
export const EITHER = { format: (words: string[]) => spaced(DISJUNCTION.format(words)) }

/** With a space wherever Chinese and Latin letters or digits meet: for what may be filled in with either. */
export function spaced(text: string): string {
	return text.replace(/(?<=\p{Script=Han})(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=\p{Script=Han})/gu, " ")
}
