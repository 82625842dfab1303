// `npm run conformance [-- --json] [--only sandbox,vm]`: the suite over each substrate of this machine, and its table.
import { parseArgs } from "node:util"
import { SUBSTRATES, type Substrate } from "../../protocol/substrate.ts"
import buildAll from "../support/build.ts"
import { CASES } from "./cases.ts"
import { Place } from "./place.ts"

interface Result {
	passed: number
	failed: number
	/** What this machine cannot show, each with the reason. */
	notRun: { what: string; why: string }[]
	failures: { what: string; why: string }[]
}

const { values } = parseArgs({
	options: {
		json: { type: "boolean", default: false },
		/** Names of substrates, as "sandbox,vm". */
		only: { type: "string", default: SUBSTRATES.join(",") },
		/** A part of what is to be shown. */
		case: { type: "string", default: "" },
	},
})
const note = (line: string) => process.stderr.write(`${line}\n`)
const wanted = values.only.split(",").filter((name) => name !== "")
const unknown = wanted.filter((name) => !SUBSTRATES.some((known) => known === name))
if (unknown.length > 0) {
	note(`There is no substrate ${unknown.join(", ")}; there are ${SUBSTRATES.join(", ")}.`)
	process.exit(2)
}

buildAll()
const results: Partial<Record<Substrate, Result>> = {}
for (const substrate of SUBSTRATES.filter((name) => wanted.includes(name))) results[substrate] = await judge(substrate)

if (values.json) {
	const substrates = Object.fromEntries(
		Object.entries(results).map(([name, { failures, ...result }]) => [name, { ...result, failures }]),
	)
	process.stdout.write(`${JSON.stringify({ substrates })}\n`)
} else table()
process.exit(Object.values(results).every(({ failed }) => failed === 0) ? 0 : 1)

async function judge(substrate: Substrate): Promise<Result> {
	const result: Result = { passed: 0, failed: 0, notRun: [], failures: [] }
	const cases = CASES.filter(({ what }) => what.includes(values.case))
	const place = await Place.open(substrate)
	if (!(place instanceof Place)) {
		const why = `${place.reason} ${place.remedy}`
		note(`${substrate}: ${why}`)
		return { ...result, notRun: cases.map(({ what }) => ({ what, why })) }
	}
	try {
		for (const { what, lacks, run } of cases) {
			const why = lacks?.(place.info) ?? null
			if (why !== null) {
				result.notRun.push({ what, why })
				note(`${substrate}  not run  ${what}: ${why}`)
				continue
			}
			const startedAt = Date.now()
			try {
				await run(place)
				result.passed++
				note(`${substrate}  passed   ${what} (${Date.now() - startedAt} ms)`)
			} catch (error) {
				result.failed++
				const why = error instanceof Error ? error.message : String(error)
				result.failures.push({ what, why })
				note(`${substrate}  FAILED   ${what} (${Date.now() - startedAt} ms): ${why}`)
			}
		}
	} finally {
		await place.close()
	}
	return result
}

function table(): void {
	const rows = Object.entries(results).map(([name, { passed, failed, notRun }]) => [
		name,
		passed,
		failed,
		notRun.length,
	])
	for (const row of [["substrate", "passed", "failed", "not run"], ...rows])
		process.stdout.write(`${row.map((cell) => String(cell).padEnd(10)).join("  ")}\n`)
	for (const [name, { failures, notRun }] of Object.entries(results)) {
		for (const { what, why } of failures) process.stdout.write(`FAILED   ${name}: ${what}: ${why.split("\n")[0]}\n`)
		for (const { what, why } of notRun) process.stdout.write(`not run  ${name}: ${what}: ${why}\n`)
	}
}
