// A task at a glance: what it asks, what can be said to it, its prompt, where its time went, and its history.

import type { Manifest, TaskEvent, TaskView } from "../../../protocol/task.ts"
import { quoteArgument } from "../../argv.ts"
import { words } from "../../messages.ts"
import { machinePath, TASKS } from "../../navigation.ts"
import { machines, now } from "../../state.ts"
import { shortened, toYaml } from "../../task-draft.ts"
import { isOver, spentOf, takesWords } from "../../tasks.ts"
import { clock, exact, took } from "../../times.ts"
import { AttentionCard } from "../../ui/attention-card.tsx"
import { waitingFor } from "../../ui/attention-kind.tsx"
import { Icon } from "../../ui/icon.tsx"
import { More } from "../../ui/more.tsx"
import { TASK_ICONS } from "../../ui/task-state.tsx"
import { When } from "../../ui/when.tsx"
import { Part } from "../settings/page.tsx"
import { Steer } from "./steer.tsx"

export function Overview({ task, manifest }: { task: TaskView; manifest: Manifest }) {
	const asks =
		task.machine !== null && task.session !== null && !isOver(task) ? waitingFor(task.machine, task.session) : undefined
	return (
		<div class="task-overview">
			<div class="task-main">
				{asks !== undefined && <AttentionCard key={asks.id} item={asks} />}
				{takesWords(task) && <Steer task={task} />}
				<Result task={task} />
				<Part title={words.tasks.prompt}>
					{task.isFromOutside && (
						<p class="note">
							<Icon name="triangle-alert" />
							<strong>{words.tasks.outside}</strong>
							<span>{words.tasks.outsideText}</span>
						</p>
					)}
					{manifest.prompt === "" ? (
						<p class="dim">{words.tasks.noPrompt}</p>
					) : (
						<pre class="prompt-text">{manifest.prompt}</pre>
					)}
					{manifest.argv.length > 0 && <pre class="prompt-text mono">{manifest.argv.map(quoteArgument).join(" ")}</pre>}
					<More title={words.tasks.manifest}>
						<pre class="prompt-text mono">{toYaml({ ...shortened(manifest), prompt: undefined })}</pre>
					</More>
				</Part>
			</div>
			<div class="task-side">
				<Time task={task} />
				<Part title={words.tasks.facts}>
					<Facts task={task} />
				</Part>
				<Events task={task} />
			</div>
		</div>
	)
}

/** The branch or pull request that came of it. */
function Result({ task: { result } }: { task: TaskView }) {
	if (result === null) return null
	const { branch, commit, url } = result
	return (
		<p class="task-result">
			<Icon name="git-branch" />
			{branch !== null && <strong class="mono breaks">{branch}</strong>}
			{commit !== null && (
				<span class="dim mono" title={commit}>
					{commit.slice(0, 10)}
				</span>
			)}
			{url !== null && /^https?:/.test(url) && (
				<a class="link" href={url} target="_blank" rel="noopener noreferrer">
					{words.tasks.fact.pullRequest}
					<Icon name="external-link" />
				</a>
			)}
		</p>
	)
}

function Time({ task }: { task: TaskView }) {
	const spent = spentOf(task, now.value)
	const awayMs = task.spent.away ?? 0
	return (
		<Part title={words.tasks.time}>
			<div class="spent-bar" aria-hidden="true">
				{spent.map(({ is, ms }) => (
					<span key={is} class={`spent in-${is}`} style={{ flexGrow: Math.max(ms, 1) }} />
				))}
			</div>
			<dl class="spent-words tabular">
				{spent.map(({ is, ms, isNow }) => (
					<div key={is} class={isNow ? "now" : undefined}>
						<dt>
							<span class={`spent in-${is}`} />
							{words.tasks.states[is as keyof typeof words.tasks.states]}
						</dt>
						<dd>{took(ms)}</dd>
					</div>
				))}
			</dl>
			{awayMs > 0 && <p class="dim">{words.tasks.machineAway(awayMs)}</p>}
		</Part>
	)
}

function Facts({ task }: { task: TaskView }) {
	const { fact } = words.tasks
	const { id, runtime, machine, from, of, attempt, priority, submittedAt, state } = task
	// While it waits, somebody's answer comes before what its machine can do.
	const owner = state.is === "waiting" ? null : task.owner
	const known = machines.value.is === "loaded" ? machines.value.value : []
	const name = (wanted: typeof machine) => known.find(({ id }) => id === wanted)?.name ?? wanted ?? ""
	return (
		<>
			<dl class="facts">
				<dt>{fact.runtime}</dt>
				<dd>{runtime}</dd>
				<dt>{fact.machine}</dt>
				<dd>
					{machine === null ? (
						<span class="dim">{words.tasks.noMachine}</span>
					) : (
						<a class="link" href={machinePath(machine)}>
							{name(machine)}
						</a>
					)}
				</dd>
				<dt>{fact.submitted}</dt>
				<dd>
					<When at={submittedAt} /> <span class="dim">{words.tasks.by[from.is](from.name)}</span>
				</dd>
				{of !== null && (
					<>
						<dt>{fact.of}</dt>
						<dd>
							<a class="link tabular" href={`${TASKS}?submission=${encodeURIComponent(of.group)}`}>
								{words.tasks.ofMany(of.index, of.count)}
							</a>
						</dd>
					</>
				)}
				<dt>{fact.attempts}</dt>
				<dd class="tabular">{attempt}</dd>
				{priority !== 0 && (
					<>
						<dt>{fact.priority}</dt>
						<dd class="tabular">{priority}</dd>
					</>
				)}
				<dt>{fact.id}</dt>
				<dd class="mono breaks">{id}</dd>
			</dl>
			{owner !== null && (
				<p class="dim">{owner.is === "ledger" ? words.tasks.ownerLedger : words.tasks.owner(name(owner.id))}</p>
			)}
		</>
	)
}

function Events({ task: { events } }: { task: TaskView }) {
	/** Their numbers go up one by one. */
	const isWhole = (events.at(-1)?.sequence ?? 0) === events.length
	return (
		<Part title={words.tasks.history}>
			<ol class="task-events">
				{events.toReversed().map((event) => (
					<Event key={event.sequence} event={event} />
				))}
			</ol>
			{!isWhole && <p class="dim">{words.tasks.leftOut}</p>}
		</Part>
	)
}

function Event({ event: { at, attempt, is, by, reason } }: { event: TaskEvent }) {
	return (
		<li>
			<Icon name={is in TASK_ICONS ? TASK_ICONS[is as keyof typeof TASK_ICONS] : "pencil"} />
			<div>
				<p>
					<strong>{words.tasks.changed[is]}</strong>{" "}
					<span class="dim">
						{words.tasks.by[by.is](by.name)}
						{attempt > 1 && ` · ${words.tasks.attempt(attempt)}`}
					</span>
				</p>
				{reason !== "" && <p class="dim breaks">{reason}</p>}
			</div>
			<time class="dim tabular" dateTime={new Date(at).toISOString()} title={exact(at)}>
				{clock(at, now.value)}
			</time>
		</li>
	)
}
