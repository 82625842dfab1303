// The kill matrix with one seed, in the suite; `npm run chaos -- --seeds N` throws more dice.
import { afterAll, describe, expect, test } from "vitest"
import { runSeed } from "../support/dice.ts"
import { type Fault, homeFor, LOADS, runCell, seedOf } from "./cell.ts"
import { type Home, World } from "./world.ts"

const seed = runSeed()
const worlds = new Map<Home, Promise<World>>()

function worldFor(fault: Fault): Promise<World> {
	const home = homeFor(fault)
	const made = worlds.get(home) ?? World.make(home)
	worlds.set(home, made)
	return made
}

afterAll(async () => {
	for (const world of worlds.values()) await (await world).stop()
})

const PROMISES: [ids: string, fault: Fault, promise: string][] = [
	["[SES1][OUT3][INP1]", "link killed", "a killed link process loses no byte, no key and no session"],
	["[OUT3][INP1][SES2]", "control plane killed", "a killed control plane loses no byte, no key and no exit code"],
	["[OUT1][OUT3][INP1][INP4]", "viewer cut", "a viewer that is cut off comes back to every byte and key"],
	["[LNK2][LNK3]", "two links", "two links at once harm no session"],
	["[LNK1][OUT1][INP1]", "link's wire cut", "a link cut at any byte of any frame goes on where it was"],
	["[OUT1][INP1]", "viewer's wire cut", "a viewer's wire cut at any byte of any frame goes on where it was"],
	["[SES2][LNK3]", "holder killed", "a killed holder's session is lost at once, and its neighbour untouched"],
	["[LNK5][OUT2][INP1]", "object evicted", "an object that loses its memory loses nothing else"],
]

describe(`with seed ${seed}`, () => {
	for (const [ids, fault, promise] of PROMISES)
		for (const load of LOADS)
			test(`${ids} ${promise}: ${load}`, async () => {
				const outcome = await runCell(await worldFor(fault), { fault, load, seed: seedOf(seed, fault, load) })
				expect(outcome.failure).toBeNull()
			}, 90_000)
})
