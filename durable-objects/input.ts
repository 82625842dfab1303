// Coalesces input of a busy moment into one frame: the first key goes at once, those of the same moment go together.
import { encodeFrame, type InputFrame } from "../protocol/frames.ts"
import { INPUT_FRAME_BYTES } from "../protocol/limits.ts"

/** No person types that fast: what comes within this of other input is a burst. A lone key needs no timer of the object. */
const MOMENT_MS = 2

export class InputBatch {
	readonly #send: (frame: Uint8Array) => void
	/** Calls back when the events that are here already have been handled. */
	readonly #defer: (then: () => void) => void
	readonly #now: () => number
	#waiting: InputFrame[] = []
	#isBusy = false
	/** When input last went by itself. */
	#sentAt = Number.NEGATIVE_INFINITY

	constructor(send: (frame: Uint8Array) => void, defer: (then: () => void) => void, now: () => number) {
		this.#send = send
		this.#defer = defer
		this.#now = now
	}

	/** `data`: the frame as it came. */
	take(frame: InputFrame, data: Uint8Array): void {
		const now = this.#now()
		if (!this.#isBusy && now - this.#sentAt >= MOMENT_MS) {
			this.#sentAt = now
			return this.#send(data)
		}
		if (!this.#isBusy) {
			this.#isBusy = true
			this.#defer(this.#moment)
		}
		const last = this.#waiting.at(-1)
		if (last !== undefined && continues(last, frame)) last.bytes = join(last.bytes, frame.bytes)
		else this.#waiting.push({ ...frame })
		if (frame.bytes.some(isControl)) this.#flush()
	}

	/** The link is gone: what waits was never acknowledged, so its viewers still have it. */
	drop(): void {
		this.#waiting = []
	}

	readonly #moment = (): void => {
		if (this.#waiting.length === 0) {
			this.#isBusy = false
			this.#sentAt = Number.NEGATIVE_INFINITY
			return
		}
		this.#flush()
		this.#defer(this.#moment)
	}

	#flush(): void {
		const frames = this.#waiting
		this.#waiting = []
		for (const frame of frames) this.#send(encodeFrame(frame))
	}
}

function continues(last: InputFrame, next: InputFrame): boolean {
	return (
		last.session === next.session &&
		last.viewer === next.viewer &&
		last.sequence + last.bytes.length === next.sequence &&
		last.bytes.length + next.bytes.length <= INPUT_FRAME_BYTES
	)
}

/** Keys that stop something: Ctrl-C, Ctrl-Z, Ctrl-\, Escape. */
function isControl(byte: number): boolean {
	return byte === 0x03 || byte === 0x1a || byte === 0x1c || byte === 0x1b
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
	const both = new Uint8Array(a.length + b.length)
	both.set(a)
	both.set(b, a.length)
	return both
}
