// Output to viewers by credit: one channel for all that keep up, one of its own for each that is catching up.
import { KIND, type ScreenFrame } from "../../protocol/frames.ts"
import { EVERYONE, type SessionId, type ViewerId } from "../../protocol/ids.ts"
import { CREDIT_WINDOW, OUTPUT_FRAME_BYTES, SKIP_AFTER } from "../../protocol/limits.ts"
import type { Resize } from "./log.ts"

/** Where channels take their bytes from. */
export interface Source {
	readonly session: SessionId
	/** Sequence after the newest byte. */
	readonly head: number
	/** Sequence of the oldest byte that can still be read. */
	readonly oldest: number
	readonly resizes: readonly Resize[]
	/** At least one byte and at most `limit`, from a sequence between oldest and head. */
	read(from: number, limit: number): Uint8Array
	/** The terminal now; its sequence is the head, or where an unfinished sequence before it begins. */
	snapshot(): { sequence: number; cols: number; rows: number; bytes: Uint8Array }
}

interface Out {
	/** False while the link has much to take already: what channels would send waits for the next `pump`. */
	isWritable(): boolean
	frame(frame: ScreenFrame): void
	/** Calls back after some milliseconds. */
	later(pump: () => void, ms: number): void
	joined(viewer: ViewerId, sequence: number): void
}

interface Channel {
	viewer: ViewerId
	/** Sequence of the next byte to send. */
	position: number
	/** Sequence before which the viewer has parsed all. Absolute, so that a lost or repeated one does no harm. */
	acked: number
	/** The last resize that was sent, or was part of a snapshot. */
	resize: Resize | undefined
}

export class Channels {
	readonly #source: Source
	readonly #out: Out
	/** Milliseconds of any clock that never goes back. */
	readonly #now: () => number
	#shared: Channel | null = null
	readonly #own = new Map<ViewerId, Channel>()
	/** Writing a terminal down takes the time of the program's own output: not too often, and only when it is shorter. */
	#snapshotCost = { at: Number.NEGATIVE_INFINITY, ms: 0, bytes: 0 }

	#isPumpDue = false

	constructor(source: Source, out: Out, now: () => number = () => performance.now()) {
		this.#source = source
		this.#out = out
		this.#now = now
	}

	get isEmpty(): boolean {
		return this.#shared === null && this.#own.size === 0
	}

	/** A viewer that has everything before `have` wants the rest; one that has nothing wants a snapshot first. */
	watch(viewer: ViewerId, have: number | null): void {
		const isKept = have !== null && this.#canResume(have)
		const position = isKept ? have : 0
		const channel: Channel = {
			viewer,
			position,
			acked: position,
			// A resize at the very sequence may not have been seen: it is sent again, which changes nothing.
			resize: this.#source.resizes.findLast(({ sequence }) => sequence < position),
		}
		this.#own.set(viewer, channel)
		if (!isKept) {
			this.#sendSnapshot(channel)
			// Beside the snapshot a whole window is on its way, so that live output need not wait for a round trip.
			channel.acked = channel.position
		}
		this.pump()
	}

	unwatch(viewer: ViewerId): void {
		if (viewer === EVERYONE) this.clear()
		else this.#own.delete(viewer)
	}

	clear(): void {
		this.#shared = null
		this.#own.clear()
	}

	/** A viewer without a channel of its own speaks for the shared one: whoever is furthest sets its pace. */
	acked(viewer: ViewerId, sequence: number): void {
		const channel = this.#own.get(viewer) ?? this.#shared
		if (channel === null) return
		channel.acked = Math.max(channel.acked, Math.min(sequence, this.#source.head))
		this.pump()
	}

	/** Sends what there is and credit allows. `isParsed`: the terminal has caught up with the head. */
	pump(isParsed = true): void {
		if (this.#shared !== null) this.#advance(this.#shared, isParsed)
		for (const channel of this.#own.values()) {
			this.#advance(channel, isParsed)
			if (channel.position >= (this.#shared?.position ?? this.#source.head)) this.#join(channel)
		}
	}

	/** Several resizes at one sequence cannot be sent again: of the way there, only the last size would be seen. */
	#canResume(have: number): boolean {
		const { oldest, head, resizes } = this.#source
		return have >= oldest && have <= head && resizes.filter(({ sequence }) => sequence === have).length <= 1
	}

	#advance(channel: Channel, isParsed: boolean): void {
		while (this.#out.isWritable()) {
			const { head } = this.#source
			const resize = this.#nextResize(channel)
			if (resize !== undefined && resize.sequence <= channel.position) {
				channel.resize = resize
				const { session } = this.#source
				this.#out.frame({ kind: KIND.RESIZE, session, viewer: channel.viewer, ...resize })
				continue
			}
			const credit = CREDIT_WINDOW - (channel.position - channel.acked)
			if (channel.position >= head || credit <= 0) return
			const isLost = channel.position < this.#source.oldest
			if (isLost || this.#shouldSkip(head - channel.position)) {
				if (isParsed && this.#isRested()) {
					this.#sendSnapshot(channel)
					continue
				}
				// What a full disk did not keep can only come as a snapshot: if nothing else brings one, time does.
				if (isLost) return this.#pumpLater()
			}
			const until = Math.min(head, resize?.sequence ?? head)
			const limit = Math.min(until - channel.position, OUTPUT_FRAME_BYTES, credit)
			this.#sendBytes(channel, this.#source.read(channel.position, limit))
		}
	}

	#sendBytes(channel: Channel, bytes: Uint8Array): void {
		const { viewer, position: sequence } = channel
		channel.position += bytes.length
		this.#out.frame({ kind: KIND.OUTPUT, session: this.#source.session, viewer, sequence, bytes })
	}

	#sendSnapshot(channel: Channel): void {
		const before = this.#now()
		const snapshot = this.#source.snapshot()
		this.#snapshotCost = { at: this.#now(), ms: this.#now() - before, bytes: snapshot.bytes.length }
		channel.position = snapshot.sequence
		channel.resize = this.#source.resizes.at(-1)
		this.#out.frame({ kind: KIND.SNAPSHOT, session: this.#source.session, viewer: channel.viewer, ...snapshot })
	}

	#shouldSkip(lag: number): boolean {
		return lag > SKIP_AFTER && lag > this.#snapshotCost.bytes
	}

	/** Whether snapshots have left the program most of the time. */
	#isRested(): boolean {
		return this.#now() - this.#snapshotCost.at >= 4 * this.#snapshotCost.ms
	}

	#pumpLater(): void {
		if (this.#isPumpDue) return
		this.#isPumpDue = true
		this.#out.later(() => {
			this.#isPumpDue = false
			this.pump()
		}, 4 * this.#snapshotCost.ms)
	}

	#nextResize({ resize }: Channel): Resize | undefined {
		const { resizes } = this.#source
		return resizes[resize === undefined ? 0 : resizes.indexOf(resize) + 1]
	}

	/** From here on the viewer gets what everyone gets; the two may overlap, which viewers cut off. */
	#join(channel: Channel): void {
		this.#own.delete(channel.viewer)
		if (this.#shared === null) this.#shared = { ...channel, viewer: EVERYONE }
		else this.#shared.acked = Math.max(this.#shared.acked, channel.acked)
		this.#out.joined(channel.viewer, channel.position)
	}
}
