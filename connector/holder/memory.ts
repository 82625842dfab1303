// Gives memory back after a burst of output. What the collector keeps for speed, hundreds of quiet sessions have no use for.

/** Output that leaves something worth collecting. */
const BURST_BYTES = 256 * 1024
/** A pause in which nobody notices some 20 ms. */
const QUIET_MS = 3_000

export class Memory {
	#bytes = 0
	#at = 0
	#timer: NodeJS.Timeout | null = null

	/** The program has written so much. */
	used(bytes: number): void {
		this.#bytes += bytes
		this.#at = performance.now()
		if (this.#timer === null && this.#bytes > BURST_BYTES) this.#wait(QUIET_MS)
	}

	#wait(ms: number): void {
		this.#timer = setTimeout(() => {
			const left = this.#at + QUIET_MS - performance.now()
			if (left > 0) return this.#wait(left)
			this.#timer = null
			this.#bytes = 0
			collect()
		}, ms).unref()
	}
}

/** Everything that can go, at once. Without the flag that spawn.ts gives there is nothing to call. */
function collect(): void {
	const { gc } = globalThis as { gc?: (how: object) => void }
	gc?.({ type: "major", execution: "sync", flavor: "last-resort" })
}
