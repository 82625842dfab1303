// A task while it is written: a new one, one like another, or one that waits and is changed.
import { useSignal } from "@preact/signals"
import type { ComponentChildren } from "preact"
import { useRef } from "preact/hooks"
import { useLocation } from "preact-iso"
import { TaskId } from "../../../protocol/ids.ts"
import { type Manifest, MOST_AT_ONCE, type TaskView } from "../../../protocol/task.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { go, newTaskPath, TASKS, taskPath } from "../../navigation.ts"
import { workChanges } from "../../state.ts"
import { faultsIn, type ManifestDraft, saying, shortened } from "../../task-draft.ts"
import { Face, Here } from "../../ui/faces.tsx"
import { Field } from "../../ui/field.tsx"
import { Form } from "../../ui/form.tsx"
import { InputsField } from "../../ui/inputs-field.tsx"
import { ManifestFields } from "../../ui/manifest-fields.tsx"
import { carriedFor, dropCarried } from "./carried.ts"
import { Allowed, DetailPage, TO_TASKS } from "./page.tsx"

export function NewTask() {
	const { query } = useLocation()
	const like = TaskId.safeParse(query.like)
	return (
		<DetailPage title={words.tasks.create} back={TO_TASKS}>
			<header class="page-head">
				<h1>{words.tasks.create}</h1>
			</header>
			<Allowed may="task:submit" icon="list-todo" title={words.tasks.create}>
				{like.success ? <LikeTask key={like.data} id={like.data} /> : <SubmitForm first={{}} />}
			</Allowed>
		</DetailPage>
	)
}

function LikeTask({ id }: { id: TaskId }) {
	const carried = carriedFor(id)
	if (carried !== null) return <SubmitForm first={carried} />
	return <Loaded id={id}>{(_, manifest) => <SubmitForm first={shortened(manifest)} />}</Loaded>
}

interface LoadedProps {
	id: TaskId
	children: (task: TaskView, manifest: Manifest) => ComponentChildren
}

/** As it was when the form was opened: what is written is not taken away again. */
function Loaded({ id, children }: LoadedProps) {
	const asked = useAsked(() => api("showTask", { params: { task: id } }), { isOnDemand: true })
	if (asked.answer.is === "refused" && asked.answer.refusal.code === "not_found")
		return <Face icon="list-todo" title={words.tasks.missingTitle} text={words.tasks.missing} />
	return (
		<Here asked={asked} rows={6}>
			{({ task, manifest }) => children(task, manifest)}
		</Here>
	)
}

function SubmitForm({ first }: { first: ManifestDraft }) {
	const draft = useSignal(first)
	const count = useSignal("1")
	/** Sent again after a failure it is the same submission. */
	const key = useRef(crypto.randomUUID())
	const many = Math.max(1, Number(count.value) || 1)
	const change = (changed: ManifestDraft) => {
		draft.value = changed
		key.current = crypto.randomUUID()
	}
	const run = async () => {
		const { tasks } = await api("submitTasks", {
			body: { manifest: draft.value, key: key.current, ...(many > 1 && { count: many }) },
		})
		dropCarried()
		workChanges.value++
		const [task] = tasks
		if (task === undefined || (tasks.length > 1 && task.of === null)) go(TASKS)
		else if (task.of === null || tasks.length === 1) go(taskPath(task.id))
		else go(`${TASKS}?submission=${encodeURIComponent(task.of.group)}`)
	}
	return (
		<Form
			submit={many > 1 ? words.manifest.submitMany(many) : words.manifest.submit}
			primary
			may="task:submit"
			disabled={!isWhole(draft.value)}
			run={run}
		>
			<ManifestFields draft={draft.value} change={change} />
			<InputsField
				inputs={draft.value.inputs ?? []}
				change={(inputs) => change(saying(draft.value, "inputs", inputs))}
			/>
			<Field
				type="number"
				label={words.manifest.count}
				{...(many > 1 && { hint: words.manifest.promptHint })}
				class="short"
				min={1}
				max={MOST_AT_ONCE}
				value={count.value}
				change={(typed) => {
					count.value = typed
					key.current = crypto.randomUUID()
				}}
			/>
		</Form>
	)
}

export function EditTask({ id }: { id: TaskId }) {
	return (
		<DetailPage title={words.tasks.edit} back={{ href: taskPath(id), label: words.tasks.parts.overview }}>
			<Allowed may="task:submit" icon="list-todo" title={words.tasks.edit}>
				<Loaded id={id}>
					{(task, manifest) =>
						task.state.is === "queued" ? (
							<EditForm task={task} manifest={manifest} />
						) : (
							<Face icon="list-todo" title={words.manifest.editTitle(task.name)} text={words.manifest.editLate}>
								<a class="button" href={newTaskPath(id)}>
									{words.tasks.again}
								</a>
							</Face>
						)
					}
				</Loaded>
			</Allowed>
		</DetailPage>
	)
}

function EditForm({ task: { id, name }, manifest }: { task: TaskView; manifest: Manifest }) {
	const draft = useSignal(shortened(manifest))
	const run = async () => {
		await api("editTask", { params: { task: id }, body: { manifest: draft.value } })
		workChanges.value++
		go(taskPath(id))
	}
	return (
		<>
			<header class="page-head">
				<h1>{words.manifest.editTitle(name)}</h1>
			</header>
			<Form submit={words.save} primary may="task:submit" disabled={!isWhole(draft.value)} run={run}>
				<ManifestFields draft={draft.value} change={(changed) => (draft.value = changed)} />
			</Form>
		</>
	)
}

/** Something is to be done, and no word of it is wrong. */
function isWhole(draft: ManifestDraft): boolean {
	const isSomething = (draft.prompt ?? "").trim() !== "" || (draft.argv ?? []).length > 0
	return isSomething && faultsIn(draft).length === 0
}
