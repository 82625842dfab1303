// Files of a session on their way in and out, a part at a time.
import type { Answered, Asked } from "../../protocol/ask.ts"
import { Refusal } from "../../protocol/errors.ts"
import { FILE_CHUNK_BYTES } from "../../protocol/limits.ts"
import type { Place } from "../place.ts"

export async function readFile(place: Place, { path, from }: Asked<"readFile">): Promise<Answered<"readFile">> {
	const { bytes, size } = await place.read(path, from, FILE_CHUNK_BYTES)
	return { base64: bytes.toString("base64"), size }
}

/** Until the last part is there it has a name of its own, beside the file. */
export async function writeFile(
	place: Place,
	{ path, at, base64, isLast, makesFolder }: Asked<"writeFile">,
): Promise<Answered<"writeFile">> {
	if (makesFolder) await makeFolder(place, path)
	const bytes = Buffer.from(base64, "base64")
	await place.write(`${path}${PART}`, at, bytes, isLast ? path : undefined)
	return {}
}

const PART = ".homeport-part"

/** Beside what a person works on: git is told to look past it. */
async function makeFolder(place: Place, path: string): Promise<void> {
	const { ended, errors } = await place.exec({
		argv: ["/bin/sh", "-c", MAKE, "sh", path],
		timeoutMs: FOLDER_MS,
		limit: 64,
	})
	if (ended.code !== 0)
		throw new Refusal("invalid_request", `The folder of ${path} cannot be made: ${errors.trim().split("\n").at(-1)}.`)
}

/** $1: a path whose folder is made. */
const MAKE = `case "$1" in */*) ;; *) exit 0;; esac
folder=\${1%/*}
[ -d "$folder" ] || { mkdir -p -- "$folder" && echo "*" > "$folder/.gitignore"; }`
const FOLDER_MS = 15_000
