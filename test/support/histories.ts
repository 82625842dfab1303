// A run of random histories from a command line: seeds, another core than ours, how many have failed, and an exit code.
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"

interface History {
	/** What was wrong. */
	run(): Promise<string[]>
	/** That it has taken. */
	steps: number
}

/** More than these say nothing more. */
const MOST_FAILURES = 20

/** `name`: of the core's export, in our file and in another that `--core` names. Ends the process. */
export async function runHistories<Core>(
	History: new (seed: number, core: Core) => History,
	name: string,
	own: Core,
): Promise<never> {
	const { values } = parseArgs({
		options: {
			histories: { type: "string", default: "100000" },
			/** Of the first history; each next one has the next. */
			seed: { type: "string" },
			/** Another core than ours, to see whether its faults are found. */
			core: { type: "string" },
			/** Stops at the first that fails. */
			bail: { type: "boolean", default: false },
			json: { type: "boolean", default: false },
		},
	})
	const histories = Number(values.histories)
	const first = Number(values.seed ?? process.env.HOMEPORT_SEED ?? Math.floor(Math.random() * 2 ** 31))
	const core = values.core === undefined ? own : ((await import(pathToFileURL(values.core).href))[name] as Core)
	const note = (line: string) => values.json || process.stdout.write(`${line}\n`)

	note(`${histories} histories from seed ${first}; --seed ${first} repeats them`)
	const began = performance.now()
	const failed: { seed: number; faults: string[] }[] = []
	let steps = 0
	let run = 0
	for (let index = 0; index < histories; index++) {
		const seed = first + index
		const history = new History(seed, core)
		const faults = await history.run()
		steps += history.steps
		run++
		if (faults.length > 0) {
			failed.push({ seed, faults })
			note(`FAILED seed ${seed}: ${faults.join("; ")}`)
			if (values.bail || failed.length === MOST_FAILURES) break
		}
		if (run % 10_000 === 0) note(`${run} histories, ${failed.length} failed`)
	}
	const seconds = Math.round((performance.now() - began) / 100) / 10
	if (values.json) process.stdout.write(`${JSON.stringify({ histories: run, steps, seed: first, seconds, failed })}\n`)
	else note(`${run} histories, ${steps} steps, ${failed.length} failed, ${seconds} s`)
	process.exit(failed.length === 0 ? 0 : 1)
}
