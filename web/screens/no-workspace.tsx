// For whoever is signed in and a member of no workspace.

import { signOut } from "../home.ts"
import { words } from "../messages.ts"
import { attempt } from "../run.ts"
import { dialog } from "../state.ts"
import { Bare } from "../ui/bare.tsx"

export function NoWorkspace() {
	return (
		<Bare title={words.workspaces.noneTitle}>
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
