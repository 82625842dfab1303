#!/usr/bin/env node
// `npx homeport` in the clone: the built command, on the Node that comes with the packages.
import { existsSync } from "node:fs"
import { join } from "node:path"
import { install, NODE, ROOT } from "./install.mjs"
import { run } from "./run.mjs"

const bundle = join(ROOT, "dist/connector/homeport.js")
if (!existsSync(NODE)) await install()
if (!existsSync(bundle)) {
	const built = await run(NODE, [join(ROOT, "tools/build.ts"), "connector"])
	if (built !== 0) process.exit(built)
}
process.exit(await run(NODE, [bundle, ...process.argv.slice(2)]))
