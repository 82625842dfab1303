// A task in one line: where it stands and why, who wanted it, and what can be done with it.
import type { TaskView } from "../../../protocol/task.ts"
import { api } from "../../api.ts"
import { words } from "../../messages.ts"
import { go, taskPath } from "../../navigation.ts"
import { attempt } from "../../run.ts"
import { now, workChanges } from "../../state.ts"
import { isOver, lastsMs, placeFor } from "../../tasks.ts"
import { age, exact } from "../../times.ts"
import { Menu, MenuItem } from "../../ui/menu.tsx"
import { TaskMark } from "../../ui/task-state.tsx"
import { When } from "../../ui/when.tsx"
import { cancel, retry } from "./deeds.tsx"

interface Props {
	task: TaskView
	machineName: string
	/** All that wait, in their order. */
	queue: readonly TaskView[]
}

export function TaskRow({ task, machineName, queue }: Props) {
	const { id, name, state, runtime, from, of, position } = task
	return (
		<div class="task-row">
			<a class="row" href={taskPath(id)} data-row>
				<TaskMark is={state.is} />
				<span class="task-name">
					{position !== null && (
						<span class="dim tabular" title={words.tasks.positionIs(position)}>
							{words.tasks.position(position)}
						</span>
					)}
					<strong>{name}</strong>
					{of !== null && <small class="dim tabular">{words.tasks.ofMany(of.index, of.count)}</small>}
				</span>
				<span class="dim task-why" title={state.reason}>
					{state.reason}
				</span>
				<span class="task-whence">
					<span class="dim">{[runtime, machineName].filter((word) => word !== "").join(" · ")}</span>
					<span class="dim">{words.tasks.by[from.is](from.name)}</span>
				</span>
				<span class="dim task-age">
					{isOver(task) ? (
						<When at={state.since} />
					) : (
						<span title={exact(task.submittedAt)}>{age(lastsMs(task, now.value))}</span>
					)}
				</span>
			</a>
			<Menu label={words.tasks.actions(name)} icon="ellipsis">
				<TaskItems task={task} queue={queue} />
			</Menu>
		</div>
	)
}

const MOVES = [
	["first", "arrow-up-to-line"],
	["up", "arrow-up"],
	["down", "arrow-down"],
	["last", "arrow-down-to-line"],
] as const

function TaskItems({ task, queue }: Pick<Props, "task" | "queue">) {
	if (isOver(task))
		return <MenuItem icon="rotate-ccw" label={words.tasks.retry} may="task:submit" onClick={() => void retry(task)} />
	return (
		<>
			{task.state.is === "queued" && (
				<>
					{MOVES.map(([to, icon]) => {
						const before = placeFor(queue, task, to)
						const move = async () => {
							await api("moveTask", { params: { task: task.id }, body: { before: before ?? null } })
							workChanges.value++
						}
						return (
							<MenuItem
								key={to}
								icon={icon}
								label={words.tasks[to]}
								may="task:submit"
								disabled={before === undefined}
								onClick={() => void attempt(move)}
							/>
						)
					})}
					<MenuItem
						icon="pencil"
						label={words.tasks.edit}
						may="task:submit"
						onClick={() => go(taskPath(task.id, "edit"))}
					/>
				</>
			)}
			<MenuItem icon="circle-stop" label={words.tasks.cancel} danger may="task:submit" onClick={() => cancel(task)} />
		</>
	)
}
