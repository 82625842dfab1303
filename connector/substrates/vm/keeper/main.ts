// A VM's keeper: `vm-keeper DATA-FOLDER NAME`. A small process that stays while its VM runs or something is done to it, whoever
// started it. QEMU outlives it, and the next keeper takes it over.
import { maskTokens } from "../../../../protocol/token-shapes.ts"
import { onlyOne } from "../../../only-link.ts"
import { vmPaths } from "../record.ts"
import { openDoor } from "./door.ts"
import { Keeper } from "./keeper.ts"

const [dataDir, name] = process.argv.slice(2)
if (dataDir === undefined || name === undefined) {
	process.stderr.write("usage: vm-keeper DATA-FOLDER NAME\n")
	process.exit(2)
}

const LOOK_EVERY_MS = 5_000
/** Whoever has just asked may ask again. */
const LINGER_MS = 5_000

for (const signal of ["SIGHUP", "SIGINT"] as const) process.on(signal, () => {})
process.on("uncaughtException", (error) => {
	process.stderr.write(`${new Date().toISOString()} ${maskTokens(error.stack ?? error.message)}\n`)
	process.exit(1)
})

const paths = vmPaths(dataDir, name)
const taken = new AbortController()
const place = await onlyOne(paths.folder, "keeping", () => taken.abort(), taken.signal)
// Another one keeps it already.
if (taken.signal.aborted) process.exit()

const keeper = await Keeper.open(dataDir, name)
if (keeper === undefined) process.exit(1)
const door = openDoor(paths.keeperSocket, keeper)
let restedAt = Date.now()
setInterval(() => {
	if (!keeper.isResting || !door.isQuiet) restedAt = Date.now()
	if (Date.now() - restedAt >= LINGER_MS) {
		door.close()
		place.leave()
		process.exit()
	}
}, 1_000)
setInterval(() => void keeper.look(), LOOK_EVERY_MS)
