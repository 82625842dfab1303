// This program's own file, to start it again as another process: the bundle, or the source in a clone.
import { existsSync } from "node:fs"
import { join } from "node:path"

const source = join(import.meta.dirname, "main.ts")

export const SELF = existsSync(source) ? source : join(import.meta.dirname, "homeport.js")
