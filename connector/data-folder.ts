// The data folder: everything that Homeport keeps on this computer, readable by its owner only.
import { accessSync, chmodSync, constants, mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import envPaths from "env-paths"
import { Failure } from "./exit.ts"

/** Where what lies in a data folder. */
export interface DataFolder {
	path: string
	/** Whether an option or the environment names it; else it is the user's own. */
	isNamed: boolean
	/** This machine's key, and where it calls home. */
	identity: string
	/** The token that the command signs in with. */
	credentials: string
	/** The control plane of this computer: its secrets, state and generated configuration. */
	home: string
	logs: string
}

export function dataFolder(option: string | undefined): DataFolder {
	if (option === "") throw new Failure("usage", "--data-dir needs a folder.")
	const named = option ?? (process.env.HOMEPORT_DATA_DIR || undefined)
	const path = resolve(named ?? envPaths("homeport", { suffix: "" }).data)
	return {
		path,
		isNamed: named !== undefined,
		identity: join(path, "machine.json"),
		credentials: join(path, "credentials.json"),
		home: join(path, "home"),
		logs: join(path, "logs"),
	}
}

/** Makes the folder where it is missing. Throws Failure where it cannot be used. */
export function openDataFolder(folder: DataFolder): void {
	try {
		mkdirSync(folder.path, { recursive: true, mode: 0o700 })
		chmodSync(folder.path, 0o700)
		accessSync(folder.path, constants.R_OK | constants.W_OK | constants.X_OK)
		for (const path of [folder.home, folder.logs]) mkdirSync(path, { recursive: true, mode: 0o700 })
	} catch (error) {
		const why = error instanceof Error && "code" in error ? ` (${error.code})` : ""
		throw new Failure(
			"file",
			`The data folder ${folder.path} cannot be written${why}. Choose another one with --data-dir.`,
		)
	}
}
