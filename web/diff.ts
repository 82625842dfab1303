// A unified diff of many files, cut into the part of each.

export interface Patch {
	/** Without the header lines that name the file. */
	lines: PatchLine[]
}

export interface PatchLine {
	is: "added" | "removed" | "same" | "place"
	text: string
}

/** In the order of the patch, which is that of its list of files. A file that became of another kind has two parts there. */
export function splitPatch(patch: string): Patch[] {
	const patches: Patch[] = []
	let last = ""
	let lines: PatchLine[] | null = null
	for (const line of patch.split("\n")) {
		if (line.startsWith(FILE)) {
			if (line !== last) patches.push({ lines: [] })
			last = line
			lines = null
			continue
		}
		if (line.startsWith("@@ ")) lines = patches.at(-1)?.lines ?? null
		lines?.push({ is: KINDS[line[0] ?? ""] ?? "same", text: line })
	}
	// The last line of the text ends with a line break.
	const end = patches.at(-1)?.lines
	if (end?.at(-1)?.text === "") end.pop()
	return patches
}

/** No line of a file's content begins so: each has a mark before it. */
const FILE = "diff --git "

const KINDS: Record<string, PatchLine["is"]> = { "+": "added", "-": "removed", "@": "place" }
