// `npm start`: from a fresh clone to a running home. Plain JS for any Node from 20, with nothing installed.
import { join } from "node:path"
import { install, NODE, ROOT } from "./install.mjs"
import { run } from "./run.mjs"

await install()
const built = await run(NODE, [join(ROOT, "tools/build.ts")])
if (built !== 0) process.exit(built)
process.exit(await run(NODE, [join(ROOT, "dist/connector/homeport.js"), "up", ...process.argv.slice(2)]))
