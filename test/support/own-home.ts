// Before any test: an empty home folder. A person's own profile costs each shell a second, and a shell that is killed may leave that profile's locks behind for the next.
import { mkdtempSync, rmSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"

/** Answers with what removes the folder. */
export default function moveHome(): () => void {
	const folder = mkdtempSync(join(tmpdir(), "homeport-home-"))
	// What is downloaded once stays where it is.
	process.env.XDG_CACHE_HOME ??= join(homedir(), ".cache")
	process.env.HOME = folder
	return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
