// One home at a time over a data folder: a lock that the system takes back when its holder dies, however it dies.
import { join } from "node:path"
import type { DataFolder } from "../data-folder.ts"
import { Failure } from "../exit.ts"
import { privately } from "../private-file.ts"
import { readRunning } from "./running.ts"

/** Holds the lock until `release` or the end of this process. Throws Failure where another process has it. */
export async function lockHome(folder: DataFolder): Promise<{ release(): void }> {
	// Imported here, since the connector alone also runs on a Node without it.
	const { DatabaseSync } = await import("node:sqlite")
	// SQLite locks with what each system does best; nothing is ever stored.
	const database = privately(() => new DatabaseSync(join(folder.home, "lock.sqlite")))
	try {
		privately(() => database.exec("BEGIN EXCLUSIVE"))
	} catch {
		database.close()
		const running = await readRunning(folder)
		const who = running === undefined ? "Another process" : `Process ${running.pid}, at ${running.url},`
		throw new Failure(
			"busy",
			`${who} already runs a home over ${folder.path}. Stop it first, or give this one a folder of its own with --data-dir.`,
		)
	}
	return { release: () => database.close() }
}
