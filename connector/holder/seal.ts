// A session's seal: what it keeps of its output on disk is encrypted with a key of its own, so that any part reads alone.
import { createCipheriv, createHmac, randomBytes } from "node:crypto"
import * as fs from "node:fs"
import { dirname } from "node:path"
import { Refusal } from "../../protocol/errors.ts"

/** Seals bytes that follow each other, or opens them: the two are the same. */
export type Stream = (bytes: Uint8Array) => Uint8Array

/** How a log lies on disk. */
export interface Sealing {
	/** Output from this sequence on. */
	output(sequence: number): Stream
	/** The terminal as of this sequence. */
	base(sequence: number): Stream
}

/** As connectors wrote logs before they sealed them. */
export const UNSEALED: Sealing = { output: () => (bytes) => bytes, base: () => (bytes) => bytes }

/** AES-256 in counter mode: a key seals nothing twice at one place, since a session's output is only ever added to. */
const CIPHER = "aes-256-ctr"
const KEY_BYTES = 32
const BLOCK_BYTES = 16
/** What a stream is of: the first byte of its counter, so that no two streams meet. */
const OF = { output: 0, base: 1, fingerprints: 2, spec: 3, requests: 4 } as const

export class Seal implements Sealing {
	readonly #key: Buffer

	private constructor(key: Buffer) {
		this.#key = key
	}

	/** By the session's key, which is made where there is none yet. */
	static make(keyPath: string): Seal {
		if (fs.existsSync(keyPath)) return Seal.open(keyPath)
		const key = randomBytes(KEY_BYTES)
		fs.mkdirSync(dirname(keyPath), { recursive: true, mode: 0o700 })
		fs.writeFileSync(keyPath, key, { mode: 0o600 })
		return new Seal(key)
	}

	/** Throws Refusal("output_lost") where the key is gone. */
	static open(keyPath: string): Seal {
		const key = fs.existsSync(keyPath) ? fs.readFileSync(keyPath) : null
		if (key?.length !== KEY_BYTES) throw new Refusal("output_lost")
		return new Seal(key)
	}

	output(sequence: number): Stream {
		return this.#stream(OF.output, 0, sequence)
	}

	base(sequence: number): Stream {
		return this.#stream(OF.base, sequence, 0)
	}

	/** The values of some runs of the session, in the file of this number. */
	fingerprints(file = 0): Stream {
		return this.#stream(OF.fingerprints, file, 0)
	}

	/** What the session was started from. */
	spec(): Stream {
		return this.#stream(OF.spec, 0, 0)
	}

	/** What waits for a person, written anew each time: `nonce` is another one each time, below 2 ** 48. */
	requests(nonce: number): Stream {
		return this.#stream(OF.requests, nonce, 0)
	}

	/** The word by which the session's agent is known when it speaks of itself. */
	get word(): string {
		return createHmac("sha256", this.#key).update("word").digest("hex").slice(0, 24)
	}

	/** What fingerprints are made under. */
	get fingerprintKey(): Buffer {
		return createHmac("sha256", this.#key).update("fingerprints").digest()
	}

	/** `start`: which of several of its kind. `position`: where in it the first byte stands. */
	#stream(of: number, start: number, position: number): Stream {
		const counter = Buffer.alloc(BLOCK_BYTES)
		counter.writeBigUInt64BE(BigInt(start), 0)
		counter.writeUInt8(of, 0)
		counter.writeBigUInt64BE(BigInt(Math.floor(position / BLOCK_BYTES)), 8)
		const cipher = createCipheriv(CIPHER, this.#key, counter)
		cipher.update(Buffer.alloc(position % BLOCK_BYTES))
		return (bytes) => cipher.update(bytes)
	}
}
