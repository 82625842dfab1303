// The workspace as a whole: its name, leaving it, and deleting it with all that it has.
import { useSignal } from "@preact/signals"
import { NAME_CHARS } from "../../../protocol/limits.ts"
import type { Me } from "../../../protocol/routes/workspace.ts"
import { api } from "../../api.ts"
import { enter, enterAnew } from "../../home.ts"
import { words } from "../../messages.ts"
import { FLEET, go } from "../../navigation.ts"
import { may, me, notify } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { Confirm, NameField } from "../../ui/confirm.tsx"
import { Field } from "../../ui/field.tsx"
import { Form } from "../../ui/form.tsx"
import { chooseWorkspace } from "../../workspace-choice.ts"
import { Head, open, Part } from "./page.tsx"

export function WorkspaceSettings() {
	if (me.value.is !== "loaded") return null
	const { workspace } = me.value.value
	return <Known key={workspace.id} workspace={workspace} />
}

function Known({ workspace }: Pick<Me, "workspace">) {
	return (
		<>
			<Head title={words.workspace.title} about={words.workspace.explain} />
			<Rename workspace={workspace} />
			<Part title={words.workspace.leave} about={words.workspace.leaveText}>
				<div>
					<Act may="workspace:leave" class="danger" onClick={() => open(() => <Leave name={workspace.name} />)}>
						{words.workspace.leave}
					</Act>
				</div>
			</Part>
			<Part title={words.workspace.delete} about={words.workspace.deleteText}>
				<div>
					<Act may="workspace:manage" class="danger" onClick={() => open(() => <Delete name={workspace.name} />)}>
						{words.workspace.delete}
					</Act>
				</div>
			</Part>
		</>
	)
}

function Rename({ workspace }: Pick<Me, "workspace">) {
	const name = useSignal(workspace.name)
	const run = async () => {
		await api("updateWorkspace", { body: { name: name.value.trim() } })
		notify({ tone: "good", text: words.saved })
		await enter()
	}
	return (
		<Part title={words.workspace.rename}>
			<Form
				submit={words.rename.submit}
				may="workspace:manage"
				disabled={name.value.trim() === "" || name.value.trim() === workspace.name}
				run={run}
			>
				<Field
					label={words.workspace.name}
					required
					maxLength={NAME_CHARS}
					readOnly={!may("workspace:manage")}
					value={name.value}
					change={(value) => (name.value = value)}
				/>
			</Form>
		</Part>
	)
}

function Leave({ name }: { name: string }) {
	const run = async () => {
		await api("leaveWorkspace")
		await elsewhere()
	}
	return (
		<Confirm title={words.workspace.leaveTitle(name)} submit={words.workspace.leave} danger run={run}>
			<p>{words.workspace.leaveText}</p>
		</Confirm>
	)
}

function Delete({ name }: { name: string }) {
	const typed = useSignal("")
	const run = async () => {
		await api("removeWorkspace", { query: { name: typed.value } })
		await elsewhere()
	}
	return (
		<Confirm
			title={words.workspace.deleteTitle(name)}
			submit={words.workspace.delete}
			danger
			disabled={typed.value !== name}
			run={run}
		>
			<p>{words.workspace.deleteText}</p>
			<NameField label={words.workspace.typeName(name)} value={typed.value} change={(value) => (typed.value = value)} />
		</Confirm>
	)
}

/** The control plane says which workspace is left, if one is. */
async function elsewhere(): Promise<void> {
	chooseWorkspace(null)
	go(FLEET)
	await enterAnew()
}
