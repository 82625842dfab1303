// One trigger: its address for the service, and its deliveries with what became of each.
import { useSignal } from "@preact/signals"
import type { ComponentChildren } from "preact"
import type { TriggerId } from "../../../protocol/ids.ts"
import type { DeliveryView } from "../../../protocol/routes/triggers.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { go, TRIGGERS, taskPath, triggerPath } from "../../navigation.ts"
import { attempt } from "../../run.ts"
import { dialog, notify, workChanges } from "../../state.ts"
import { draftOf, specOf } from "../../trigger-draft.ts"
import { Act } from "../../ui/act.tsx"
import { Confirm } from "../../ui/confirm.tsx"
import { CopyField } from "../../ui/copy-field.tsx"
import { Face, Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { OutcomeMark } from "../../ui/outcome-mark.tsx"
import { When } from "../../ui/when.tsx"
import { Part } from "../settings/page.tsx"
import { Allowed, DetailPage, TO_TRIGGERS } from "./page.tsx"
import type { TriggerView } from "./triggers.tsx"

export function TriggerScreen({ id }: { id: TriggerId }) {
	return (
		<DetailPage title={words.triggers.title} back={TO_TRIGGERS}>
			<Allowed may="trigger:manage" icon="webhook" title={words.triggers.title}>
				<One id={id}>{(trigger) => <Known trigger={trigger} />}</One>
			</Allowed>
		</DetailPage>
	)
}

interface OneProps {
	id: TriggerId
	/** As it was when it was asked for: what is written is not taken away again. */
	isOnDemand?: boolean
	children: (trigger: TriggerView) => ComponentChildren
}

export function One({ id, isOnDemand = false, children }: OneProps) {
	const asked = useAsked(() => api("listTriggers"), { on: workChanges, isOnDemand })
	return (
		<Here asked={asked} rows={4}>
			{({ triggers }) => {
				const trigger = triggers.find((one) => one.id === id)
				if (trigger === undefined)
					return <Face icon="webhook" title={words.triggers.missingTitle} text={words.triggers.missing} />
				return children(trigger)
			}}
		</Here>
	)
}

function Known({ trigger }: { trigger: TriggerView }) {
	const { id, name, source, on, isPaused, url } = trigger
	const pause = async () => {
		const spec = specOf({ ...draftOf(trigger), isPaused: !isPaused })
		await api("editTrigger", { params: { trigger: id }, body: { trigger: spec } })
		workChanges.value++
	}
	return (
		<>
			<header class="page-head">
				<h1>{name}</h1>
				<Act may="trigger:manage" onClick={() => void attempt(pause)}>
					<Icon name={isPaused ? "play" : "pause"} />
					{isPaused ? words.triggers.goOn : words.triggers.pause}
				</Act>
				<Act may="trigger:manage" onClick={() => go(triggerPath(id, "edit"))}>
					<Icon name="pencil" />
					{words.tasks.edit}
				</Act>
				<Act
					may="trigger:manage"
					class="danger"
					onClick={() => {
						dialog.value = { is: "own", draw: () => <RemoveTrigger trigger={trigger} /> }
					}}
				>
					{words.triggers.remove}
				</Act>
			</header>
			<p class="task-truth">
				<Icon name={isPaused ? "circle-pause" : "webhook"} />
				<strong>{isPaused ? words.triggers.paused : words.triggers.sources[source.is]}</strong>
				<span class="dim">{words.triggers.rule(words.any(on.map((what) => words.triggers.whats[what])))}</span>
			</p>
			<Part title={words.triggers.address} about={words.triggers.addressText[source.is]}>
				<CopyField text={url} />
			</Part>
			<Deliveries id={id} />
		</>
	)
}

function Deliveries({ id }: { id: TriggerId }) {
	const asked = useAsked(() => api("listDeliveries", { params: { trigger: id } }), { on: workChanges })
	return (
		<Part title={words.triggers.deliveries}>
			<Here asked={asked}>
				{({ deliveries }) =>
					deliveries.length === 0 ? (
						<Face icon="webhook" title={words.triggers.noDeliveriesTitle} text={words.triggers.noDeliveries} />
					) : (
						<ul class="rows boxed">
							{deliveries.map((delivery) => (
								<li key={delivery.number}>
									<DeliveryRow trigger={id} view={delivery} />
								</li>
							))}
						</ul>
					)
				}
			</Here>
		</Part>
	)
}

function DeliveryRow({ trigger, view }: { trigger: TriggerId; view: DeliveryView }) {
	const { number, delivery, isCut, again, outcome, task } = view
	const isOpen = useSignal(false)
	const repeat = async () => {
		await api("repeatDelivery", { params: { trigger, number: String(number) } })
		workChanges.value++
		notify({ tone: "good", text: words.triggers.repeated })
	}
	return (
		<details class="delivery" onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
			<summary class="row" data-row>
				<OutcomeMark is={outcome?.is ?? null} say={words.triggers.outcomes} />
				{delivery.event !== "" && <strong class="mono">{delivery.event}</strong>}
				<span class="dim grow breaks">{outcome?.reason}</span>
				<span class="dim">
					<When at={delivery.at} />
				</span>
			</summary>
			{isOpen.value && (
				<div class="delivery-inside">
					<p class="facts-line">
						<span class="dim">
							{words.triggers.deliveryId} <code>{delivery.id}</code>
						</span>
						{again > 0 && <span class="dim">{words.triggers.again(again)}</span>}
						{task !== null && (
							<a class="link" href={taskPath(task)}>
								{words.triggers.toTask}
							</a>
						)}
						<span class="spring" />
						<Act may="trigger:manage" onClick={() => void attempt(repeat)}>
							<Icon name="rotate-ccw" />
							{words.triggers.repeat}
						</Act>
					</p>
					<h3>{words.triggers.payload}</h3>
					{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
					<pre class="payload" tabIndex={0}>
						{indented(delivery.body)}
					</pre>
					{isCut && <p class="dim">{words.triggers.payloadCut}</p>}
				</div>
			)}
		</details>
	)
}

function indented(body: string): string {
	try {
		return JSON.stringify(JSON.parse(body), null, 2)
	} catch {
		return body
	}
}

function RemoveTrigger({ trigger: { id, name } }: { trigger: TriggerView }) {
	const run = async () => {
		await api("removeTrigger", { params: { trigger: id } })
		workChanges.value++
		go(TRIGGERS)
	}
	return (
		<Confirm title={words.remove.title(name)} submit={words.triggers.remove} danger run={run}>
			<p>{words.triggers.removeText}</p>
		</Confirm>
	)
}
