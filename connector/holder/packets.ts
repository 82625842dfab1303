// Packets on the socket between link process and holder: each a JSON message or a frame of protocol/frames.ts.
import { Refusal } from "../../protocol/errors.ts"
import { FRAME_BYTES } from "../../protocol/limits.ts"
import type { FromHolder, ToHolder } from "./wire.ts"

/**
 * Raised when an older one would misunderstand; old sessions keep their old holder. Since 2 it knows `change`, since 3
 * `attend`, `look` and `press`.
 */
export const HOLDER_VERSION = 3

/*
 *   bytes 0-3   length of what follows, unsigned, big-endian
 *   byte 4      0: a JSON message, 1: a frame of protocol/frames.ts
 *   then        the message in UTF-8, or the frame
 */
const JSON_PACKET = 0
const FRAME_PACKET = 1

export function packMessage(message: ToHolder | FromHolder): Buffer {
	return pack(JSON_PACKET, Buffer.from(JSON.stringify(message)))
}

export function packFrame(frame: Uint8Array): Buffer {
	return pack(FRAME_PACKET, frame)
}

function pack(kind: number, payload: Uint8Array): Buffer {
	const packet = Buffer.allocUnsafe(5 + payload.length)
	packet.writeUInt32BE(1 + payload.length, 0)
	packet[4] = kind
	packet.set(payload, 5)
	return packet
}

/** Cuts a byte stream into packets. Throws Refusal("too_large") for a packet that no honest peer sends. */
export class Unpacker {
	readonly #onMessage: (text: string) => void
	readonly #onFrame: (frame: Uint8Array) => void
	/** Received and not yet a whole packet. */
	#parts: Buffer[] = []
	#length = 0

	constructor(onMessage: (text: string) => void, onFrame: (frame: Uint8Array) => void) {
		this.#onMessage = onMessage
		this.#onFrame = onFrame
	}

	push(chunk: Buffer): void {
		this.#parts.push(chunk)
		this.#length += chunk.length
		while (this.#length >= 5) {
			const head = this.#take(4, false)
			const length = head.readUInt32BE(0)
			if (length < 1 || length > FRAME_BYTES + 1) throw new Refusal("too_large", "A packet is out of bounds.")
			if (this.#length < 4 + length) return
			const packet = this.#take(4 + length, true)
			if (packet[4] === JSON_PACKET) this.#onMessage(packet.toString("utf8", 5))
			else if (packet[4] === FRAME_PACKET) this.#onFrame(packet.subarray(5))
			else throw new Refusal("malformed", "There is no packet of this kind.")
		}
	}

	/** The first `count` bytes, removed or not. Joins parts only when they are split across chunks. */
	#take(count: number, remove: boolean): Buffer {
		let first = this.#parts[0]
		if (first === undefined || first.length < count) {
			first = Buffer.concat(this.#parts)
			this.#parts = [first]
		}
		const taken = first.subarray(0, count)
		if (remove) {
			this.#length -= count
			if (first.length === count) this.#parts.shift()
			else this.#parts[0] = first.subarray(count)
		}
		return taken
	}
}
