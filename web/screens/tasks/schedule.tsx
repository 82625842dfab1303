// One schedule: when it runs next, and what came of each of its times.
import { useSignal } from "@preact/signals"
import type { ScheduleId } from "../../../protocol/ids.ts"
import type { Occurrence, Schedule, When as Times } from "../../../protocol/schedule.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { go, SCHEDULES, schedulePath, taskPath } from "../../navigation.ts"
import { attempt } from "../../run.ts"
import { dialog, notify, now, workChanges } from "../../state.ts"
import { shortened, toYaml } from "../../task-draft.ts"
import { clock, exact } from "../../times.ts"
import { Act } from "../../ui/act.tsx"
import { Confirm } from "../../ui/confirm.tsx"
import { Face, Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { More } from "../../ui/more.tsx"
import { TaskMark } from "../../ui/task-state.tsx"
import { Part } from "../settings/page.tsx"
import { DetailPage, TO_SCHEDULES } from "./page.tsx"
import { NextTimes } from "./when-fields.tsx"

/** When it runs, in one line. */
export function sayWhen(when: Times): string {
	if (when.is === "cron") return `${when.expression} ${when.timeZone}`
	return when.is === "at"
		? words.schedules.atSaid(clock(when.at, now.value))
		: words.schedules.everySaid(when.seconds * 1_000)
}

export function sayNext({ isPaused, next }: Schedule): string {
	if (isPaused) return words.schedules.paused
	return next === null ? words.schedules.noNext : words.schedules.next(words.inTime(next - now.value))
}

/** What came of a time: a shape and a word. */
export function OccurrenceMark({ occurrence: { state } }: { occurrence: Occurrence }) {
	if (state.is === "over") return <TaskMark is={state.state} />
	const isBad = state.is === "refused"
	return (
		<span class={isBad ? "state failed" : "state"}>
			<Icon name={isBad ? "circle-x" : state.is === "skipped" ? "circle-slash" : "clock"} />
			{words.schedules.states[state.is]}
		</span>
	)
}

export function ScheduleScreen({ id }: { id: ScheduleId }) {
	const asked = useAsked(() => api("showSchedule", { params: { schedule: id } }), { on: workChanges })
	const { answer } = asked
	const title = answer.is === "loaded" ? answer.value.name : words.schedules.title
	return (
		<DetailPage title={title} back={TO_SCHEDULES}>
			{answer.is === "refused" && answer.refusal.code === "not_found" ? (
				<Face icon="calendar-clock" title={words.schedules.missingTitle} text={words.schedules.missing} />
			) : (
				<Here asked={asked} rows={4}>
					{(schedule) => <Known schedule={schedule} />}
				</Here>
			)}
		</DetailPage>
	)
}

function Known({ schedule }: { schedule: Schedule }) {
	const { id, name, when, isPaused, by, manifest, next } = schedule
	const params = { schedule: id }
	const pause = () =>
		attempt(async () => {
			await api("pauseSchedule", { params, body: { isPaused: !isPaused } })
			workChanges.value++
		})
	const runNow = () => {
		// A click that is sent twice is one run.
		const nonce = crypto.randomUUID()
		void attempt(async () => {
			await api("runSchedule", { params, body: { nonce } })
			workChanges.value++
			notify({ tone: "good", text: words.schedules.ran })
		})
	}
	return (
		<>
			<header class="page-head">
				<h1>{name}</h1>
				<Act may="schedule:manage" class="primary" onClick={runNow}>
					<Icon name="play" />
					{words.schedules.runNow}
				</Act>
				<Act may="schedule:manage" onClick={() => void pause()}>
					<Icon name={isPaused ? "play" : "pause"} />
					{isPaused ? words.schedules.goOn : words.schedules.pause}
				</Act>
				<Act may="schedule:manage" onClick={() => go(schedulePath(id, "edit"))}>
					<Icon name="pencil" />
					{words.tasks.edit}
				</Act>
				<Act
					may="schedule:manage"
					class="danger"
					onClick={() => {
						dialog.value = { is: "own", draw: () => <RemoveSchedule schedule={schedule} /> }
					}}
				>
					{words.schedules.remove}
				</Act>
			</header>
			<p class="task-truth">
				<Icon name={isPaused ? "circle-pause" : "calendar-clock"} />
				<span class={when.is === "cron" ? "mono" : ""}>{sayWhen(when)}</span>
				<strong class="tabular" title={next === null ? undefined : exact(next)}>
					{sayNext(schedule)}
				</strong>
				<span class="dim">{words.schedules.author(by.name)}</span>
			</p>
			<div class="task-overview">
				<div class="task-main">
					<History id={id} />
				</div>
				<div class="task-side">
					{!isPaused && (
						<Part title={words.schedules.nextTimes}>
							<NextTimes when={when} />
						</Part>
					)}
					<Part title={words.schedules.task}>
						{manifest.prompt !== "" && <pre class="prompt-text">{manifest.prompt}</pre>}
						<More title={words.tasks.manifest}>
							<pre class="prompt-text mono">{toYaml(shortened(manifest))}</pre>
						</More>
					</Part>
				</div>
			</div>
		</>
	)
}

const PAGE = 50

function History({ id }: { id: ScheduleId }) {
	const asked = useAsked(() => api("listOccurrences", { params: { schedule: id }, query: { limit: PAGE } }), {
		on: workChanges,
	})
	const older = useSignal<readonly Occurrence[]>([])
	const isAll = useSignal(false)
	return (
		<Part title={words.schedules.history}>
			<Here asked={asked}>
				{({ occurrences }) => {
					const keys = new Set(occurrences.map(({ key }) => key))
					const all = [...occurrences, ...older.value.filter(({ key }) => !keys.has(key))]
					const last = all.at(-1)
					if (last === undefined) return <p class="dim">{words.schedules.noHistory}</p>
					const more = async () => {
						const { occurrences: next } = await api("listOccurrences", {
							params: { schedule: id },
							query: { limit: PAGE, before: last.key },
						})
						older.value = [...older.peek(), ...next]
						isAll.value = next.length < PAGE
					}
					return (
						<>
							<ol class="rows boxed">
								{all.map((occurrence) => (
									<li key={occurrence.key} class="row occurrence">
										<OccurrenceRow occurrence={occurrence} />
									</li>
								))}
							</ol>
							{occurrences.length === PAGE && !isAll.value && (
								<button type="button" class="more-button" onClick={() => void attempt(more)}>
									{words.schedules.older}
								</button>
							)}
						</>
					)
				}}
			</Here>
		</Part>
	)
}

function OccurrenceRow({ occurrence }: { occurrence: Occurrence }) {
	const { time, by, state } = occurrence
	return (
		<>
			<time class="tabular" dateTime={new Date(time).toISOString()} title={exact(time)}>
				{clock(time, now.value)}
			</time>
			<OccurrenceMark occurrence={occurrence} />
			<span class="dim grow breaks">
				{by !== null && <span>{words.schedules.byHand(by.name)} </span>}
				{sayReason(state)}
			</span>
			{"task" in state && (
				<a class="link" href={taskPath(state.task)}>
					{words.schedules.toTask}
				</a>
			)}
		</>
	)
}

function sayReason(state: Occurrence["state"]): string {
	switch (state.is) {
		case "over":
			return state.reason
		case "skipped":
			return words.schedules.skippedMany(state.count ?? 1, words.schedules.skipped[state.because])
		case "refused":
			return words.refusal(words.refusals[state.code], state.detail === "" ? undefined : state.detail)
		default:
			return ""
	}
}

function RemoveSchedule({ schedule: { id, name } }: { schedule: Schedule }) {
	const run = async () => {
		await api("removeSchedule", { params: { schedule: id } })
		workChanges.value++
		go(SCHEDULES)
	}
	return (
		<Confirm title={words.remove.title(name)} submit={words.schedules.remove} danger run={run}>
			<p>{words.schedules.removeText}</p>
		</Confirm>
	)
}
