// A snapshot and the bytes after it make the same terminal as all the bytes.
import { describe, expect, it } from "vitest"
import { Terminal } from "../../connector/holder/terminal.ts"
import { SNAPSHOT_BYTES } from "../../protocol/limits.ts"
import { dice, recordings, SEED } from "./support/recording.ts"
import { stateOf } from "./support/state.ts"

const CUTS = Number(process.env.HOMEPORT_CUTS ?? 12)

describe("[OUT2] a snapshot is exact", () => {
	it.each(recordings())("at random cuts of $name, and after the rest", ({ cols, rows, bytes }) => {
		const roll = dice(SEED)
		for (let cut = 0; cut < CUTS; cut++) {
			const at = roll(bytes.length + 1)
			const machine = terminal(cols, rows)
			machine.write(bytes.subarray(0, at))
			const viewer = viewing(machine, bytes.subarray(0, at))
			expect(stateOf(viewer), `seed ${SEED}, cut ${at}`).toEqual(stateOf(machine))
			const rest = at + roll(Math.min(20_000, bytes.length - at + 1))
			machine.write(bytes.subarray(at, rest))
			viewer.write(bytes.subarray(at, rest))
			expect(stateOf(viewer), `seed ${SEED}, cut ${at}, rest to ${rest}`).toEqual(stateOf(machine))
		}
	})
})

function terminal(cols: number, rows: number): Terminal {
	return new Terminal(cols, rows, () => {})
}

/** A terminal made from the other's snapshot, and what of `output` the snapshot leaves out. */
function viewing(machine: Terminal, output: Uint8Array): Terminal {
	const viewer = terminal(machine.cols, machine.rows)
	const { bytes, before } = machine.snapshot(SNAPSHOT_BYTES)
	viewer.write(bytes)
	viewer.write(output.subarray(output.length - before))
	return viewer
}
