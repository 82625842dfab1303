// The image that a session with a loadout has been started from, in a file of its folder: the loadout may change meanwhile.
import { join } from "node:path"
import * as z from "zod"
import { readPrivate, writePrivate } from "../private-file.ts"

/** Null for a session that has none, or has not been started. */
export async function recordedImage(folder: string): Promise<string | null> {
	return (await readPrivate(join(folder, FILE), Recorded))?.image ?? null
}

export async function recordImage(folder: string, image: string): Promise<void> {
	await writePrivate(join(folder, FILE), { image })
}

const Recorded = z.object({ image: z.string() })
const FILE = "image.json"
