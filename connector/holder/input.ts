// Input of all viewers on its way to the terminal: each byte once and in order, whatever is sent again after a cut.
import type { ViewerId } from "../../protocol/ids.ts"
import { INPUT_QUEUE_BYTES, INPUT_VIEWERS } from "../../protocol/limits.ts"

interface Out {
	/** How many of the bytes the terminal takes now. */
	write(bytes: Uint8Array): number
	/** The terminal has taken all input of this viewer before `sequence`. */
	written(viewer: ViewerId, sequence: number): void
	/** This viewer must send again from `sequence`. */
	expects(viewer: ViewerId, sequence: number): void
	/** Calls `flush` after some milliseconds. */
	later(flush: () => void, ms: number): void
}

interface Viewer {
	/** Sequence after the last byte taken from it. */
	taken: number
	/** Sequence after its last byte that the terminal has taken. */
	written: number
	/** What it was last told to send again from; it is told once, however many frames of a gap arrive. */
	asked: number | null
}

interface Entry {
	bytes: Uint8Array
	viewer: ViewerId | null
	done: Done | null
}

/** Told once how many of the bytes the terminal will not get: none, or what was left when they were withdrawn or it ended. */
type Done = (left: number) => void

/** A full terminal is asked again after this long, then after twice as long: a program that does not read costs little. */
const RETRY_MIN_MS = 1
const RETRY_MAX_MS = 32

export class Input {
	readonly #out: Out
	/** The one longest silent is first. */
	readonly #viewers = new Map<ViewerId, Viewer>()
	/** Found no room: asked for their input when there is room again. */
	readonly #turnedAway = new Set<ViewerId>()
	/** Taken, and not yet in the terminal. */
	#queue: Entry[] = []
	#queued = 0
	#retryMs = RETRY_MIN_MS
	#isWaiting = false

	constructor(out: Out) {
		this.#out = out
	}

	get hasRoom(): boolean {
		return this.#queued < INPUT_QUEUE_BYTES
	}

	/** The terminal has all that was taken. */
	get isEmpty(): boolean {
		return this.#queue.length === 0
	}

	/** A viewer begins to watch: it sends again what it does not know to be written. */
	watched(viewer: ViewerId): void {
		const state = this.#viewers.get(viewer)
		if (state !== undefined) state.asked = null
		this.#out.expects(viewer, state?.written ?? 0)
	}

	/** A viewer's frame. What is known of it is passed over; one that leaves a gap is asked for again. */
	take(viewer: ViewerId, sequence: number, bytes: Uint8Array): void {
		const state = this.#viewers.get(viewer) ?? { taken: 0, written: 0, asked: null }
		const known = state.taken - sequence
		if (known < 0) return this.#askAgain(viewer, state)
		// What was written while the link was cut is acknowledged again.
		if (known >= bytes.length) return this.#out.written(viewer, state.written)
		if (!this.hasRoom) return void this.#turnedAway.add(viewer)
		// A copy: the frame's memory is the socket's.
		const fresh = new Uint8Array(bytes.subarray(known))
		state.taken += fresh.length
		state.asked = null
		this.#viewers.delete(viewer)
		this.#viewers.set(viewer, state)
		this.#forgetOldest()
		this.#push({ bytes: fresh, viewer, done: null })
	}

	/** Bytes of nobody's count: an answer of the terminal, or what the API writes. Gives what withdraws the rest of them. */
	add(bytes: Uint8Array, done: Done | null = null): () => void {
		const entry: Entry = { bytes, viewer: null, done }
		this.#push(entry)
		return () => this.#withdraw(entry)
	}

	/** The terminal is gone. */
	end(): void {
		const left = this.#queue
		this.#queue = []
		this.#queued = 0
		this.#turnedAway.clear()
		for (const { bytes, done } of left) done?.(bytes.length)
	}

	#withdraw(entry: Entry): void {
		const index = this.#queue.indexOf(entry)
		if (index === -1) return
		this.#queue.splice(index, 1)
		this.#queued -= entry.bytes.length
		entry.done?.(entry.bytes.length)
	}

	#push(entry: Entry): void {
		this.#queue.push(entry)
		this.#queued += entry.bytes.length
		if (!this.#isWaiting) this.#flush()
	}

	#flush(): void {
		for (let entry = this.#queue[0]; entry !== undefined; entry = this.#queue[0]) {
			const count = this.#out.write(entry.bytes)
			this.#queued -= count
			this.#wrote(entry.viewer, count)
			entry.bytes = entry.bytes.subarray(count)
			if (entry.bytes.length > 0) return this.#wait(count > 0)
			this.#queue.shift()
			this.#retryMs = RETRY_MIN_MS
			entry.done?.(0)
		}
		this.#callBack()
	}

	#wait(hasMoved: boolean): void {
		this.#retryMs = hasMoved ? RETRY_MIN_MS : Math.min(this.#retryMs * 2, RETRY_MAX_MS)
		this.#isWaiting = true
		this.#out.later(() => {
			this.#isWaiting = false
			this.#flush()
		}, this.#retryMs)
		this.#callBack()
	}

	#wrote(viewer: ViewerId | null, count: number): void {
		const state = viewer === null ? undefined : this.#viewers.get(viewer)
		if (viewer === null || state === undefined || count === 0) return
		state.written += count
		this.#out.written(viewer, state.written)
	}

	/** Half of the room is free: who was turned away sends again. */
	#callBack(): void {
		if (this.#turnedAway.size === 0 || this.#queued > INPUT_QUEUE_BYTES / 2) return
		for (const viewer of this.#turnedAway) this.#out.expects(viewer, this.#viewers.get(viewer)?.written ?? 0)
		this.#turnedAway.clear()
	}

	#askAgain(viewer: ViewerId, state: Viewer): void {
		// Whoever was turned away is asked when there is room; until then its frames all leave a gap.
		if (state.asked === state.taken || this.#turnedAway.has(viewer)) return
		state.asked = state.taken
		this.#viewers.set(viewer, state)
		this.#forgetOldest()
		this.#out.expects(viewer, state.written)
	}

	#forgetOldest(): void {
		if (this.#viewers.size <= INPUT_VIEWERS) return
		for (const [viewer, { taken, written }] of this.#viewers) {
			if (taken !== written) continue
			this.#viewers.delete(viewer)
			return
		}
	}
}
