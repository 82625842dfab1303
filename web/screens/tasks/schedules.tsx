// Schedules by address: all of them with their next time, a new one, and one with its history.
import { useRoute } from "preact-iso"
import { ScheduleId } from "../../../protocol/ids.ts"
import type { Schedule } from "../../../protocol/schedule.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { SCHEDULES, schedulePath } from "../../navigation.ts"
import { workChanges } from "../../state.ts"
import { exact } from "../../times.ts"
import { Face, Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { NotFound } from "../not-found.tsx"
import { ListPage, NewLink } from "./page.tsx"
import { OccurrenceMark, ScheduleScreen, sayNext, sayWhen } from "./schedule.tsx"
import { EditSchedule, NewSchedule } from "./schedule-form.tsx"

export function Schedules() {
	const { params } = useRoute()
	if (params.schedule === undefined) return <List />
	if (params.schedule === "new" && params.part === undefined) return <NewSchedule />
	const id = ScheduleId.safeParse(params.schedule)
	if (!id.success || ![undefined, "edit"].includes(params.part)) return <NotFound />
	return params.part === "edit" ? (
		<EditSchedule key={id.data} id={id.data} />
	) : (
		<ScheduleScreen key={id.data} id={id.data} />
	)
}

const MOST = 500

function List() {
	const asked = useAsked(() => api("listSchedules", { query: { limit: MOST } }), { on: workChanges })
	return (
		<ListPage
			title={words.schedules.title}
			action={<NewLink may="schedule:manage" href={`${SCHEDULES}/new`} label={words.schedules.create} />}
		>
			<Here asked={asked} rows={4}>
				{({ schedules }) =>
					schedules.length === 0 ? (
						<Face icon="calendar-clock" title={words.schedules.emptyTitle} text={words.schedules.empty}>
							<NewLink may="schedule:manage" href={`${SCHEDULES}/new`} label={words.schedules.create} />
						</Face>
					) : (
						<ul class="rows boxed">
							{schedules.map((schedule) => (
								<li key={schedule.id}>
									<Row schedule={schedule} />
								</li>
							))}
						</ul>
					)
				}
			</Here>
		</ListPage>
	)
}

function Row({ schedule }: { schedule: Schedule }) {
	const { id, name, when, last, next } = schedule
	return (
		<a class="row work-row" href={schedulePath(id)} data-row>
			<Icon name={schedule.isPaused ? "circle-pause" : "calendar-clock"} />
			<strong>{name}</strong>
			<span class={when.is === "cron" ? "dim mono" : "dim"}>{sayWhen(when)}</span>
			<span class="dim tabular" title={next === null ? undefined : exact(next)}>
				{sayNext(schedule)}
			</span>
			<span class="work-last">{last !== null && <OccurrenceMark occurrence={last} />}</span>
		</a>
	)
}
