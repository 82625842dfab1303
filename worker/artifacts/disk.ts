// Files on the disk of a home of one's own: in parts, since what the Workers runtime keeps there has a bound, under a head that
// is written last. The runtime removes all of it when its time is over.
import * as z from "zod"
import { FILES_KEPT_MS } from "../../protocol/limits.ts"
import type { FileStore } from "../artifacts.ts"
import { counted, mustBe } from "./counted.ts"

/** What stands under a file's key. */
const Head = z.object({ size: z.number(), parts: z.string(), count: z.number() })
type Head = z.infer<typeof Head>

export class DiskStore implements FileStore {
	readonly #disk: KVNamespace

	constructor(disk: KVNamespace) {
		this.#disk = disk
	}

	async put(key: string, { body, size, hash }: Parameters<FileStore["put"]>[1]): Promise<string> {
		const passing = counted({ body, size })
		const parts = `parts/${crypto.randomUUID()}`
		let count = 0
		try {
			for await (const part of inParts(passing.body)) {
				// A part is there for as long as a head may name it.
				await this.#disk.put(`${parts}/${count}`, part, { expirationTtl: (FILES_KEPT_MS + PART_LASTS_MS) / 1_000 })
				count++
			}
			const is = await passing.hash
			mustBe(is, hash)
			const before = await this.#head(key)
			const head: Head = { size, parts, count }
			await this.#disk.put(key, JSON.stringify(head), { expirationTtl: FILES_KEPT_MS / 1_000 })
			if (before !== undefined) await this.#remove(before)
			return is
		} catch (error) {
			await this.#remove({ parts, count: count + 1 })
			throw error
		}
	}

	async get(key: string): ReturnType<FileStore["get"]> {
		const head = await this.#head(key)
		if (head === undefined) return undefined
		let next = 0
		const disk = this.#disk
		const body = new ReadableStream<Uint8Array>({
			async pull(out) {
				if (next === head.count) return out.close()
				const part = await disk.get(`${head.parts}/${next++}`, "arrayBuffer")
				if (part === null) return out.error(new Error("a part of it was removed meanwhile"))
				out.enqueue(new Uint8Array(part))
			},
		})
		return { body: body.pipeThrough(new FixedLengthStream(head.size)), size: head.size }
	}

	async has(key: string): Promise<boolean> {
		return (await this.#head(key)) !== undefined
	}

	async remove(key: string): Promise<void> {
		const head = await this.#head(key)
		await this.#disk.delete(key)
		if (head !== undefined) await this.#remove(head)
	}

	async #head(key: string): Promise<Head | undefined> {
		const text = await this.#disk.get(key)
		return text === null ? undefined : Head.parse(JSON.parse(text))
	}

	async #remove({ parts, count }: Pick<Head, "parts" | "count">): Promise<void> {
		for (let part = 0; part < count; part++) await this.#disk.delete(`${parts}/${part}`)
	}
}

/** Below the 25 MiB of one value, and little enough to hold. */
const PART_BYTES = 4 * 1024 * 1024
const PART_LASTS_MS = 60 * 60_000

async function* inParts(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
	let part = new Uint8Array(PART_BYTES)
	let filled = 0
	for await (const piece of body) {
		for (let at = 0; at < piece.length; ) {
			const taken = piece.subarray(at, at + PART_BYTES - filled)
			part.set(taken, filled)
			filled += taken.length
			at += taken.length
			if (filled < PART_BYTES) continue
			yield part
			part = new Uint8Array(PART_BYTES)
			filled = 0
		}
	}
	if (filled > 0) yield part.subarray(0, filled)
}
