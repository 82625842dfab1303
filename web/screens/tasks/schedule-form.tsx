// A schedule while it is written: when, what of times that cannot be kept, and the task.
import { useSignal } from "@preact/signals"
import type { ScheduleId } from "../../../protocol/ids.ts"
import { Missed, Overlap, type Schedule } from "../../../protocol/schedule.ts"
import { Name } from "../../../protocol/session.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { go, schedulePath } from "../../navigation.ts"
import { draftOf, firstWhen, whenOf } from "../../schedule-draft.ts"
import { workChanges } from "../../state.ts"
import { faultsIn, type ManifestDraft, shortened } from "../../task-draft.ts"
import { Face, Here } from "../../ui/faces.tsx"
import { Field } from "../../ui/field.tsx"
import { Form } from "../../ui/form.tsx"
import { ManifestFields } from "../../ui/manifest-fields.tsx"
import { Part } from "../settings/page.tsx"
import { Allowed, DetailPage, TO_SCHEDULES } from "./page.tsx"
import { WhenFields } from "./when-fields.tsx"

export function NewSchedule() {
	return (
		<DetailPage title={words.schedules.create} back={TO_SCHEDULES}>
			<header class="page-head">
				<h1>{words.schedules.create}</h1>
			</header>
			<Allowed may="schedule:manage" icon="calendar-clock" title={words.schedules.create}>
				<ScheduleForm />
			</Allowed>
		</DetailPage>
	)
}

/** As it was when the form was opened. */
export function EditSchedule({ id }: { id: ScheduleId }) {
	const asked = useAsked(() => api("showSchedule", { params: { schedule: id } }), { isOnDemand: true })
	return (
		<DetailPage title={words.tasks.edit} back={{ href: schedulePath(id), label: words.schedules.history }}>
			<Allowed may="schedule:manage" icon="calendar-clock" title={words.tasks.edit}>
				{asked.answer.is === "refused" && asked.answer.refusal.code === "not_found" ? (
					<Face icon="calendar-clock" title={words.schedules.missingTitle} text={words.schedules.missing} />
				) : (
					<Here asked={asked} rows={6}>
						{(schedule) => (
							<>
								<header class="page-head">
									<h1>{words.schedules.editTitle(schedule.name)}</h1>
								</header>
								<ScheduleForm schedule={schedule} />
							</>
						)}
					</Here>
				)}
			</Allowed>
		</DetailPage>
	)
}

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone

function ScheduleForm({ schedule }: { schedule?: Schedule }) {
	const name = useSignal(schedule?.name ?? "")
	const when = useSignal(
		schedule === undefined ? firstWhen(Date.now(), HERE) : draftOf(schedule.when, Date.now(), HERE),
	)
	const overlap = useSignal<Overlap>(schedule?.overlap ?? "skip")
	const missed = useSignal<Missed>(schedule?.missed ?? "run-once")
	const jitter = useSignal(String((schedule?.jitterSeconds ?? 0) / 60))
	const isPaused = useSignal(schedule?.isPaused ?? false)
	const manifest = useSignal<ManifestDraft>(schedule === undefined ? {} : shortened(schedule.manifest))
	const times = whenOf(when.value)
	const isSomething = (manifest.value.prompt ?? "").trim() !== "" || (manifest.value.argv ?? []).length > 0
	const isWhole =
		Name.safeParse(name.value).success && times !== null && isSomething && faultsIn(manifest.value).length === 0
	const run = async () => {
		if (times === null) return
		const body = {
			name: name.value.trim(),
			when: times,
			overlap: overlap.value,
			missed: missed.value,
			jitterSeconds: Math.round((Number(jitter.value) || 0) * 60),
			isPaused: isPaused.value,
			manifest: manifest.value,
		}
		const saved =
			schedule === undefined
				? await api("createSchedule", { body })
				: await api("editSchedule", { params: { schedule: schedule.id }, body })
		workChanges.value++
		go(schedulePath(saved.id))
	}
	return (
		<Form submit={words.save} primary may="schedule:manage" disabled={!isWhole} run={run}>
			<Field
				label={words.schedules.name}
				required
				autofocus={schedule === undefined}
				value={name.value}
				change={(typed) => (name.value = typed)}
			/>
			<WhenFields draft={when.value} change={(changed) => (when.value = changed)} />
			<div class="two-columns even">
				<label class="field">
					{words.schedules.overlap}
					<select
						value={overlap.value}
						onChange={({ currentTarget: { value } }) =>
							(overlap.value = Overlap.options.find((known) => known === value) ?? overlap.value)
						}
					>
						{Overlap.options.map((known) => (
							<option key={known} value={known}>
								{words.schedules.overlaps[known]}
							</option>
						))}
					</select>
				</label>
				<label class="field">
					{words.schedules.missed}
					<select
						value={missed.value}
						onChange={({ currentTarget: { value } }) =>
							(missed.value = Missed.options.find((known) => known === value) ?? missed.value)
						}
					>
						{Missed.options.map((known) => (
							<option key={known} value={known}>
								{words.schedules.misseds[known]}
							</option>
						))}
					</select>
				</label>
				<Field
					type="number"
					label={words.schedules.jitter}
					hint={words.schedules.jitterHint}
					min={0}
					max={1_440}
					step="any"
					value={jitter.value}
					change={(typed) => (jitter.value = typed)}
				/>
				<label class="check">
					<input
						type="checkbox"
						checked={isPaused.value}
						onChange={({ currentTarget: { checked } }) => (isPaused.value = checked)}
					/>
					{words.schedules.startsPaused}
				</label>
			</div>
			<Part title={words.schedules.task}>
				<ManifestFields draft={manifest.value} change={(changed) => (manifest.value = changed)} />
			</Part>
		</Form>
	)
}
