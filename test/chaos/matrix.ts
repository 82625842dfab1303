// The kill matrix: every fault under every load, for every seed, in as few worlds as can be.
import { FAULTS, homeFor, LOADS, type Outcome, runCell, seedOf } from "./cell.ts"
import { type Home, World } from "./world.ts"

interface Options {
	seeds: number[]
	/** Words that a cell's name must hold, as "link killed flood". */
	only?: string
	done?: (outcome: Outcome) => void
}

export async function runMatrix({ seeds, only = "", done = () => {} }: Options): Promise<Outcome[]> {
	const outcomes: Outcome[] = []
	for (const home of ["runtime", "harness"] satisfies Home[]) {
		const cells = FAULTS.filter((fault) => homeFor(fault) === home)
			.flatMap((fault) => LOADS.map((load) => ({ fault, load })))
			.filter(({ fault, load }) => `${fault} ${load}`.includes(only))
		if (cells.length === 0) continue
		let world = await World.make(home)
		try {
			for (const seed of seeds)
				for (const { fault, load } of cells) {
					const outcome = await runCell(world, { fault, load, seed: seedOf(seed, fault, load) })
					outcomes.push(outcome)
					done(outcome)
					if (outcome.failure === null) continue
					// What failed may have broken the world too: the next cell gets a new one.
					await world.stop()
					world = await World.make(home)
				}
		} finally {
			await world.stop()
		}
	}
	return outcomes
}
