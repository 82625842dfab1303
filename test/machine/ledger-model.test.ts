// The ledger through random histories against what must hold, and ledgers with a fault, each of which must be found out.
import { execFile } from "node:child_process"
import { rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect, test } from "vitest"
import { Ledger } from "../../durable-objects/ledger/ledger.ts"
import { History } from "../ledger/history.ts"
import { MUTANTS, mutate } from "../ledger/mutants.ts"
import { runSeed } from "../support/dice.ts"

const HISTORIES = 1_000

test("no attempt runs twice or beside a later one, no task is lost or stuck, and an end is final", async () => {
	const first = runSeed()
	for (let seed = first; seed < first + HISTORIES; seed++)
		expect(await new History(seed, Ledger).run(), `seed ${seed}`).toEqual([])
})

test.each(MUTANTS)(
	"it is found out where $name",
	async (mutant) => {
		const file = mutate(mutant)
		const { failed } = await ledger(["--core", file, "--histories", "20000", "--seed", "1", "--bail"])
		rmSync(dirname(file), { recursive: true })
		expect(failed).toHaveLength(1)
	},
	180_000,
)

interface Outcome {
	failed: { seed: number; faults: string[] }[]
}

/** In a process of its own: a ledger of another file is not the one that is loaded here. */
function ledger(args: string[]): Promise<Outcome> {
	const run = [join(import.meta.dirname, "../ledger/run.ts"), ...args, "--json"]
	return new Promise((resolve, reject) =>
		execFile(process.execPath, run, (error, stdout) => {
			// It ends with 1 where a history failed.
			if (stdout === "") reject(error ?? new Error("the ledger said nothing"))
			else resolve(JSON.parse(stdout) as Outcome)
		}),
	)
}
