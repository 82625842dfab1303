// When to dial again: at once, then after waits that double, with jitter, for ever. Links and viewers do the same.
import { REDIAL_MAX_MS, REDIAL_MIN_MS } from "./limits.ts"

export class Redial {
	#tries = 0

	/** The wait before the next dial, after a socket that was up for `upMs`; 0 for one that never was. Milliseconds. */
	next(upMs: number): number {
		// A socket that ends as soon as it is up would otherwise be dialled again without a pause.
		if (upMs >= REDIAL_MAX_MS) this.#tries = 0
		const wait = this.#tries === 0 ? 0 : Math.min(REDIAL_MAX_MS, REDIAL_MIN_MS * 2 ** (this.#tries - 1))
		this.#tries++
		return wait * (0.5 + Math.random() / 2)
	}
}
