// `npm test`: everything, from a fresh clone. Plain JS for any Node from 20, with nothing installed.
import { join } from "node:path"
import { install, NODE, ROOT } from "./install.mjs"
import { run } from "./run.mjs"

await install()
process.exit(await run(NODE, [join(ROOT, "tools/test.ts"), ...process.argv.slice(2)]))
