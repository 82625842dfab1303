// Whether an agent that says it works gets anywhere: what its screen shows, but for what moves by itself.
import type { Shown } from "../holder/wire.ts"

/** Tests and builds that say nothing take long, too: this errs on the side of silence. */
const STUCK_MS = 15 * 60 * 1_000

export class Progress {
	#seen: { screen: string; since: number; isTold: boolean } | null = null

	/** It was stuck when it was asked last, and said so before. */
	get isKnown(): boolean {
		return this.#seen?.isTold === true
	}

	/** True once, when it has worked for so long and shown nothing new. */
	isStuck({ lines }: Pick<Shown, "lines">, isWorking: boolean, now: number): boolean {
		if (!isWorking) {
			this.#seen = null
			return false
		}
		const screen = still(lines)
		if (this.#seen?.screen !== screen) this.#seen = { screen, since: now, isTold: false }
		if (this.#seen.isTold || now - this.#seen.since < STUCK_MS) return false
		this.#seen.isTold = true
		return true
	}
}

/** Without digits, the frames of spinners, and what is drawn while it waits. */
function still(lines: readonly string[]): string {
	return lines
		.map((line) =>
			SPINS.test(line)
				? ""
				: line
						.replaceAll(/[0-9]+/g, "")
						.replaceAll(FRAMES, "")
						.trimEnd(),
		)
		.join("\n")
}

/** A line that says itself how long it has been going on. */
const SPINS = /\b(?:esc|ctrl\+c) to (?:interrupt|cancel)\b|\(\d+[hms][\s·)]/i
const FRAMES = /[\u2800-\u28ff✻✽✶✳✢·*●○◐◓◑◒◴◷◶◵|/\\▖▘▝▗-]/gu
