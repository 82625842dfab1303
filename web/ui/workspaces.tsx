// Which workspace this is, and the way to the others.
import { enterAnew, refreshWorkspaces } from "../home.ts"
import { words } from "../messages.ts"
import { FLEET, go, SETTINGS } from "../navigation.ts"
import { dialog, me, workspaces } from "../state.ts"
import { Icon } from "./icon.tsx"

export async function enterWorkspace(id: string): Promise<void> {
	// What is on the screen is a thing of the workspace that is left, unless it is a setting, which each has.
	if (!location.pathname.startsWith(SETTINGS.index)) go(FLEET)
	await enterAnew(id)
}

export function WorkspaceMenu() {
	if (me.value.is !== "loaded") return null
	const { workspace } = me.value.value
	const mine = workspaces.value.is === "loaded" ? workspaces.value.value : []
	return (
		<>
			<button
				type="button"
				class="quiet workspace-button"
				popovertarget="workspaces"
				title={words.workspaces.label}
				onClick={() => void refreshWorkspaces()}
			>
				<span class="unseen">{words.workspaces.label}: </span>
				<span class="workspace-name">{workspace.name}</span>
				<Icon name="chevron-down" />
			</button>
			<div id="workspaces" popover="auto" class="menu from-start">
				{mine.map(({ id, name, role }) => (
					<button
						key={id}
						type="button"
						class="menu-item"
						aria-current={id === workspace.id ? "true" : undefined}
						onClick={(event) => {
							event.currentTarget.closest<HTMLElement>("[popover]")?.hidePopover()
							if (id !== workspace.id) void enterWorkspace(id)
						}}
					>
						<span class="grow">{name}</span>
						<small class="dim">{words.roles[role].name}</small>
					</button>
				))}
				<hr />
				<button
					type="button"
					class="menu-item"
					onClick={(event) => {
						event.currentTarget.closest<HTMLElement>("[popover]")?.hidePopover()
						dialog.value = { is: "create-workspace" }
					}}
				>
					<Icon name="plus" />
					{words.workspaces.create}
				</button>
			</div>
		</>
	)
}
