// The end of a working directory that was made for a session: it goes with the session, but no work is lost by that.
import { rm } from "node:fs/promises"
import { Refusal } from "../../protocol/errors.ts"
import type { HeldSession } from "../held-session.ts"
import { hasChanged } from "./changes.ts"
import { type Making, readMade, removeWorktree, workFolder } from "./make.ts"

/** Throws Refusal("changes_unsaved") where something in it is nowhere else, unless `force`; nothing is removed then. */
export async function unmakeWorkingFolder(
	dataDir: string,
	{ info, folder }: HeldSession,
	force: boolean,
): Promise<void> {
	if (info.state.is === "running") throw new Refusal("session_running")
	const made = await readMade(folder)
	if (made !== undefined && !force && (await hasUnsaved(made, folder)))
		throw new Refusal("changes_unsaved", `Save what is in ${made.folder}, or remove it with force.`)
	if (made?.from.is === "worktree") await removeWorktree(made.from.path, made.folder)
	await rm(workFolder(dataDir, info.id), { recursive: true, force: true })
}

/** What is committed in a worktree is on its branch; a copy or a clone is all that there is of what it has. */
function hasUnsaved({ from, folder }: Making, sessionFolder: string): Promise<boolean> {
	return hasChanged(folder, sessionFolder, from.is === "worktree" ? "its commit" : "the start")
}
