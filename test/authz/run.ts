// `npm run authz [-- --json]`: every route and socket by every caller, and where the server does what it must not.
import { parseArgs } from "node:util"
import { build } from "../../tools/build.ts"
import { EVERY_WAY, Home } from "./home.ts"
import { walk } from "./matrix.ts"

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } })

await build(["worker"], (line) => console.error(line))
const home = await Home.start({ settings: EVERY_WAY })
const { routes, cells, uncovered, wrong } = await walk(home)
await home.stop()
if (values.json)
	console.log(
		JSON.stringify({ routes, cells, uncovered: uncovered.length, wrong: wrong.length, list: { uncovered, wrong } }),
	)
else {
	for (const name of uncovered) console.log(`${name}: has no entry`)
	for (const { route, caller, must, does } of wrong) console.log(`${route} by ${caller}: must be ${must}, is ${does}`)
	console.log(`${routes} routes, ${cells} cells, ${uncovered.length} uncovered, ${wrong.length} wrong`)
}
process.exitCode = uncovered.length === 0 && wrong.length === 0 ? 0 : 1
