// The beginning of a new task that follows another one, from the page where it was thought of to the form.
import type { TaskId } from "../../../protocol/ids.ts"
import type { Manifest, TaskView } from "../../../protocol/task.ts"
import { findSession } from "../../state.ts"
import { type ManifestDraft, saying, shortened } from "../../task-draft.ts"

let carried: { like: TaskId; draft: ManifestDraft } | null = null

/** On the branch that came of it; else where it was, on its machine. */
export function carry({ id, result, machine, session }: TaskView, manifest: Manifest, prompt: string): void {
	let draft = saying(shortened(manifest), "prompt", prompt)
	const { workOn } = manifest
	const cwd = machine !== null && session !== null ? findSession(machine, session)?.cwd : undefined
	if (workOn?.is === "repository" && result?.branch != null)
		draft = saying(draft, "workOn", { ...workOn, ref: result.branch })
	else if (machine !== null && cwd !== undefined) {
		draft = saying(draft, "target", { ...draft.target, machine })
		draft = saying(draft, "workOn", { is: "directory", path: cwd })
	}
	// It has happened once already.
	carried = { like: id, draft: saying(draft, "name", undefined) }
}

/** What was carried for a task like this one; null for none. */
export function carriedFor(like: TaskId): ManifestDraft | null {
	return carried?.like === like ? carried.draft : null
}

export function dropCarried(): void {
	carried = null
}
