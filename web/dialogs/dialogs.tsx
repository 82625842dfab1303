// The one dialog that is open, if any.
import { never } from "../../protocol/errors.ts"
import { dialog } from "../state.ts"
import { CreateWorkspace } from "./create-workspace.tsx"
import { Enroll } from "./enroll.tsx"
import { RemoveMachine, RenameMachine } from "./machine-dialogs.tsx"
import { OpenLink } from "./open-link.tsx"
import { Palette } from "./palette.tsx"
import {
	CloneSession,
	KillSession,
	RemoveSession,
	RenameSession,
	RestartSession,
	TagSession,
} from "./session-dialogs.tsx"
import { Shortcuts } from "./shortcuts.tsx"
import { StartSession } from "./start-session.tsx"

export function Dialogs() {
	const open = dialog.value
	if (open === null) return null
	switch (open.is) {
		case "start":
			return <StartSession {...open} />
		case "enroll":
			return <Enroll />
		case "palette":
			return <Palette />
		case "shortcuts":
			return <Shortcuts />
		case "rename-machine":
			return <RenameMachine {...open} />
		case "remove-machine":
			return <RemoveMachine {...open} />
		case "rename-session":
			return <RenameSession {...open} />
		case "remove-session":
			return <RemoveSession {...open} />
		case "kill-session":
			return <KillSession {...open} />
		case "restart-session":
			return <RestartSession {...open} />
		case "clone-session":
			return <CloneSession {...open} />
		case "tag-session":
			return <TagSession {...open} />
		case "create-workspace":
			return <CreateWorkspace />
		case "open-link":
			return <OpenLink {...open} />
		case "own":
			return open.draw()
		default:
			return never(open)
	}
}
