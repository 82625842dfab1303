// `npm run check`: types, format and lint, unused code. All three are told, even when the first fails.
import { spawnSync } from "node:child_process"
import { ROOT } from "./root.ts"

const CHECKS: [what: string, ...command: string[]][] = [
	["types", "tsc", "-b"],
	["format and lint", "biome", "ci", "--colors=off", "."],
	["unused code", "knip", "--no-progress"],
]

const failed = CHECKS.filter(([what, program = "", ...args]) => {
	const { status } = spawnSync(program, args, { cwd: ROOT, stdio: "inherit" })
	console.error(`${what}: ${status === 0 ? "well" : "FAILS"}`)
	return status !== 0
})
process.exitCode = failed.length === 0 ? 0 : 1
