// Columns of the command's tables, as a terminal shows them.
import { expect, test } from "vitest"
import { table } from "../../connector/output.ts"

test("columns are as wide as what a terminal shows: letters of two cells, marks of none, colours", () => {
	const rows = [
		["报告.txt", "1"],
		["e\u0301tude", "2"],
		["\x1b[1mplain\x1b[22m", "3"],
	]
	expect(table(["NAME", "N"], rows).split("\n").slice(1)).toEqual([
		"报告.txt  1",
		"e\u0301tude     2",
		"\x1b[1mplain\x1b[22m     3",
	])
})
