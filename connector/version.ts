// The version of this connector, read from the nearest package.json that is ours.
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as z from "zod"

const Manifest = z.object({ name: z.literal("homeport"), version: z.string() })

export const VERSION = findVersion(import.meta.dirname)

function findVersion(folder: string): string {
	const path = join(folder, "package.json")
	const manifest = existsSync(path) ? Manifest.safeParse(JSON.parse(readFileSync(path, "utf8"))) : undefined
	if (manifest?.success) return manifest.data.version
	const above = dirname(folder)
	if (above === folder) throw new Error("invariant: the connector lies beside or under its package.json")
	return findVersion(above)
}
