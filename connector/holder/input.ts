// Input of all viewers: each byte once and in order, whatever is sent again after a link was cut.
import type { ViewerId } from "../../protocol/ids.ts"
import { INPUT_VIEWERS } from "../../protocol/limits.ts"

export class Input {
	/** Sequence after the last byte taken of each viewer's input; the viewer longest silent is first. */
	readonly #taken = new Map<ViewerId, number>()

	/** Sequence of the byte that is wanted next from this viewer. */
	expects(viewer: ViewerId): number {
		return this.#taken.get(viewer) ?? 0
	}

	/** The bytes that are new; null when something before them is missing, and they must be sent again after it. */
	fresh(viewer: ViewerId, sequence: number, bytes: Uint8Array): Uint8Array | null {
		const known = this.expects(viewer) - sequence
		if (known < 0) return null
		return bytes.subarray(Math.min(known, bytes.length))
	}

	take(viewer: ViewerId, bytes: Uint8Array): void {
		const taken = this.expects(viewer) + bytes.length
		this.#taken.delete(viewer)
		this.#taken.set(viewer, taken)
		const [oldest] = this.#taken.keys()
		if (this.#taken.size > INPUT_VIEWERS && oldest !== undefined) this.#taken.delete(oldest)
	}
}
