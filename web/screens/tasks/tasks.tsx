// Tasks by address: the board, a new one, and one with its parts.
import { useRoute } from "preact-iso"
import { TaskId } from "../../../protocol/ids.ts"
import { TASK_PARTS } from "../../navigation.ts"
import { NotFound } from "../not-found.tsx"
import { Board } from "./board.tsx"
import { TaskScreen } from "./task.tsx"
import { EditTask, NewTask } from "./task-form.tsx"

export function Tasks() {
	const { params } = useRoute()
	if (params.task === undefined) return <Board />
	if (params.task === "new" && params.part === undefined) return <NewTask />
	const id = TaskId.safeParse(params.task)
	if (!id.success) return <NotFound />
	if (params.part === "edit") return <EditTask key={id.data} id={id.data} />
	const part = TASK_PARTS.find((name) => name === (params.part ?? "overview"))
	return part === undefined ? <NotFound /> : <TaskScreen key={id.data} id={id.data} part={part} />
}
