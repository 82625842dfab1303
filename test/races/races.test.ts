// Races of answers: random histories against what must hold, and cores with a fault, each of which must be found out.
import { execFile } from "node:child_process"
import { rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect, test } from "vitest"
import { Inbox } from "../../durable-objects/inbox/inbox.ts"
import { runSeed } from "../support/dice.ts"
import { History } from "./history.ts"
import { MUTANTS, mutate } from "./mutants.ts"

const HISTORIES = 2_000

test("no answer is given twice, late, to another prompt, or without whoever gave it being told", async () => {
	const first = runSeed()
	for (let seed = first; seed < first + HISTORIES; seed++)
		expect(await new History(seed, Inbox).run(), `seed ${seed}`).toEqual([])
})

test.each(MUTANTS)("it is found out where $name", async (mutant) => {
	const file = mutate(mutant)
	const { failed } = await races(["--core", file, "--histories", "20000", "--seed", "1", "--bail"])
	rmSync(dirname(file), { recursive: true })
	expect(failed).toHaveLength(1)
})

interface Outcome {
	failed: { seed: number; faults: string[] }[]
}

/** In a process of its own: a core of another file is not the one that is loaded here. */
function races(args: string[]): Promise<Outcome> {
	const run = [join(import.meta.dirname, "run.ts"), ...args, "--json"]
	return new Promise((resolve, reject) =>
		execFile(process.execPath, run, (error, stdout) => {
			// It ends with 1 where a history failed.
			if (stdout === "") reject(error ?? new Error("races said nothing"))
			else resolve(JSON.parse(stdout) as Outcome)
		}),
	)
}
