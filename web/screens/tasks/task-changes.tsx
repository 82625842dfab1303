// What a task has changed, to be commented on line by line; all comments go back at once, to it or to a new task.
import { useSignal } from "@preact/signals"
import { useMemo, useRef } from "preact/hooks"
import type { Diff } from "../../../protocol/ask.ts"
import type { MachineId, SessionId } from "../../../protocol/ids.ts"
import type { Manifest, TaskView } from "../../../protocol/task.ts"
import { api, sentence } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { type Patch, splitPatch } from "../../diff.ts"
import { words } from "../../messages.ts"
import { go, newTaskPath } from "../../navigation.ts"
import { type Comment, numbered, promptOf } from "../../review.ts"
import { useRun } from "../../run.ts"
import { may } from "../../state.ts"
import { takesWords } from "../../tasks.ts"
import { Act } from "../../ui/act.tsx"
import { Face, Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { carry } from "./carried.ts"
import { steer } from "./steer.tsx"

interface Props {
	task: TaskView
	manifest: Manifest
}

export function TaskChanges({ task, manifest }: Props) {
	const { machine, session } = task
	if (machine === null || session === null)
		return <Face icon="file-diff" title={words.tasks.noChangesTitle} text={words.tasks.noChanges} />
	return <Changes key={session} task={task} manifest={manifest} machine={machine} session={session} />
}

function Changes({ task, manifest, machine, session }: Props & { machine: MachineId; session: SessionId }) {
	const asked = useAsked(() => api("readDiff", { params: { machine, session } }), { isOnDemand: true })
	const comments = useSignal<readonly Comment[]>([])
	const { answer } = asked
	return (
		<div class="task-changes">
			<div class="changes-bar">
				<span class="dim grow">
					{answer.is === "loaded" &&
						(answer.value.base === null ? words.changes.sinceEmpty : words.changes.since(answer.value.base))}
				</span>
				<button type="button" class="quiet" onClick={asked.again}>
					<Icon name="refresh-cw" />
					{words.changes.refresh}
				</button>
			</div>
			{answer.is === "refused" && answer.refusal.code === "not_comparable" ? (
				<Face icon="file-diff" title={words.changes.noGit} text={answer.refusal.detail ?? sentence(answer.refusal)} />
			) : (
				<Here asked={asked}>
					{(diff) =>
						diff.files.length === 0 ? (
							<Face icon="file-diff" title={words.changes.none} text={words.changes.noneText} />
						) : (
							<>
								<Files diff={diff} comments={comments.value} change={(changed) => (comments.value = changed)} />
								<SendBack
									task={task}
									manifest={manifest}
									comments={comments.value}
									sent={() => (comments.value = [])}
								/>
							</>
						)
					}
				</Here>
			)}
		</div>
	)
}

interface CommentsProps {
	comments: readonly Comment[]
	change: (comments: readonly Comment[]) => void
}

function Files({ diff, comments, change }: CommentsProps & { diff: Diff }) {
	const patches = useMemo(() => splitPatch(diff.patch), [diff])
	return (
		<>
			{may("task:submit") && <p class="dim">{words.review.none}</p>}
			<ul class="changed-files" aria-label={words.changes.files(diff.files.length)}>
				{diff.files.map((file, i) => (
					<li key={file.path}>
						<ChangedFile
							file={file}
							patch={patches[i]}
							comments={comments}
							change={change}
							startsOpen={diff.files.length < 4}
						/>
					</li>
				))}
			</ul>
			{diff.isCut && <p class="dim panel-note">{words.changes.cut}</p>}
		</>
	)
}

interface FileProps extends CommentsProps {
	file: Diff["files"][number]
	patch: Patch | undefined
	startsOpen: boolean
}

/** The lines are there only while they are looked at: there may be many. */
function ChangedFile({ file, patch, comments, change, startsOpen }: FileProps) {
	const isOpen = useSignal(startsOpen)
	const { path, is, added, removed } = file
	const mine = comments.filter((comment) => comment.path === path)
	return (
		<details
			class="changed-file"
			open={isOpen.value}
			onToggle={(event) => {
				isOpen.value = event.currentTarget.open
			}}
		>
			<summary>
				<span class={`change ${is}`}>{words.changes.is[is]}</span>
				<span class="mono grow breaks">{path}</span>
				{mine.length > 0 && <small class="dim">{words.review.count(mine.length)}</small>}
				{added === null || removed === null ? (
					<small class="dim">{words.changes.notText}</small>
				) : (
					<span class="counts" title={words.changes.lines(added, removed)}>
						<span class="added">+{added}</span>
						<span class="removed">−{removed}</span>
					</span>
				)}
			</summary>
			{isOpen.value && <Lines path={path} patch={patch} comments={mine} all={comments} change={change} />}
		</details>
	)
}

interface LinesProps extends CommentsProps {
	path: string
	patch: Patch | undefined
	/** Of every file. */
	all: readonly Comment[]
}

function Lines({ path, patch, comments, all, change }: LinesProps) {
	/** The line that is being commented on, by its place in the patch; -1 for the whole file. */
	const at = useSignal<number | null>(null)
	const lines = useMemo(() => numbered(patch?.lines ?? []), [patch])
	const mayComment = may("task:submit")
	const keep = (line: number | null, text: string, said: string) => {
		change([...all, { path, line, text, said }])
		at.value = null
	}
	const drop = (comment: Comment) => change(all.filter((one) => one !== comment))
	if (lines.length === 0)
		return (
			<div class="review-file">
				<p class="dim panel-note">{words.changes.noPatch}</p>
				<Kept comments={comments} drop={drop} />
				{at.value === -1 ? (
					<Write place={path} keep={(said) => keep(null, "", said)} cancel={() => (at.value = null)} />
				) : (
					mayComment && (
						<button type="button" class="quiet" onClick={() => (at.value = -1)}>
							<Icon name="message-square-plus" />
							{words.review.commentFile}
						</button>
					)
				)}
			</div>
		)
	return (
		<div class="patch review">
			{lines.map(({ is, text, line }, i) => {
				const place = line === null ? path : words.review.line(path, line)
				const here = comments.filter((comment) => comment.line === line && comment.text === text && line !== null)
				return (
					<div key={i}>
						<div class={`review-line ${is}`}>
							{line === null ? (
								<span class="line-number" />
							) : mayComment ? (
								<button
									type="button"
									class="line-number"
									aria-label={words.review.on(place)}
									title={words.review.comment}
									onClick={() => (at.value = i)}
								>
									{line}
								</button>
							) : (
								<span class="line-number">{line}</span>
							)}
							<code>{text}</code>
						</div>
						<Kept comments={here} drop={drop} />
						{at.value === i && (
							<Write place={place} keep={(said) => keep(line, text, said)} cancel={() => (at.value = null)} />
						)}
					</div>
				)
			})}
		</div>
	)
}

function Kept({ comments, drop }: { comments: readonly Comment[]; drop: (comment: Comment) => void }) {
	return comments.map((comment, i) => (
		<div key={i} class="review-comment">
			<p class="grow breaks">{comment.said}</p>
			<button
				type="button"
				class="quiet square"
				aria-label={words.review.remove}
				title={words.review.remove}
				onClick={() => drop(comment)}
			>
				<Icon name="x" />
			</button>
		</div>
	))
}

function Write({ place, keep, cancel }: { place: string; keep: (said: string) => void; cancel: () => void }) {
	const said = useSignal("")
	const add = () => {
		if (said.value.trim() !== "") keep(said.value.trim())
	}
	return (
		<div class="review-comment">
			<textarea
				class="grow"
				rows={2}
				autofocus
				ref={(field) => field?.focus()}
				aria-label={words.review.on(place)}
				placeholder={words.review.placeholder}
				value={said.value}
				onInput={({ currentTarget: { value } }) => (said.value = value)}
				onKeyDown={(event) => {
					if (event.key === "Escape") cancel()
					if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return
					event.preventDefault()
					add()
				}}
			/>
			<button type="button" onClick={cancel}>
				{words.cancel}
			</button>
			<button type="button" class="primary" disabled={said.value.trim() === ""} onClick={add}>
				{words.review.add}
			</button>
		</div>
	)
}

interface SendProps extends Props {
	comments: readonly Comment[]
	sent: () => void
}

function SendBack({ task, manifest, comments, sent }: SendProps) {
	/** What is sent again after a failure is still the same. */
	const id = useRef(crypto.randomUUID())
	const { isPending, problem, run } = useRun(async () => {
		await steer(task.id, id.current, promptOf(comments, words.review.prompt))
		id.current = crypto.randomUUID()
		sent()
	})
	if (comments.length === 0) return null
	const anew = () => {
		carry(task, manifest, promptOf(comments, words.review.promptAfter(task.name)))
		go(newTaskPath(task.id))
	}
	return (
		<footer class="review-foot">
			<strong>{words.review.count(comments.length)}</strong>
			<span class="spring" />
			{problem !== "" && (
				<p class="problem" role="alert">
					{problem}
				</p>
			)}
			<Act may="task:submit" onClick={anew}>
				{words.review.newTask}
			</Act>
			{takesWords(task) && (
				<Act may="session:type" class="primary" disabled={isPending} aria-busy={isPending} onClick={() => void run()}>
					<Icon name="send" />
					{words.review.steer}
				</Act>
			)}
		</footer>
	)
}
