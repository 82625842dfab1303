// Files of a session on their way in and out, a part at a time.
import type { Answered, Asked } from "../../protocol/ask.ts"
import { FILE_CHUNK_BYTES } from "../../protocol/limits.ts"
import type { Place } from "../place.ts"

export async function readFile(place: Place, { path, from }: Asked<"readFile">): Promise<Answered<"readFile">> {
	const { bytes, size } = await place.read(path, from, FILE_CHUNK_BYTES)
	return { base64: bytes.toString("base64"), size }
}

/** Until the last part is there it has a name of its own, beside the file. */
export async function writeFile(
	place: Place,
	{ path, at, base64, isLast }: Asked<"writeFile">,
): Promise<Answered<"writeFile">> {
	const bytes = Buffer.from(base64, "base64")
	await place.write(`${path}${PART}`, at, bytes, isLast ? path : undefined)
	return {}
}

const PART = ".homeport-part"
