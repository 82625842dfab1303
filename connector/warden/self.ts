// How a warden is started: Node's flags and its own file, in a bundle or in a clone.
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const HERE = fileURLToPath(import.meta.url)
/** Beside the sources this is main.ts; in a bundle it is warden.js beside the bundle that holds this file. */
const ENTRY = join(dirname(HERE), HERE.endsWith(".ts") ? "main.ts" : "warden.js")

/** A warden waits most of its life: it gives up speed for memory, as a holder does. */
export const WARDEN = ["--max-semi-space-size=4", "--single-threaded", ENTRY]
