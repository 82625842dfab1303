// The key ring that seals secrets: AES-256-GCM under keys that are not in the registry.
import * as z from "zod"
import type { Env } from "../durable-objects/env.ts"
import { Refusal } from "../protocol/errors.ts"

export interface Sealed {
	/** 12 bytes of nonce, then the ciphertext with its tag, in base64. */
	text: string
	/** The key's number in the ring. */
	version: number
}

/** The place of a sealed text: sealed for one place, it cannot be opened in another. */
export interface Place {
	workspaceId: string
	name: string
}

export class KeyRing {
	readonly #keys: Map<number, Uint8Array>
	/** The number of the newest key, which seals. */
	readonly newest: number

	/** Throws Refusal("secrets_off") where the environment has no keys. */
	constructor(env: Env) {
		this.#keys = new Map(ringsOf(env).flatMap((ring) => Object.entries(ring).map(([n, key]) => [Number(n), key])))
		if (this.#keys.size === 0) throw new Refusal("secrets_off")
		this.newest = Math.max(...this.#keys.keys())
	}

	async seal(place: Place, value: string): Promise<Sealed> {
		const version = this.newest
		const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
		const algorithm = { name: "AES-GCM", iv, additionalData: bound(place, version) }
		const sealed = await crypto.subtle.encrypt(algorithm, await this.#key(version, place), encoder.encode(value))
		return { text: new Uint8Array([...iv, ...new Uint8Array(sealed)]).toBase64(), version }
	}

	/** Throws Refusal("secret_unreadable") where the ring has lost the key, or the text was changed or moved here. */
	async open(place: Place, { text, version }: Sealed): Promise<string> {
		const key = await this.#key(version, place)
		try {
			const bytes = Uint8Array.fromBase64(text)
			const iv = bytes.subarray(0, NONCE_BYTES)
			const algorithm = { name: "AES-GCM", iv, additionalData: bound(place, version) }
			return decoder.decode(await crypto.subtle.decrypt(algorithm, key, bytes.subarray(NONCE_BYTES)))
		} catch {
			// The platform says no more than that it failed.
			throw new Refusal("secret_unreadable", `${place.name} is not as it was sealed here.`)
		}
	}

	#key(version: number, { name }: Place): Promise<CryptoKey> {
		const bytes = this.#keys.get(version)
		if (bytes === undefined)
			throw new Refusal("secret_unreadable", `${name} needs key ${version}, which is not in the ring.`)
		return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"])
	}
}

const NONCE_BYTES = 12
const KEY_BYTES = 32
const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const Ring = z.record(
	z.string().regex(/^[1-9]\d{0,8}$/),
	z
		.base64()
		.transform((text) => Uint8Array.fromBase64(text))
		.refine((bytes) => bytes.length === KEY_BYTES),
)

/** Where keys can be added but not read back, each addition is a variable of its own. */
function ringsOf(env: Env): z.infer<typeof Ring>[] {
	const texts = Object.entries(env).filter(([name]) => /^SECRET_KEYS(_\d+)?$/.test(name))
	try {
		return texts.map(([, text]) => Ring.parse(JSON.parse(text)))
	} catch {
		throw new Refusal("secrets_off", "Its SECRET_KEYS are not a JSON object of 32 bytes in base64, by number.")
	}
}

function bound({ workspaceId, name }: Place, version: number): Uint8Array {
	return encoder.encode(JSON.stringify([workspaceId, name, version]))
}
