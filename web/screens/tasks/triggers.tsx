// Triggers by address: all of them with their addresses, a new one, and one with its deliveries.
import { useRoute } from "preact-iso"
import { TriggerId } from "../../../protocol/ids.ts"
import type { Answer } from "../../../protocol/routes.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { TRIGGERS, triggerPath } from "../../navigation.ts"
import { workChanges } from "../../state.ts"
import { Face, Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { When } from "../../ui/when.tsx"
import { NotFound } from "../not-found.tsx"
import { Allowed, ListPage, NewLink } from "./page.tsx"
import { TriggerScreen } from "./trigger.tsx"
import { EditTrigger, NewTrigger } from "./trigger-form.tsx"

export type TriggerView = Answer<"listTriggers">["triggers"][number]

export function Triggers() {
	const { params } = useRoute()
	if (params.trigger === undefined) return <List />
	if (params.trigger === "new" && params.part === undefined) return <NewTrigger />
	const id = TriggerId.safeParse(params.trigger)
	if (!id.success || ![undefined, "edit"].includes(params.part)) return <NotFound />
	return params.part === "edit" ? (
		<EditTrigger key={id.data} id={id.data} />
	) : (
		<TriggerScreen key={id.data} id={id.data} />
	)
}

function List() {
	return (
		<ListPage
			title={words.triggers.title}
			action={<NewLink may="trigger:manage" href={`${TRIGGERS}/new`} label={words.triggers.create} />}
		>
			<Allowed may="trigger:manage" icon="webhook" title={words.triggers.title}>
				<All />
			</Allowed>
		</ListPage>
	)
}

function All() {
	const asked = useAsked(() => api("listTriggers"), { on: workChanges })
	return (
		<Here asked={asked} rows={4}>
			{({ triggers }) =>
				triggers.length === 0 ? (
					<Face icon="webhook" title={words.triggers.emptyTitle} text={words.triggers.empty}>
						<NewLink may="trigger:manage" href={`${TRIGGERS}/new`} label={words.triggers.create} />
					</Face>
				) : (
					<ul class="rows boxed">
						{triggers.map((trigger) => (
							<li key={trigger.id}>
								<Row trigger={trigger} />
							</li>
						))}
					</ul>
				)
			}
		</Here>
	)
}

function Row({ trigger: { id, name, source, on, isPaused, lastDeliveryAt } }: { trigger: TriggerView }) {
	return (
		<a class="row work-row" href={triggerPath(id)} data-row>
			<Icon name={isPaused ? "circle-pause" : "webhook"} />
			<strong>{name}</strong>
			<span class="dim">{words.triggers.sources[source.is]}</span>
			<span class="dim">{words.any(on.map((what) => words.triggers.whats[what]))}</span>
			<span class="dim work-last">
				{isPaused ? (
					words.triggers.paused
				) : lastDeliveryAt === null ? (
					words.triggers.never
				) : (
					<When at={lastDeliveryAt} say={words.triggers.lastCame} />
				)}
			</span>
		</a>
	)
}
