// Renaming and removing a machine.
import { useSignal } from "@preact/signals"
import { api } from "../api.ts"
import { refreshMachines } from "../home.ts"
import { words } from "../messages.ts"
import { go, machinePath, SETTINGS } from "../navigation.ts"
import type { Dialog } from "../state.ts"
import { Confirm, NameField } from "../ui/confirm.tsx"

export function RenameMachine({ machine, name }: Extract<Dialog, { is: "rename-machine" }>) {
	const wanted = useSignal(name)
	const run = async () => {
		await api("changeMachine", { params: { machine }, body: { name: wanted.value.trim() } })
		await refreshMachines()
	}
	return (
		<Confirm
			title={words.machine.renameTitle}
			submit={words.rename.submit}
			disabled={wanted.value.trim() === ""}
			run={run}
		>
			<NameField label={words.rename.name} value={wanted.value} change={(value) => (wanted.value = value)} />
		</Confirm>
	)
}

export function RemoveMachine({ machine, name, running }: Extract<Dialog, { is: "remove-machine" }>) {
	const run = async () => {
		await api("removeMachine", { params: { machine } })
		await refreshMachines()
		if (location.pathname === machinePath(machine)) go(SETTINGS.machines)
	}
	return (
		<Confirm title={words.machine.removeTitle(name)} submit={words.machine.remove} danger run={run}>
			<p>{words.machine.removeText(running)}</p>
		</Confirm>
	)
}
