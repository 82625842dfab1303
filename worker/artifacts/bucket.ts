// Files in R2. The bucket's own rule removes what is too old; until it has, that is not there any more for whoever asks.
import { Refusal } from "../../protocol/errors.ts"
import { FILES_KEPT_MS } from "../../protocol/limits.ts"
import type { FileStore } from "../artifacts.ts"
import { counted, mustBe } from "./counted.ts"

export class BucketStore implements FileStore {
	readonly #bucket: R2Bucket

	constructor(bucket: R2Bucket) {
		this.#bucket = bucket
	}

	async put(key: string, { body, size, hash }: Parameters<FileStore["put"]>[1]): Promise<string> {
		const passing = counted({ body, size })
		// R2 takes only a stream whose length it knows, and keeps nothing of one that ends early.
		const known = new FixedLengthStream(size)
		const piped = passing.body.pipeTo(known.writable)
		const kept = this.#bucket.put(key, known.readable, hash === undefined ? {} : { sha256: hash })
		const [sent, stored] = await Promise.allSettled([piped, kept])
		if (sent.status === "rejected" && sent.reason instanceof Refusal) throw sent.reason
		if (sent.status === "fulfilled") mustBe(await passing.hash, hash)
		if (stored.status === "rejected") throw stored.reason
		return passing.hash
	}

	async get(key: string): ReturnType<FileStore["get"]> {
		const object = await this.#bucket.get(key)
		if (object === null) return undefined
		if (isOld(object)) {
			await object.body.cancel()
			return undefined
		}
		return { body: object.body, size: object.size }
	}

	async has(key: string): Promise<boolean> {
		const object = await this.#bucket.head(key)
		return object !== null && !isOld(object)
	}

	async remove(key: string): Promise<void> {
		await this.#bucket.delete(key)
	}
}

function isOld({ uploaded }: R2Object): boolean {
	return uploaded.getTime() < Date.now() - FILES_KEPT_MS
}
