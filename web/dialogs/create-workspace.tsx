// Making a workspace, and going there.
import { useSignal } from "@preact/signals"
import { api } from "../api.ts"
import { enterAnew } from "../home.ts"
import { words } from "../messages.ts"
import { FLEET, go } from "../navigation.ts"
import { Confirm, NameField } from "../ui/confirm.tsx"

export function CreateWorkspace() {
	const name = useSignal("")
	const run = async () => {
		const { id } = await api("createWorkspace", { body: { name: name.value.trim() } })
		go(FLEET)
		await enterAnew(id)
	}
	return (
		<Confirm
			title={words.workspaces.create}
			submit={words.workspaces.submit}
			disabled={name.value.trim() === ""}
			run={run}
		>
			<NameField
				label={words.workspaces.name}
				hint={words.workspaces.nameHint}
				value={name.value}
				change={(value) => (name.value = value)}
			/>
			<p class="dim">{words.workspaces.text}</p>
		</Confirm>
	)
}
