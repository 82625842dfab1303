// Acknowledgements of input: they let the echo go first, which somebody waits for, and go together.
import type { ViewerId } from "../../protocol/ids.ts"

/** A program that shows nothing is not waited for longer; far less than viewers wait before they ask. */
const WITHIN_MS = 20

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
