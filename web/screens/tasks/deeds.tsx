// What is done to a task wherever it is shown: cancelled, or run again.
import { useSignal } from "@preact/signals"
import type { TaskView } from "../../../protocol/task.ts"
import { api } from "../../api.ts"
import { words } from "../../messages.ts"
import { go, taskPath } from "../../navigation.ts"
import { attempt } from "../../run.ts"
import { dialog, workChanges } from "../../state.ts"
import { Confirm } from "../../ui/confirm.tsx"
import { Field } from "../../ui/field.tsx"

type Named = Pick<TaskView, "id" | "name">

export function cancel(task: Named): void {
	dialog.value = { is: "own", draw: () => <CancelTask task={task} /> }
}

/** As a new task, which is shown then. */
export async function retry({ id }: Named): Promise<void> {
	// A click that is sent twice is one new task.
	const key = crypto.randomUUID()
	await attempt(async () => {
		const { task } = await api("retryTask", { params: { task: id }, body: { key } })
		workChanges.value++
		go(taskPath(task.id))
	})
}

function CancelTask({ task: { id, name } }: { task: Named }) {
	const reason = useSignal("")
	const run = async () => {
		await api("cancelTask", { params: { task: id }, body: { reason: reason.value.trim() } })
		workChanges.value++
	}
	return (
		<Confirm
			title={words.tasks.cancelTitle(name)}
			submit={words.tasks.cancel}
			dismiss={words.tasks.keep}
			danger
			run={run}
		>
			<p>{words.tasks.cancelText}</p>
			<Field
				label={words.tasks.cancelReason}
				maxLength={500}
				value={reason.value}
				change={(typed) => (reason.value = typed)}
			/>
		</Confirm>
	)
}
