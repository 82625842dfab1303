// For whoever is signed in and a member of no workspace.

import { signOut } from "../home.ts"
import { words } from "../messages.ts"
import { attempt } from "../run.ts"
import { dialog, removedFrom } from "../state.ts"
import { Bare } from "../ui/bare.tsx"

export function NoWorkspace() {
	return (
		<Bare title={words.workspaces.noneTitle}>
			{removedFrom.value !== null && <p role="status">{words.workspaces.removedFrom(removedFrom.value)}</p>}
			<p>{words.workspaces.none}</p>
			<div class="ways">
				<button
					type="button"
					class="primary"
					onClick={() => {
						dialog.value = { is: "create-workspace" }
					}}
				>
					{words.workspaces.create}
				</button>
				<button type="button" onClick={() => void attempt(signOut)}>
					{words.signOut}
				</button>
			</div>
		</Bare>
	)
}
