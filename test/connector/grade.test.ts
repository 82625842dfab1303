// `npm run grade`: what it tells of the cases that stand beside the tests, and of ones that are wrong on purpose.
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"

const ROOT = join(import.meta.dirname, "../..")

interface Report {
	cases: { id: string; isRight: boolean; verdict: { is: string; kind?: string }; wrong?: string }[]
	skipped: { id: string }[]
	totals: {
		right: number
		wrong: number
		skipped: number
		falseApprovals: number
		precision: number
		recall: number
		share: number
		perKind: Record<string, { right: number; wrong: number }>
	}
}

function grade(file: string): Report {
	const options = { cwd: ROOT, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const
	return JSON.parse(execFileSync(process.execPath, ["tools/grade.ts", file, "--json"], options))
}

function gradeCases(cases: object[]): Report {
	const folder = mkdtempSync(join(tmpdir(), "homeport-grade-"))
	onTestFinished(() => rmSync(folder, { recursive: true }))
	const file = join(folder, "cases.json")
	writeFileSync(file, JSON.stringify({ about: "", cases }))
	return grade(file)
}

test.each(["attention-cases.json", "attention-more.json"])(
	"%s: no false approval, and at least 97 %% right",
	(name) => {
		const { totals, cases } = grade(join("test/fixtures", name))
		expect(totals.falseApprovals).toBe(0)
		expect(totals.share, JSON.stringify(cases.filter(({ isRight }) => !isRight))).toBeGreaterThanOrEqual(0.97)
		expect(totals.right + totals.wrong).toBe(cases.length)
		expect(cases.length).toBeGreaterThan(50)
	},
)

test("what is wrong is told so: its kind, its options, the marked one, and a prompt where none is", () => {
	const menu = "Do you want to proceed?\n❯ 1. Yes\n  2. No"
	const { cases, totals, skipped } = gradeCases([
		{ id: "right", input: menu, expect: "prompt", kind: "approval", options: ["Yes", "No"], selected: 0 },
		{ id: "kind", input: menu, expect: "prompt", kind: "secret" },
		{ id: "options", input: menu, expect: "prompt", kind: "approval", options: ["Yes", "Never"] },
		{ id: "selected", input: menu, expect: "prompt", kind: "approval", selected: 1 },
		{ id: "none", input: menu, expect: "none", kind: "none" },
		{ id: "missed", input: "all is well", expect: "prompt", kind: "approval" },
		{ id: "nothing", input: "all is well", expect: "none" },
		{ id: "left", input: menu, expect: "prompt", kind: "approval", needs_context: "something" },
		{ id: "open", input: menu, expect: "prompt", kind: "approval", ambiguous: true },
	])
	expect(cases.filter(({ isRight }) => isRight).map(({ id }) => id)).toEqual(["right", "nothing"])
	expect(cases.find(({ id }) => id === "none")?.verdict).toMatchObject({ is: "request", kind: "approval" })
	expect(skipped.map(({ id }) => id)).toEqual(["left", "open"])
	expect(totals).toMatchObject({ right: 2, wrong: 5, skipped: 2, falseApprovals: 2, precision: 0.8, recall: 0.8 })
	expect(totals.perKind).toMatchObject({ approval: { right: 1, wrong: 3 } })
})

test("input goes through the session's own terminal, of the size that a case tells", () => {
	const { cases } = gradeCases([
		{ id: "erased", input: "Delete? (y/n) \r\x1b[2Kdone\r\n", expect: "none" },
		{
			id: "placed",
			input: "Continue? [Y/n] \x1b[s\x1b[40;1Hbar\x1b[u",
			rows: 40,
			cols: 30,
			expect: "prompt",
			kind: "approval",
		},
	])
	expect(cases.map(({ isRight }) => isRight)).toEqual([true, true])
})
