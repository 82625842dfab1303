// One session's output to every viewer that follows it, each at its own pace. Decides by credit; keeps no bytes.
import { type AckFrame, encodeFrame, KIND, type ScreenFrame } from "../protocol/frames.ts"
import { EVERYONE, type SessionId, type ViewerId } from "../protocol/ids.ts"
import { ACK_EVERY, BEHIND_AFTER } from "../protocol/limits.ts"
import type { Followed, Peer } from "./peer.ts"

/** One viewer of the session. `sent` and `acked` are null after a wake, until the next frame tells. */
export interface Follower {
	peer: Peer
	viewer: ViewerId
	followed: Followed
	/** Sequence after the last byte that this viewer was sent. */
	sent: number | null
	/** Sequence before which its terminal has parsed all. */
	acked: number | null
}

interface Out {
	toConnector: (data: string | Uint8Array) => void
	/** Opens the viewer's own channel from `have`. */
	watch: (follower: Follower, have: number) => void
	/** The viewer must say where it stands. */
	again: (follower: Follower) => void
}

export class FanOut {
	readonly followers = new Map<ViewerId, Follower>()
	readonly #session: SessionId
	readonly #out: Out
	/** The furthest acknowledgement of the shared channel that the connector was told. */
	#told = 0

	constructor(session: SessionId, out: Out) {
		this.#session = session
		this.#out = out
	}

	/** A frame for everyone: to all that are in step. */
	toEveryone(frame: ScreenFrame, data: Uint8Array): void {
		const end = sequenceAfter(frame)
		for (const follower of this.followers.values()) {
			if (follower.followed.step !== "live") continue
			follower.acked ??= frame.sequence
			follower.sent ??= frame.sequence
			if (follower.sent - follower.acked > BEHIND_AFTER) {
				this.#step(follower, "behind")
				continue
			}
			follower.peer.send(data)
			follower.sent = end
		}
	}

	/** A frame of a viewer's own channel. */
	toOne(viewer: ViewerId, frame: ScreenFrame, data: Uint8Array): void {
		const follower = this.followers.get(viewer)
		if (follower === undefined) return
		follower.peer.send(data)
		follower.sent = sequenceAfter(frame)
	}

	/** The viewer's own channel has reached the shared one. */
	joined(viewer: ViewerId, sequence: number): Follower | undefined {
		const follower = this.followers.get(viewer)
		if (follower === undefined || follower.followed.step !== "joining") return undefined
		this.#step(follower, "live")
		follower.sent = Math.max(follower.sent ?? 0, sequence)
		// What its own channel left outstanding is bounded by that channel's credit; the count begins anew.
		follower.acked = Math.max(follower.acked ?? 0, sequence)
		return follower
	}

	acked(follower: Follower, sequence: number): void {
		follower.acked = Math.max(follower.acked ?? 0, sequence)
		switch (follower.followed.step) {
			case "joining":
				return this.#acknowledge(follower.viewer, sequence)
			case "live":
				if (sequence <= this.#told) return
				this.#told = sequence
				return this.#acknowledge(EVERYONE, sequence)
			case "behind":
				if (follower.sent === null) return this.#out.again(follower)
				if (follower.acked + ACK_EVERY < follower.sent) return
				this.#step(follower, "joining")
				return this.#out.watch(follower, follower.sent)
			case "away":
				return
		}
	}

	/** The link is gone. */
	away(): void {
		this.#told = 0
		for (const follower of this.followers.values()) this.#step(follower, "away")
	}

	#acknowledge(viewer: ViewerId, sequence: number): void {
		const ack: AckFrame = { kind: KIND.ACK, session: this.#session, viewer, sequence }
		this.#out.toConnector(encodeFrame(ack))
	}

	#step(follower: Follower, step: Followed["step"]): void {
		follower.followed.step = step
		follower.peer.remember()
	}
}

function sequenceAfter(frame: ScreenFrame): number {
	return frame.kind === KIND.OUTPUT ? frame.sequence + frame.bytes.length : frame.sequence
}
