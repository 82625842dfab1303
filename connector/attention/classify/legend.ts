// What the rows above a prompt say of each of its replies: "Y or I  : install the package maintainer's version".
import type { Option } from "../../../protocol/attention.ts"
import { meaning } from "./option.ts"
import type { Scene } from "./scene.ts"

export interface Legend {
	/** The rows above it, in the program's own words. */
	question: string
	options: Option[]
}

const ROW = /^\s*(?<letters>[a-z?](?: or [a-z?])*)\s*(?:\s:|\s-)\s+(?<deed>\S.*)$/iu
/** Rows in which it stands, and those of the question above it. */
const REACH = 20
const QUESTION_ROWS = 6

/** `from`: the prompt's first row. Null where it does not tell of every reply. */
export function readLegend({ screen }: Scene, from: number, replies: readonly Option[]): Legend | null {
	const options: Option[] = []
	const letters: string[] = []
	let top = from
	for (let y = from - 1; y >= Math.max(0, from - REACH); y--) {
		const row = screen.lines[y] ?? ""
		const { letters: one = "", deed = "" } = ROW.exec(row)?.groups ?? {}
		if (one === "") {
			if (options.length > 0 || from - y > 3) break
			continue
		}
		const own = one.toLowerCase().split(" or ")
		letters.push(...own)
		const label = deed.charAt(0).toUpperCase() + deed.slice(1).trimEnd()
		options.unshift({ label, keys: `${own[0]}\r`, means: meaning(label) })
		top = y
	}
	if (options.length < 2 || !replies.every(({ keys }) => letters.includes(keys.trim().toLowerCase()))) return null
	const rows: string[] = []
	for (let y = top - 1; y >= Math.max(0, top - QUESTION_ROWS) && (screen.lines[y] ?? "").trim() !== ""; y--)
		rows.unshift((screen.lines[y] ?? "").trim())
	return { question: rows.join(" "), options }
}
