// Fingerprints of secret values: enough to find the values in a text, too little to read them from. Made under a key.
import { createHmac } from "node:crypto"

/** Shorter values are found nowhere: they would mask ordinary words, and by its asterisks a word would tell itself. */
const LEAST_BYTES = 8
/** Longer values are found by pieces, so that a part that is shown is found as well. */
const PIECE_BYTES = 64
const DIGEST_BYTES = 16
/** How one is written down: two hashes, the length, the digest. */
const RECORD_BYTES = 4 + 4 + 1 + DIGEST_BYTES

interface Fingerprint {
	/** Of its first LEAST_BYTES, which is quick to compare at every place of a text. */
	first: number
	/** Of its last ones, since many begin alike. */
	last: number
	length: number
	digest: Buffer
}

export class Fingerprints {
	readonly #key: Uint8Array
	readonly #byFirst = new Map<number, Fingerprint[]>()
	/** A bit for each upper half of a first hash that there is. */
	readonly #halves = new Uint8Array(1 << 13)

	/** Of the values as they are, and as JSON, an address or base64 spells them. */
	static of(values: readonly string[], key: Uint8Array): Fingerprints {
		const all = new Fingerprints(key)
		const pieces = values.flatMap(spellings).flatMap((spelling) => piecesOf(squeeze(spelling).bytes))
		const distinct = new Map(pieces.map((piece) => [Buffer.from(piece).toString("latin1"), piece]))
		for (const piece of distinct.values())
			all.#add({ first: hashAt(piece, 0), last: lastHash(piece), length: piece.length, digest: all.#digest(piece) })
		return all
	}

	/** What `bytes` has written down. */
	static read(bytes: Uint8Array, key: Uint8Array): Fingerprints {
		const all = new Fingerprints(key)
		const records = Buffer.from(bytes)
		for (let at = 0; at + RECORD_BYTES <= records.length; at += RECORD_BYTES)
			all.#add({
				first: records.readUInt32BE(at),
				last: records.readUInt32BE(at + 4),
				length: records.readUInt8(at + 8),
				digest: records.subarray(at + 9, at + RECORD_BYTES),
			})
		return all
	}

	private constructor(key: Uint8Array) {
		this.#key = key
	}

	/** Whether all of the others are among these. */
	has(others: Fingerprints): boolean {
		const known = new Set(recordsOf(this.bytes()))
		return recordsOf(others.bytes()).every((record) => known.has(record))
	}

	bytes(): Buffer {
		const records = [...this.#byFirst.values()].flat().map(({ first, last, length, digest }) => {
			const head = Buffer.alloc(RECORD_BYTES - DIGEST_BYTES)
			head.writeUInt32BE(first, 0)
			head.writeUInt32BE(last, 4)
			head.writeUInt8(length, 8)
			return Buffer.concat([head, digest])
		})
		return Buffer.concat(records)
	}

	/**
	 * Tells of every place of a value in a text, blanks and frames passed over. `isOpen`: the text goes on elsewhere, so
	 * what may be the beginning of one counts, too.
	 */
	find(text: Uint8Array, found: (from: number, to: number) => void, isOpen: boolean): void {
		if (this.#byFirst.size === 0) return
		const { bytes, at } = squeeze(text)
		let hash = 0
		for (let end = 0; end < bytes.length; end++) {
			hash = rolled(hash, bytes[end] ?? 0, bytes[end - LEAST_BYTES] ?? 0)
			const half = hash >>> 16
			if (((this.#halves[half >> 3] ?? 0) & (1 << (half & 7))) === 0) continue
			const from = end + 1 - LEAST_BYTES
			if (from < 0) continue
			for (const fingerprint of this.#byFirst.get(hash >>> 0) ?? []) {
				const like = bytes.subarray(from, from + fingerprint.length)
				if (like.length < fingerprint.length ? !isOpen : !this.#is(fingerprint, like)) continue
				// One by one, since what was passed over stays.
				for (const place of at.subarray(from, from + like.length)) found(place, place + 1)
			}
		}
	}

	#is({ last, digest }: Fingerprint, piece: Uint8Array): boolean {
		return lastHash(piece) === last && digest.equals(this.#digest(piece))
	}

	#add(fingerprint: Fingerprint): void {
		const { first } = fingerprint
		this.#byFirst.set(first, [...(this.#byFirst.get(first) ?? []), fingerprint])
		const half = first >>> 16
		this.#halves[half >> 3] = (this.#halves[half >> 3] ?? 0) | (1 << (half & 7))
	}

	#digest(piece: Uint8Array): Buffer {
		return createHmac("sha256", this.#key).update(piece).digest().subarray(0, DIGEST_BYTES)
	}
}

function recordsOf(bytes: Buffer): string[] {
	const count = bytes.length / RECORD_BYTES
	return Array.from({ length: count }, (_, i) => bytes.toString("latin1", i * RECORD_BYTES, (i + 1) * RECORD_BYTES))
}

/** The ways in which programs write a value. */
function spellings(value: string): Buffer[] {
	const text = value.toWellFormed()
	const bytes = Buffer.from(text)
	return [
		bytes,
		Buffer.from(JSON.stringify(text).slice(1, -1)),
		Buffer.from(encodeURIComponent(text)),
		// In base64 a value looks differently after one or two other bytes; what those have a part in is left out.
		...[0, 1, 2].map((before) => {
			const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64")
			return Buffer.from(encoded.slice([0, 2, 3][before], [undefined, -3, -2][(before + bytes.length) % 3]))
		}),
	]
}

function piecesOf(bytes: Uint8Array): Uint8Array[] {
	if (bytes.length < LEAST_BYTES) return []
	const pieces: Uint8Array[] = []
	for (let at = 0; at + PIECE_BYTES < bytes.length; at += PIECE_BYTES) pieces.push(bytes.subarray(at, at + PIECE_BYTES))
	pieces.push(bytes.subarray(Math.max(0, bytes.length - PIECE_BYTES)))
	return pieces
}

/**
 * The text without blanks, ends of lines and frames, as programs put them into what they wrap; and where each of its
 * bytes stands. Both alphabets of base64 become one.
 */
function squeeze(text: Uint8Array): { bytes: Uint8Array; at: Uint32Array } {
	const bytes = new Uint8Array(text.length)
	const at = new Uint32Array(text.length)
	let length = 0
	for (let i = 0; i < text.length; i++) {
		const byte = text[i] ?? 0
		if (byte <= 0x20 || byte === 0x7f) continue
		if (byte === 0xe2 && ((text[i + 1] ?? 0) | 1) === 0x95) {
			// U+2500 to U+257F.
			i += 2
			continue
		}
		bytes[length] = byte === 0x2d ? 0x2b : byte === 0x5f ? 0x2f : byte
		at[length++] = i
	}
	return { bytes: bytes.subarray(0, length), at: at.subarray(0, length) }
}

const BASE = 0x01000193
/** BASE to the power of LEAST_BYTES. */
const LEAVING = Array.from({ length: LEAST_BYTES }).reduce<number>((power) => Math.imul(power, BASE), 1)

/** The hash of the last LEAST_BYTES bytes, with one more and the oldest gone. */
function rolled(hash: number, coming: number, going: number): number {
	return (Math.imul(hash, BASE) + coming - Math.imul(going, LEAVING)) | 0
}

function hashAt(bytes: Uint8Array, from: number): number {
	return bytes.subarray(from, from + LEAST_BYTES).reduce((hash, byte) => rolled(hash, byte, 0), 0) >>> 0
}

function lastHash(bytes: Uint8Array): number {
	return hashAt(bytes, bytes.length - LEAST_BYTES)
}
