// Reading bodies, with a bound.
import { Refusal } from "../protocol/errors.ts"

/** Nothing that the API takes is near this. */
export const BODY_BYTES = 1024 * 1024

/** The body as JSON; an empty object where there is none. Throws Refusal("too_large") or Refusal("invalid_request"). */
export async function readJson(request: Request): Promise<unknown> {
	const bytes = await readBounded(request)
	if (bytes.length === 0) return {}
	// A form of another site cannot claim this type without being asked for permission first.
	if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? ""))
		throw new Refusal("invalid_request", "The body must be application/json.")
	try {
		return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes))
	} catch {
		throw new Refusal("invalid_request", "The body is not JSON.")
	}
}

/** Counts what arrives, since a length may be claimed wrongly or not at all. Throws Refusal("too_large"). */
export async function readBounded({ headers, body }: Request | Response): Promise<Uint8Array> {
	if (Number(headers.get("content-length") ?? 0) > BODY_BYTES) throw tooLarge()
	const chunks: Uint8Array[] = []
	let size = 0
	for await (const chunk of body ?? []) {
		size += chunk.length
		if (size > BODY_BYTES) throw tooLarge()
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

function tooLarge(): Refusal {
	return new Refusal("too_large", `A body has at most ${BODY_BYTES} bytes.`)
}
