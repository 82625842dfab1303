// Recorded programs, and dice that can be thrown again.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { runSeed } from "../../support/dice.ts"

const FOLDER = join(import.meta.dirname, "../../fixtures/recordings")

export interface Recording {
	name: string
	cols: number
	rows: number
	bytes: Buffer
}

export function recordings(): Recording[] {
	return readdirSync(FOLDER)
		.filter((file) => file.endsWith(".cast"))
		.map((file) => {
			const [head = "", ...events] = readFileSync(join(FOLDER, file), "utf8").trim().split("\n")
			const { width, height } = JSON.parse(head) as { width: number; height: number }
			const output = events
				.map((line) => JSON.parse(line) as [number, string, string])
				.filter(([, kind]) => kind === "o")
			return { name: file, cols: width, rows: height, bytes: Buffer.from(output.map(([, , text]) => text).join("")) }
		})
}

/** Whole numbers below a bound, the same ones for the same seed. */
export function dice(seed: number): (below: number) => number {
	let state = seed >>> 0
	return (below) => {
		state = (state + 0x6d2b79f5) >>> 0
		let mixed = state
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
		return ((mixed ^ (mixed >>> 14)) >>> 0) % below
	}
}

/** The seed of this run; failing assertions print it. */
export const SEED = runSeed()
