// Acknowledgements of input: nobody waits for them as for the echo, so they go later, and together.
import type { ViewerId } from "../../protocol/ids.ts"

/** Out of the way of the echo, and far less than viewers wait before they show what is not written. */
const WITHIN_MS = 100

export class Written {
	readonly #send: (viewer: ViewerId, sequence: number) => void
	/** The sequence after the last byte that the terminal has taken, by viewer. */
	readonly #waiting = new Map<ViewerId, number>()
	#timer: NodeJS.Timeout | null = null

	constructor(send: (viewer: ViewerId, sequence: number) => void) {
		this.#send = send
	}

	add(viewer: ViewerId, sequence: number): void {
		this.#waiting.set(viewer, sequence)
		this.#timer ??= setTimeout(() => this.flush(), WITHIN_MS)
	}

	flush(): void {
		if (this.#timer === null) return
		clearTimeout(this.#timer)
		this.#timer = null
		for (const [viewer, sequence] of this.#waiting) this.#send(viewer, sequence)
		this.#waiting.clear()
	}
}
