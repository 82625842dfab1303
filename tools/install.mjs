// Installs the packages that package-lock.json names, when they are not installed yet. Plain JS for any Node from 20.
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { run } from "./run.mjs"

export const ROOT = fileURLToPath(new URL("..", import.meta.url))
/** The Node that everything else runs on; it comes with the packages. */
export const NODE = join(ROOT, "node_modules/.bin/node")

const LOCK = join(ROOT, "package-lock.json")
/** Which package-lock.json was installed. */
const STAMP = join(ROOT, "node_modules/.cache/homeport/installed")

export async function install() {
	if (process.platform === "win32") {
		process.stderr.write("Homeport does not run on Windows itself yet. In WSL it does: clone it there.\n")
		process.exit(1)
	}
	const wanted = createHash("sha256").update(readFileSync(LOCK)).digest("hex")
	if (isInstalled(wanted)) return linkCommand()
	process.stderr.write("Installing packages; this takes a minute, once.\n")
	// Not `npm ci`: it refuses a lock file without the packages of other platforms, which not every registry has.
	const flags = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"]
	const npm = await run("npm", ["install", ...flags], { cwd: ROOT, stdout: "stderr" })
	if (npm !== 0) {
		process.stderr.write("The packages could not be installed; npm says why above.\n")
		process.exit(npm)
	}
	mkdirSync(dirname(STAMP), { recursive: true })
	writeFileSync(STAMP, wanted)
	linkCommand()
}

/** npm links the commands of packages, but not a clone's own: with this one `npx homeport` finds it at once. */
function linkCommand() {
	const link = join(ROOT, "node_modules/.bin/homeport")
	if (!existsSync(link)) symlinkSync("../../tools/homeport.mjs", link)
}

/** By our own stamp, or, where somebody installed by hand, by npm's record being newer than the lock file. */
function isInstalled(wanted) {
	if (!existsSync(NODE)) return false
	if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return true
	const record = statSync(join(ROOT, "node_modules/.package-lock.json"), { throwIfNoEntry: false })
	// npm writes the two one after the other, in no order that it promises.
	return record !== undefined && record.mtimeMs + 10_000 >= statSync(LOCK).mtimeMs
}
