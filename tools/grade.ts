// `npm run grade -- FILE [--json]`: how the classifier judges cases of screens, case by case and in total.
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import * as z from "zod"
import { classify } from "../connector/attention/classify/classify.ts"
import type { Screen } from "../connector/attention/classify/screen.ts"
import type { Verdict } from "../connector/attention/classify/verdict.ts"
import { Terminal } from "../connector/holder/terminal.ts"

const Case = z.object({
	id: z.string(),
	/** What the program wrote; a line feed is a new row, as a terminal's driver makes it. */
	input: z.string(),
	rows: z.int().min(1).max(500).nullish(),
	cols: z.int().min(1).max(1_000).nullish(),
	runtime: z.string().nullish(),
	expect: z.enum(["prompt", "none"]),
	kind: z.string().default("none"),
	options: z.array(z.string()).nullish(),
	/** The option that is marked, from 0. */
	selected: z.int().nullish(),
	/** It cannot be judged from the screen alone. */
	ambiguous: z.boolean().nullish(),
	needs_context: z.union([z.string(), z.boolean()]).nullish(),
})
type Case = z.infer<typeof Case>
const Cases = z.union([z.object({ cases: z.array(Case) }), z.array(Case).transform((cases) => ({ cases }))])

/**
 * Our word for a case's kind. A key that makes something go on, and a pager, are choices among keys. What a shell or an
 * agent without work shows is no prompt.
 */
const KINDS: Record<string, string> = { text: "question", anykey: "choice", pager: "choice", shell: "none" }

interface Graded {
	id: string
	expected: { expect: Case["expect"]; kind: string; options?: string[] }
	verdict: Verdict
	isRight: boolean
	/** Why it is not. */
	wrong?: string
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "boolean" } } })
const [file] = positionals
if (file === undefined) {
	console.error("Tell which file of cases: npm run grade -- FILE [--json]")
	process.exit(2)
}
const { cases } = Cases.parse(JSON.parse(readFileSync(file, "utf8")))
const skipped = cases.filter(isSkipped)
const graded = cases.filter((one) => !isSkipped(one)).map(grade)
const totals = count(graded)
if (values.json === true) console.log(JSON.stringify({ cases: graded, skipped: skipped.map(told), totals }, null, "\t"))
else print()

function isSkipped(one: Case): boolean {
	return one.ambiguous === true || (one.needs_context ?? false) !== false
}

function told(one: Case): Omit<Graded, "isRight"> & { why: string } {
	return { id: one.id, expected: expected(one), verdict: judge(one), why: why(one) }
}

function why({ needs_context }: Case): string {
	return typeof needs_context === "string" ? needs_context : needs_context === true ? "needs its context" : "ambiguous"
}

function expected({ expect, kind, options }: Case): Graded["expected"] {
	return { expect, kind, ...(options ? { options } : {}) }
}

function judge(one: Case): Verdict {
	return classify(render(one), one.runtime ?? null)
}

/** What the session's own terminal makes of the case's bytes. */
function render({ input, rows, cols }: Case): Screen {
	const bytes = input.replace(/\r?\n/g, "\r\n")
	const plain = input.replace(/\x1b(?:\[[0-9;?]*[a-zA-Z]|\][^\x07\x1b]*(?:\x07|\x1b\\))/g, "").split("\n")
	const height = rows ?? Math.max(24, plain.length)
	const breadth = cols ?? Math.max(80, ...plain.map((row) => row.trimEnd().length + 2))
	const terminal = new Terminal(breadth, Math.min(height, 200), () => {})
	terminal.write(Buffer.from(bytes))
	return {
		lines: terminal.lines(),
		cursor: terminal.cursor,
		cols: terminal.cols,
		rows: terminal.rows,
		title: terminal.title,
		isAlternate: terminal.core.buffers.active === terminal.core.buffers.alt,
		runs: terminal.runs(() => true),
	}
}

function grade(one: Case): Graded {
	const verdict = judge(one)
	const wrong = fault(one, verdict)
	return { id: one.id, expected: expected(one), verdict, isRight: wrong === null, ...(wrong === null ? {} : { wrong }) }
}

/** What is wrong with a verdict: whether it is a prompt, then its kind, then its options; null for nothing. */
function fault(one: Case, verdict: Verdict): string | null {
	const isPrompt = asks(verdict)
	if (isPrompt !== (one.expect === "prompt")) return isPrompt ? "taken for a prompt" : "not seen"
	if (!isPrompt || verdict.is !== "request") return null
	const kind = KINDS[one.kind] ?? one.kind
	if (verdict.kind !== kind) return `${verdict.kind} instead of ${kind}`
	const labels = verdict.options.map(({ label }) => label)
	if (one.options && JSON.stringify(labels) !== JSON.stringify(one.options)) return `options: ${labels.join(" | ")}`
	return selectedFault(one, verdict)
}

/** What a plain Enter chooses is the option that is marked. */
function selectedFault({ selected }: Case, verdict: Verdict): string | null {
	if (selected === undefined || selected === null || verdict.is !== "request" || verdict.selected === null) return null
	return verdict.selected === selected ? null : `option ${verdict.selected} taken for the marked one`
}

/** An agent that waits for work needs nobody's answer. */
function asks(verdict: Verdict): boolean {
	return verdict.is === "request" && verdict.kind !== "idle"
}

interface Share {
	right: number
	wrong: number
}

interface Totals extends Share {
	skipped: number
	/** Verdicts of approval where no leave is asked for. */
	falseApprovals: number
	/** Of what is taken for a prompt, the share that is one; of the prompts, the share that is seen. */
	precision: number
	recall: number
	share: number
	perKind: Record<string, Share>
}

function count(all: Graded[]): Totals {
	const right = all.filter(({ isRight }) => isRight).length
	const seen = all.filter(({ verdict }) => asks(verdict))
	const prompts = all.filter(({ expected }) => expected.expect === "prompt")
	const hits = seen.filter(({ expected }) => expected.expect === "prompt").length
	const isFalse = ({ expected, verdict }: Graded) =>
		verdict.is === "request" && verdict.kind === "approval" && expected.kind !== "approval"
	const perKind: Record<string, Share> = {}
	for (const { expected, isRight } of all) {
		perKind[expected.kind] ??= { right: 0, wrong: 0 }
		const share = perKind[expected.kind]
		if (share !== undefined) share[isRight ? "right" : "wrong"]++
	}
	return {
		...{ right, wrong: all.length - right, skipped: skipped.length, falseApprovals: all.filter(isFalse).length },
		precision: ratio(hits, seen.length),
		recall: ratio(hits, prompts.length),
		share: ratio(right, all.length),
		perKind,
	}
}

/** To four places; 1 of nothing. */
function ratio(part: number, whole: number): number {
	return whole === 0 ? 1 : Math.round((part / whole) * 10_000) / 10_000
}

function print(): void {
	for (const { id, expected, verdict, isRight, wrong } of graded) {
		const kind = verdict.is === "request" ? `${verdict.kind} (${verdict.rule})` : verdict.is
		console.log(
			`${isRight ? " " : "✗"} ${id.padEnd(8)} ${expected.kind.padEnd(9)} ${kind}${wrong === undefined ? "" : `: ${wrong}`}`,
		)
	}
	for (const one of skipped) console.log(`- ${one.id.padEnd(8)} ${one.kind.padEnd(9)} skipped: ${why(one)}`)
	const { right, wrong, falseApprovals, precision, recall, share } = totals
	console.log(`\n${right} right, ${wrong} wrong, ${skipped.length} skipped: ${(share * 100).toFixed(1)} % right.`)
	console.log(`False approvals ${falseApprovals}; precision ${precision}, recall ${recall}.`)
	for (const [kind, one] of Object.entries(totals.perKind))
		console.log(`  ${kind.padEnd(9)} ${one.right} of ${one.right + one.wrong}`)
}
