// The board: every task by its state, live, with the queue in its order; and those that one looks for.
import { useSignal } from "@preact/signals"
import { useLocation } from "preact-iso"
import type { TaskLimits, TaskView } from "../../../protocol/task.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { newTaskPath, TASKS } from "../../navigation.ts"
import { attempt } from "../../run.ts"
import { dialog, machines, workChanges } from "../../state.ts"
import { FILTERS, GROUPS, type Group, grouped, matches, type TaskFilter } from "../../tasks.ts"
import { Face, Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { LimitsDialog } from "./limits.tsx"
import { ListPage, NewLink } from "./page.tsx"
import { TaskRow } from "./task-row.tsx"

const ENDED = 50

export function Board() {
	const { query, route } = useLocation()
	const older = useSignal<TaskView[]>([])
	const isAll = useSignal(false)
	const submission = query.submission ?? ""
	const asked = useAsked(
		() => api("listTasks", { query: { ended: ENDED, ...(submission !== "" && { group: submission }) } }),
		{ on: workChanges },
	)
	const filter = Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? ""])) as unknown as TaskFilter
	const look = (changed: Partial<TaskFilter>) => {
		const said = Object.entries({ ...filter, ...changed }).filter(([, value]) => value !== "")
		route(said.length === 0 ? TASKS : `${TASKS}?${new URLSearchParams(said)}`, true)
	}
	return (
		<ListPage
			title={words.tasks.title}
			action={<NewLink may="task:submit" href={newTaskPath()} label={words.tasks.create} />}
		>
			<Here asked={asked} rows={6}>
				{({ tasks: listed, limits }) => {
					const all = joined(listed, older.value)
					if (all.length === 0 && submission === "")
						return (
							<Face icon="list-todo" title={words.tasks.emptyTitle} text={words.tasks.empty}>
								<NewLink may="task:submit" href={newTaskPath()} label={words.tasks.create} />
							</Face>
						)
					const shown = grouped(all.filter((task) => matches(task, filter, nameOf(task))))
					const queue = grouped(listed).queued
					const last = grouped(all).over.at(-1)
					const more = async () => {
						if (last === undefined) return
						const { tasks } = await api("listTasks", { query: { ended: ENDED, before: last.id } })
						const next = grouped(tasks).over
						older.value = joined(older.peek(), next)
						isAll.value = next.length < ENDED
					}
					const isEmpty = GROUPS.every((group) => shown[group].length === 0)
					return (
						<>
							<Filters filter={filter} all={all} look={look} limits={limits} />
							{isEmpty && <p class="page-note">{words.tasks.noMatch}</p>}
							{GROUPS.map((group) => (
								<TaskGroup key={group} group={group} tasks={shown[group]} queue={queue} />
							))}
							{grouped(listed).over.length >= ENDED && submission === "" && !isAll.value && (
								<button type="button" class="more-button" onClick={() => void attempt(more)}>
									{words.tasks.older}
								</button>
							)}
						</>
					)
				}}
			</Here>
		</ListPage>
	)
}

interface GroupProps {
	group: Group
	tasks: readonly TaskView[]
	/** All that wait, in their order. */
	queue: readonly TaskView[]
}

function TaskGroup({ group, tasks, queue }: GroupProps) {
	if (tasks.length === 0) return null
	return (
		<section class="task-group" aria-labelledby={`group-${group}`}>
			<header class="part-head">
				<h2 id={`group-${group}`}>
					{words.tasks.groups[group]} <span class="dim tabular">{tasks.length}</span>
				</h2>
			</header>
			<ul class="rows">
				{tasks.map((task) => (
					<li key={task.id}>
						<TaskRow task={task} machineName={nameOf(task)} queue={queue} />
					</li>
				))}
			</ul>
		</section>
	)
}

interface FiltersProps {
	filter: TaskFilter
	all: readonly TaskView[]
	look: (changed: Partial<TaskFilter>) => void
	limits: TaskLimits
}

function Filters({ filter, all, look, limits }: FiltersProps) {
	const { tasks: say } = words
	const known = machines.value.is === "loaded" ? machines.value.value : []
	const there = new Set(all.map(({ machine }) => machine))
	const runtimes = [...new Set(all.map(({ runtime }) => runtime))].sort()
	const kinds = [...new Set(all.map(({ from }) => from.is))].sort()
	const makers = new Map(
		all.flatMap(({ from }) =>
			from.is === "trigger" || from.is === "schedule" ? [[`${from.is}:${from.id}`, say.by[from.is](from.name)]] : [],
		),
	)
	return (
		<search class="task-filters">
			<input
				type="search"
				data-filter
				placeholder={say.filter}
				aria-label={say.filter}
				value={filter.text}
				onInput={({ currentTarget: { value } }) => look({ text: value })}
				onKeyDown={(event) => {
					if (event.key !== "Escape") return
					look({ text: "" })
					event.currentTarget.blur()
				}}
			/>
			<div class="task-choices">
				<Choice
					any={say.anyState}
					value={filter.group}
					choices={GROUPS.map((group) => [group, say.groups[group]])}
					change={(group) => look({ group })}
				/>
				<Choice
					any={say.anyMachine}
					value={filter.machine}
					choices={known.filter(({ id }) => there.has(id)).map(({ id, name }) => [id, name])}
					change={(machine) => look({ machine })}
				/>
				<Choice
					any={say.anyRuntime}
					value={filter.runtime}
					choices={runtimes.map((runtime) => [runtime, runtime])}
					change={(runtime) => look({ runtime })}
				/>
				<Choice
					any={say.anyFrom}
					value={filter.from}
					choices={[...kinds.map((kind): [string, string] => [kind, say.from[kind]]), ...makers]}
					change={(from) => look({ from })}
				/>
				<button
					type="button"
					class="quiet"
					title={say.limitsTitle}
					onClick={() => {
						dialog.value = { is: "own", draw: () => <LimitsDialog limits={limits} /> }
					}}
				>
					{say.atOnce(grouped(all).running.length + grouped(all).waiting.length, limits.atOnce)}
				</button>
			</div>
			{filter.submission !== "" && (
				<button type="button" class="quiet" onClick={() => look({ submission: "" })}>
					{say.allOf}
					<Icon name="x" />
					<span class="unseen">{say.showAll}</span>
				</button>
			)}
		</search>
	)
}

interface ChoiceProps {
	any: string
	value: string
	choices: readonly (readonly [value: string, label: string])[]
	change: (value: string) => void
}

/** Nothing where there is nothing to choose between. */
function Choice({ any, value, choices, change }: ChoiceProps) {
	if (choices.length < 2 && value === "") return null
	return (
		<select aria-label={any} value={value} onChange={({ currentTarget }) => change(currentTarget.value)}>
			<option value="">{any}</option>
			{choices.map(([name, label]) => (
				<option key={name} value={name}>
					{label}
				</option>
			))}
		</select>
	)
}

function nameOf({ machine }: TaskView): string {
	const known = machines.value.is === "loaded" ? machines.value.value : []
	return known.find(({ id }) => id === machine)?.name ?? ""
}

/** What was asked for later stands for what was asked for before. */
function joined(newer: readonly TaskView[], older: readonly TaskView[]): TaskView[] {
	const ids = new Set(newer.map(({ id }) => id))
	return [...newer, ...older.filter(({ id }) => !ids.has(id))]
}
