// A folder for something that is put in its place when it is whole: nothing finds it until then.
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises"
import { join } from "node:path"

/** Whoever has left one for so long was killed in the middle. */
const STALE_MS = 24 * 60 * 60_000

/** In `folder`, which is made where it is missing. What was left there long ago is removed. */
export async function makeDraft(folder: string): Promise<string> {
	await mkdir(folder, { recursive: true, mode: 0o700 })
	for (const name of await readdir(folder)) {
		if (!name.startsWith(PREFIX)) continue
		const made = await stat(join(folder, name)).catch(() => undefined)
		if (made !== undefined && made.mtimeMs < Date.now() - STALE_MS)
			await rm(join(folder, name), { recursive: true, force: true })
	}
	return mkdtemp(join(folder, PREFIX))
}

const PREFIX = ".draft-"
