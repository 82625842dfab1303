// A task's state: a shape and a word, never colour alone.
import type { TaskStateName } from "../../protocol/task.ts"
import { words } from "../messages.ts"
import { Icon } from "./icon.tsx"
import type { IconName } from "./icons.ts"

export const TASK_ICONS: Record<TaskStateName, IconName> = {
	queued: "clock",
	claimed: "circle-dashed",
	preparing: "circle-dashed",
	running: "play",
	waiting: "message-circle-question-mark",
	collecting: "package",
	succeeded: "circle-check",
	failed: "circle-x",
	cancelled: "circle-slash",
	"timed-out": "timer",
	lost: "triangle-alert",
}

const TONES: Partial<Record<TaskStateName, string>> = {
	running: "running",
	collecting: "running",
	succeeded: "running",
	waiting: "wants",
	failed: "failed",
	"timed-out": "failed",
	lost: "lost",
}

export function TaskMark({ is }: { is: TaskStateName }) {
	return (
		<span class={`state ${TONES[is] ?? ""}`}>
			<Icon name={TASK_ICONS[is]} />
			{words.tasks.states[is]}
		</span>
	)
}
