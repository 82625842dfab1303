// This program's own file, to start it again as another process: the bundle, or the source in a clone.
import { existsSync } from "node:fs"
import { join } from "node:path"

const source = join(import.meta.dirname, "main.ts")

/** Whether this runs from a clone, and not from what was installed. */
export const isSource = existsSync(source)

export const SELF = isSource ? source : import.meta.filename
