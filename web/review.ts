// Comments on what has changed, as words for whoever has changed it.
import type { PatchLine } from "./diff.ts"

export interface Comment {
	path: string
	/** Of the file as it is now; of the one before, where the line was removed. Null for the whole file. */
	line: number | null
	/** The line as the patch has it; empty for the whole file. */
	text: string
	said: string
}

export interface NumberedLine extends PatchLine {
	line: number | null
}

/** The lines of a patch with their numbers; where a part begins has none. */
export function numbered(lines: readonly PatchLine[]): NumberedLine[] {
	let before = 0
	let after = 0
	return lines.map((line) => {
		const place = line.is === "place" ? /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line.text) : null
		if (place !== null) {
			before = Number(place[1])
			after = Number(place[2])
		}
		// Git says of a last line that no line break ends it.
		if (line.is === "place" || line.text.startsWith("\\")) return { ...line, line: null }
		if (line.is === "removed") return { ...line, line: before++ }
		if (line.is === "same") before++
		return { ...line, line: after++ }
	})
}

/** A prompt of comments in the order of the files, each with its place and the line that it is about. */
export function promptOf(comments: readonly Comment[], about: string): string {
	const said = [...comments]
		.sort((a, b) => a.path.localeCompare(b.path) || (a.line ?? 0) - (b.line ?? 0))
		.map(({ path, line, text, said }) =>
			[line === null ? path : `${path}:${line}`, ...(text === "" ? [] : [`> ${text}`]), said.trim()].join("\n"),
		)
	return [about, ...said].join("\n\n")
}
