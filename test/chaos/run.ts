// `npm run chaos -- --seeds N [--json] [--only WORDS]`: the kill matrix with N seeds, and its table.
import { parseArgs } from "node:util"
import buildAll from "../support/build.ts"
import { FAULTS, LOADS, type Outcome } from "./cell.ts"
import { runMatrix } from "./matrix.ts"

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "1" },
		json: { type: "boolean", default: false },
		only: { type: "string", default: "" },
	},
})
buildAll()
// The suite throws the same dice every time; this throws others, until it is told which.
const first = Number(process.env.HOMEPORT_SEED ?? Math.floor(Math.random() * 2 ** 31))
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => first + index)
const note = (line: string) => values.json || process.stdout.write(`${line}\n`)

note(`seeds ${first} to ${first + seeds.length - 1}; HOMEPORT_SEED=${first} repeats them`)
const outcomes = await runMatrix({
	seeds,
	only: values.only,
	done: (outcome) => {
		if (outcome.failure !== null)
			note(`FAILED ${outcome.fault} × ${outcome.load}, seed ${outcome.seed}: ${outcome.failure}`)
	},
})
const failed = outcomes.filter(({ failure }) => failure !== null)
const sum = (field: keyof Outcome) => outcomes.reduce((total, outcome) => total + Number(outcome[field]), 0)

if (values.json) {
	const rows = outcomes.map(({ failure, ...row }) => ({ ...row, failure: failure?.split("\n")[0] ?? null }))
	process.stdout.write(
		`${JSON.stringify({
			cells: outcomes.length,
			failed: failed.length,
			bytes: sum("bytes"),
			lost: sum("lost"),
			doubled: sum("doubled"),
			reordered: sum("reordered"),
			keys: sum("keys"),
			keysLost: sum("keysLost"),
			keysDoubled: sum("keysDoubled"),
			keysReordered: sum("keysReordered"),
			rows,
		})}\n`,
	)
} else {
	table()
	note(`${outcomes.length} cells, ${failed.length} failed`)
}
process.exit(failed.length === 0 ? 0 : 1)

function table(): void {
	const columns = [
		"bytes",
		"lost",
		"doubled",
		"reordered",
		"snapshots",
		"keys",
		"keysLost",
		"keysDoubled",
		"keysReordered",
	] as const
	note(["fault".padEnd(22), "load".padEnd(7), "cells", "failed", ...columns].join("  "))
	for (const fault of FAULTS)
		for (const load of LOADS) {
			const cells = outcomes.filter((outcome) => outcome.fault === fault && outcome.load === load)
			if (cells.length === 0) continue
			const bad = cells.filter(({ failure }) => failure !== null).length
			const numbers = columns.map((column) =>
				String(cells.reduce((total, cell) => total + cell[column], 0)).padStart(column.length),
			)
			note(
				[fault.padEnd(22), load.padEnd(7), String(cells.length).padStart(5), String(bad).padStart(6), ...numbers].join(
					"  ",
				),
			)
		}
}
