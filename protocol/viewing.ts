// One viewer's side of one session: what its terminal has, what was typed and not yet written. Decides; touches nothing.
import { never, Refusal, refusalCode } from "./errors.ts"
import { encodeFrame, type Frame, KIND } from "./frames.ts"
import type { SessionId, ViewerId } from "./ids.ts"
import { ACK_EVERY, INPUT_FRAME_BYTES, INPUT_UNACKED_BYTES, RESEND_WITHIN_MS, STUCK_AFTER_MS } from "./limits.ts"
import type { FromViewer, ToViewer } from "./messages.ts"
import type { Watcher } from "./session.ts"

/** The viewer's terminal. */
export interface Screen {
	/** Becomes an empty terminal of this size. */
	reset(cols: number, rows: number): void
	resize(cols: number, rows: number): void
	/** Takes bytes in order; calls back once it has parsed them. */
	write(bytes: Uint8Array, parsed: () => void): void
}

/** Input that the holder has not yet acknowledged. */
export interface Pending {
	sequence: number
	bytes: Uint8Array
	/** When it was typed. */
	at: number
}

export type ViewingStatus =
	/** No socket, or no answer to attach yet. */
	| { is: "connecting" }
	/** The machine is away: the terminal shows the last screen that is known. */
	| { is: "away" }
	/** Between attaching and the program's present. */
	| { is: "catching-up" }
	| { is: "live" }
	| { is: "refused"; refusal: Refusal }

interface Options {
	session: SessionId
	viewer: ViewerId
	screen: Screen
	cols: number
	rows: number
	now: () => number
	/** Status, watchers or pending input have changed. */
	changed: () => void
	/** Input kept over a reload of the page. */
	pending?: Pending[]
}

export class Viewing {
	readonly session: SessionId
	status: ViewingStatus = { is: "connecting" }
	watchers: Watcher[] = []
	/** Unwritten input is old: it waits until the person sends or discards it. */
	holding = false
	/** Since when sent input is not acknowledged, once that is too long; null while it is. */
	stalledSince: number | null = null
	/** Bytes typed that the role did not let through: dropped, and not yet forgotten by `forgetDropped`. */
	dropped = 0

	readonly #options: Options
	#send: ((data: string | Uint8Array) => void) | null = null
	/** Sequence of the next byte that the terminal wants; null before the first snapshot. */
	#have: number | null = null
	#acked = 0
	/** When it last attached. */
	#attachedAt = 0
	/** The oldest pending input when it last attached because that did not move. */
	#stuckAt: number | null = null
	/** Attached, and not yet answered: a gap is no reason to attach again. */
	#attaching = false
	/** The holder has said which input it expects; until then nothing is sent. */
	#expected = false
	#pending: Pending[] = []
	/** The role allows typing; until somebody says otherwise. */
	#mayType = true
	/** When input was last acknowledged, or was sent where none was under way. */
	#movedAt = 0
	/** Sequence of the next byte to be typed. */
	#typed = 0
	/** The holder has said where this viewer's input stands; until then the sequences of `#pending` only keep order. */
	#anchored = false

	constructor(options: Options) {
		this.session = options.session
		this.#options = options
		const last = options.pending?.at(-1)
		if (options.pending === undefined || last === undefined) return
		this.#pending = options.pending
		this.#typed = last.sequence + last.bytes.length
		this.#anchored = true
	}

	/** Typed and not known to be written, oldest first. */
	get pending(): readonly Pending[] {
		return this.#pending
	}

	/** Bytes of output that this viewer has taken. */
	get sequence(): number {
		return this.#have ?? 0
	}

	/** The socket can carry messages: attach, from where the terminal stands. */
	opened(send: (data: string | Uint8Array) => void): void {
		this.#send = send
		this.#attach()
	}

	/** The socket is gone. */
	closed(): void {
		this.#send = null
		this.#expected = false
		this.#become({ is: "connecting" })
	}

	/** The machine is linked again, or away. */
	linked(isLinked: boolean): void {
		// Whatever was refused, the machine's next link may know the session.
		if (isLinked) this.#attach()
		else if (this.status.is !== "refused") {
			this.#expected = false
			this.#become({ is: "away" })
		}
	}

	/** The program has ended, or its holder has died: make sure of the last of its output. */
	ended(): void {
		this.#attachQuietly()
	}

	/**
	 * The session has begun again. A machine that lost power may have less of the output than this viewer, so that the
	 * same sequence is another place: the next attach begins anew. What was typed for the program before waits for the
	 * person.
	 */
	beganAgain(): void {
		this.#have = null
		this.#acked = 0
		this.#expected = false
		if (this.#pending.length > 0) this.holding = true
		this.#options.changed()
	}

	message(message: Extract<ToViewer, { session: unknown }>): void {
		switch (message.type) {
			case "attached":
				this.#attaching = false
				if (!message.live && !this.#mayType) this.#drop()
				if (message.live && this.status.is === "live") return
				return this.#become(message.live ? { is: "catching-up" } : { is: "away" })
			case "caught-up":
				return this.#become({ is: "live" })
			case "expects":
				return this.#expects(message.sequence)
			case "again":
				return this.#attachQuietly()
			case "watchers":
				this.watchers = message.watchers
				return this.#options.changed()
			case "refused":
				// Of what a viewer asks, that is said of input only: watching goes on.
				if (message.code === "not_allowed") {
					this.#mayType = false
					return this.#drop()
				}
				return this.#become({ is: "refused", refusal: new Refusal(refusalCode(message.code)) })
			case "session":
			case "removed":
				return
			default:
				never(message)
		}
	}

	frame(frame: Frame): void {
		if (frame.kind === KIND.WRITTEN) {
			// Before the first `expects` this is about keys of an earlier page.
			if (this.#anchored) this.#written(frame.sequence)
			return
		}
		switch (frame.kind) {
			case KIND.SNAPSHOT:
				// One of the very sequence counts: sizes may have changed without a byte.
				if (this.#have !== null && frame.sequence < this.#have) return this.#ack(this.#have)
				this.#have = frame.sequence
				this.#options.screen.reset(frame.cols, frame.rows)
				return this.#options.screen.write(frame.bytes, () => this.#ack(frame.sequence))
			case KIND.RESIZE:
				if (this.#have === null || frame.sequence > this.#have) return this.#missed()
				if (frame.sequence === this.#have) this.#options.screen.resize(frame.cols, frame.rows)
				return
			case KIND.OUTPUT:
				return this.#output(frame.sequence, frame.bytes)
			case KIND.INPUT:
			case KIND.ACK:
				return
			default:
				never(frame)
		}
	}

	/**
	 * What the role allows may have changed. Where it does not allow typing, what waits is dropped: at once if it is
	 * held, else when the holder has said how much of it was written, or the machine is away.
	 */
	allowTyping(mayType: boolean): void {
		this.#mayType = mayType
		if (mayType) this.dropped = 0
		else if (this.holding) this.#drop()
	}

	/** The person knows what was dropped. */
	forgetDropped(): void {
		this.dropped = 0
		this.#options.changed()
	}

	/** Takes input for the program. False when so much waits already that this is not taken. */
	type(bytes: Uint8Array): boolean {
		if (!this.#mayType) {
			this.dropped += bytes.length
			this.#options.changed()
			return true
		}
		const waiting = this.#pending.reduce((sum, { bytes }) => sum + bytes.length, 0)
		if (waiting + bytes.length > INPUT_UNACKED_BYTES) return false
		const at = this.#options.now()
		if (waiting === 0) this.#movedAt = at
		for (let start = 0; start < bytes.length; start += INPUT_FRAME_BYTES) {
			// A copy that shares no memory with the caller's, which a slice of a Buffer would.
			const copy = new Uint8Array(bytes.subarray(start, start + INPUT_FRAME_BYTES))
			const part: Pending = { sequence: this.#typed, bytes: copy, at }
			this.#typed = part.sequence + part.bytes.length
			this.#pending.push(part)
			if (this.#expected && !this.holding) this.#sendInput(part)
		}
		return true
	}

	/** The person wants the old input sent. */
	sendHeld(): void {
		this.holding = false
		// What the person has released is as new as if it were typed now.
		for (const part of this.#pending) part.at = this.#options.now()
		this.#movedAt = this.#options.now()
		if (this.#expected) for (const part of this.#pending) this.#sendInput(part)
		this.#options.changed()
	}

	/** The person does not. */
	discardHeld(): void {
		if (this.holding) this.#forgetPending()
	}

	/** The window's size; `claim` makes it the session's at once, else typing does. */
	size(cols: number, rows: number, claim = false): void {
		const changed = cols !== this.#options.cols || rows !== this.#options.rows
		this.#options.cols = cols
		this.#options.rows = rows
		if (changed || claim) this.#say({ type: "size", session: this.session, cols, rows, claim })
	}

	detach(): void {
		this.#say({ type: "detach", session: this.session })
		this.#send = null
	}

	/**
	 * Called about once a second while the socket is open. An answer or an acknowledgement can be lost with the memory of
	 * the object in the middle, which no socket notices: attaching again finds out. A program that does not read looks
	 * the same, so it is asked once until something moves.
	 */
	tick(): void {
		this.#judge()
		if (this.#options.now() - this.#attachedAt < STUCK_AFTER_MS) return
		if (this.#attaching) return this.#attach()
		const oldest = this.#pending[0]
		if (oldest === undefined || !this.#expected || this.holding) return
		if (this.#options.now() - oldest.at < STUCK_AFTER_MS || this.#stuckAt === oldest.sequence) return
		this.#stuckAt = oldest.sequence
		this.#attachQuietly()
	}

	/** Whether sent input moves: a process that hangs between here and the program keeps every socket open. */
	#judge(): void {
		const moves = this.#pending.length === 0 || !this.#expected || this.holding
		const isStalled = !moves && this.#options.now() - this.#movedAt >= STUCK_AFTER_MS
		if (isStalled === (this.stalledSince !== null)) return
		this.stalledSince = isStalled ? this.#movedAt : null
		this.#options.changed()
	}

	#attach(): void {
		if (this.#send === null) return
		this.#expected = false
		this.#become({ is: "connecting" })
		this.#attachQuietly()
	}

	/** Makes sure of what both sides have while keys and bytes go on: most likely nothing is missing. */
	#attachQuietly(): void {
		if (this.#send === null) return
		this.#attachedAt = this.#options.now()
		this.#attaching = true
		const { cols, rows } = this.#options
		this.#say({ type: "attach", session: this.session, have: this.#have, cols, rows })
	}

	/** Something before this frame never came. What the answer to an attach brings begins where this viewer stands. */
	#missed(): void {
		if (!this.#attaching) this.#attach()
	}

	#output(sequence: number, bytes: Uint8Array): void {
		if (this.#have === null || sequence > this.#have) return this.#missed()
		const known = this.#have - sequence
		if (known >= bytes.length) return
		const end = sequence + bytes.length
		this.#have = end
		this.#options.screen.write(known === 0 ? bytes : bytes.subarray(known), () => {
			if (end - this.#acked >= ACK_EVERY) this.#ack(end)
		})
	}

	#ack(sequence: number): void {
		this.#acked = Math.max(this.#acked, sequence)
		this.#send?.(
			encodeFrame({ kind: KIND.ACK, session: this.session, viewer: this.#options.viewer, sequence: this.#acked }),
		)
	}

	/** The holder has written all input before `sequence` and wants the rest again. */
	#expects(sequence: number): void {
		if (this.#anchored) this.#written(sequence)
		this.#anchored = true
		if (!this.#expected) this.#movedAt = this.#options.now()
		this.#expected = true
		// Nothing moves unless the holder has forgotten this viewer, or is asked for the first time.
		this.#renumber(sequence)
		if (!this.#mayType) return this.#drop()
		const oldest = this.#pending[0]
		if (oldest !== undefined && this.#options.now() - oldest.at > RESEND_WITHIN_MS) this.holding = true
		if (!this.holding) for (const part of this.#pending) this.#sendInput(part)
		this.#options.changed()
	}

	/** The role does not let it through. */
	#drop(): void {
		this.dropped += this.#pending.reduce((sum, { bytes }) => sum + bytes.length, 0)
		this.#forgetPending()
	}

	/** The next key takes the place of the first that is forgotten. */
	#forgetPending(): void {
		this.#typed = this.#pending[0]?.sequence ?? this.#typed
		this.#pending = []
		this.holding = false
		this.stalledSince = null
		this.#options.changed()
	}

	/** What waits follows from where the holder stands. */
	#renumber(sequence: number): void {
		let next = sequence
		for (const part of this.#pending) {
			part.sequence = next
			next += part.bytes.length
		}
		this.#typed = next
	}

	#written(sequence: number): void {
		const oldest = this.#pending[0]?.sequence
		this.#pending = this.#pending.flatMap((part) => {
			const done = sequence - part.sequence
			if (done >= part.bytes.length) return []
			return done <= 0 ? [part] : [{ ...part, sequence, bytes: part.bytes.subarray(done) }]
		})
		if (this.#pending.length === 0) this.holding = false
		if (this.#pending[0]?.sequence === oldest) return
		this.#movedAt = this.#options.now()
		this.stalledSince = null
		this.#options.changed()
	}

	#sendInput({ sequence, bytes }: Pending): void {
		this.#send?.(
			encodeFrame({ kind: KIND.INPUT, session: this.session, viewer: this.#options.viewer, sequence, bytes }),
		)
	}

	#say(message: FromViewer): void {
		this.#send?.(JSON.stringify(message))
	}

	#become(status: ViewingStatus): void {
		if (status.is === this.status.is && status.is !== "refused") return
		this.status = status
		this.#options.changed()
	}
}
