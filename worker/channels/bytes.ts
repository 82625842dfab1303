// A file from elsewhere, whole, with a bound.
import { Refusal } from "../../protocol/errors.ts"

/** Throws Refusal("too_large"). */
export async function readBytes({ headers, body }: Response, most: number): Promise<Uint8Array> {
	const tooLarge = () => new Refusal("too_large", `A file has at most ${most / 1024 / 1024} MB.`)
	if (Number(headers.get("content-length") ?? 0) > most) throw tooLarge()
	const chunks: Uint8Array[] = []
	let size = 0
	for await (const chunk of body ?? []) {
		size += chunk.length
		if (size > most) throw tooLarge()
		chunks.push(chunk)
	}
	const bytes = new Uint8Array(size)
	let at = 0
	for (const chunk of chunks) {
		bytes.set(chunk, at)
		at += chunk.length
	}
	return bytes
}
