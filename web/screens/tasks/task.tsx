// One task: where it stands, its terminal, what it has changed, and what came of it.
import type { TaskId } from "../../../protocol/ids.ts"
import type { Manifest, TaskView } from "../../../protocol/task.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { go, newTaskPath, TASK_PARTS, type TaskPart, taskPath } from "../../navigation.ts"
import { now, workChanges } from "../../state.ts"
import { isOver, lastsMs } from "../../tasks.ts"
import { clock } from "../../times.ts"
import { Act } from "../../ui/act.tsx"
import { Elsewhere } from "../../ui/elsewhere.tsx"
import { Face, Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { Menu, MenuItem } from "../../ui/menu.tsx"
import { TaskMark } from "../../ui/task-state.tsx"
import { cancel, retry } from "./deeds.tsx"
import { DetailPage, TO_TASKS } from "./page.tsx"
import { Artifacts } from "./task-artifacts.tsx"
import { TaskChanges } from "./task-changes.tsx"
import { Overview } from "./task-overview.tsx"
import { TaskTerminal } from "./task-terminal.tsx"

export function TaskScreen({ id, part }: { id: TaskId; part: TaskPart }) {
	const asked = useAsked(() => api("showTask", { params: { task: id } }), { on: workChanges })
	const { answer } = asked
	const title = answer.is === "loaded" ? answer.value.task.name : words.tasks.title
	return (
		<DetailPage title={title} back={TO_TASKS}>
			{answer.is === "refused" && answer.refusal.code === "not_found" ? (
				<Face icon="list-todo" title={words.tasks.missingTitle} text={words.tasks.missing}>
					<Elsewhere />
				</Face>
			) : (
				<Here asked={asked} rows={6}>
					{({ task, manifest }) => <Known task={task} manifest={manifest} part={part} />}
				</Here>
			)}
		</DetailPage>
	)
}

function Known({ task, manifest, part }: { task: TaskView; manifest: Manifest; part: TaskPart }) {
	return (
		<>
			<Head task={task} />
			<nav class="parts" aria-label={task.name}>
				{TASK_PARTS.map((name) => (
					<a key={name} href={taskPath(task.id, name)} aria-current={name === part ? "page" : undefined}>
						{words.tasks.parts[name]}
						{name === "artifacts" && task.artifacts.length > 0 && (
							<span class="dim tabular">&nbsp;{task.artifacts.length}</span>
						)}
					</a>
				))}
			</nav>
			{part === "overview" && <Overview task={task} manifest={manifest} />}
			{part === "terminal" && <TaskTerminal task={task} />}
			{part === "changes" && <TaskChanges task={task} manifest={manifest} />}
			{part === "artifacts" && <Artifacts task={task} />}
		</>
	)
}

function Head({ task }: { task: TaskView }) {
	const { id, name, state } = task
	const over = isOver(task)
	const lasts = over ? words.tasks.lasted(lastsMs(task, now.value)) : words.tasks.since(now.value - state.since)
	return (
		<>
			<header class="page-head">
				<h1>{name}</h1>
				{over ? (
					<Act may="task:submit" onClick={() => void retry(task)}>
						<Icon name="rotate-ccw" />
						{words.tasks.retry}
					</Act>
				) : (
					<Act may="task:submit" class="danger" onClick={() => cancel(task)}>
						<Icon name="circle-stop" />
						{words.tasks.cancel}
					</Act>
				)}
				<Menu label={words.tasks.actions(name)} icon="ellipsis">
					{state.is === "queued" && (
						<MenuItem
							icon="pencil"
							label={words.tasks.edit}
							may="task:submit"
							onClick={() => go(taskPath(id, "edit"))}
						/>
					)}
					<MenuItem icon="copy-plus" label={words.tasks.again} may="task:submit" onClick={() => go(newTaskPath(id))} />
				</Menu>
			</header>
			<p class="task-truth" role="status">
				<TaskMark is={state.is} />
				<span class="dim tabular">{lasts}</span>
				{state.reason !== "" && <span class="breaks">{state.reason}</span>}
				{state.deadline !== null && state.is !== "queued" && (
					<small class="dim">{words.tasks.deadline(clock(state.deadline, now.value))}</small>
				)}
			</p>
		</>
	)
}
