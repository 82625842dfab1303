// Containers that sessions have left: of wardens that were killed before their container ran, or whose engine was away.
import { existsSync } from "node:fs"
import { join } from "node:path"
import { SessionInfo } from "../../../protocol/session.ts"
import { readPrivate } from "../../private-file.ts"
import { LABEL_FOLDER, LABEL_HOME } from "./creation.ts"
import type { Engine } from "./engine.ts"
import { removeContainer } from "./start.ts"

interface Listed {
	Id: string
	/** Seconds since 1970. */
	Created: number
	Labels: Record<string, string>
}

/** Running or not. */
export async function containersOf(engine: Engine, label: string, value: string): Promise<Listed[]> {
	const filters = JSON.stringify({ label: [`${label}=${value}`] })
	return engine.ask<Listed[]>("GET", "/containers/json", { query: { all: true, filters } })
}

/** Removes those of this data folder whose session is gone or has ended. */
export async function sweepContainers(engine: Engine, dataDir: string): Promise<void> {
	for (const { Id, Created, Labels } of await containersOf(engine, LABEL_HOME, dataDir)) {
		const state = await stateIn(Labels[LABEL_FOLDER] ?? "")
		// Of one that has ended, a command may look at what it has left.
		if (state === "gone" || (state === "ended" && Date.now() - Created * 1000 > COMMAND_MS))
			await removeContainer(engine, Id)
	}
}

/** No command takes longer. */
const COMMAND_MS = 10 * 60_000

const Saved = SessionInfo.pick({ state: true })

/** Of the session with this folder. */
async function stateIn(folder: string): Promise<"gone" | "running" | "ended"> {
	if (!existsSync(folder)) return "gone"
	const saved = await readPrivate(join(folder, "session.json"), Saved)
	// One that is just being started has said nothing yet.
	return saved === undefined || saved.state.is === "running" ? "running" : "ended"
}
