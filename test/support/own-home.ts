// Before any test: an empty home folder. A person's own profile costs each shell a second, and a shell that is killed may leave that profile's locks behind for the next.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import envPaths from "env-paths"

/** Answers with what removes the folder. It lies in the person's cache, since sandboxes have a temporary directory of their own. */
export default function moveHome(): () => void {
	const { cache } = envPaths("homeport-tests", { suffix: "" })
	mkdirSync(cache, { recursive: true })
	const folder = mkdtempSync(join(cache, "home-"))
	// What is downloaded once stays where it is.
	process.env.XDG_CACHE_HOME = join(cache, "..")
	process.env.HOME = folder
	return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
