// How many tasks of the workspace run at once, and how many may wait.
import { useSignal } from "@preact/signals"
import type { TaskLimits } from "../../../protocol/task.ts"
import { api } from "../../api.ts"
import { words } from "../../messages.ts"
import { forbidden } from "../../permission.ts"
import { workChanges } from "../../state.ts"
import { Confirm } from "../../ui/confirm.tsx"
import { Field } from "../../ui/field.tsx"

export function LimitsDialog({ limits }: { limits: TaskLimits }) {
	const atOnce = useSignal(String(limits.atOnce))
	const queued = useSignal(String(limits.queued))
	const why = forbidden("task:limit")
	const run = async () => {
		await api("writeTaskLimits", { body: { atOnce: Number(atOnce.value), queued: Number(queued.value) } })
		workChanges.value++
	}
	return (
		<Confirm title={words.tasks.limitsTitle} submit={words.save} disabled={why !== undefined} run={run}>
			<p>{words.tasks.limitsText}</p>
			{why !== undefined && <p class="dim">{why}</p>}
			<Field
				type="number"
				label={words.tasks.limitAtOnce}
				min={1}
				max={1_000}
				required
				readOnly={why !== undefined}
				value={atOnce.value}
				change={(typed) => (atOnce.value = typed)}
			/>
			<Field
				type="number"
				label={words.tasks.limitQueued}
				min={1}
				max={10_000}
				required
				readOnly={why !== undefined}
				value={queued.value}
				change={(typed) => (queued.value = typed)}
			/>
		</Confirm>
	)
}
