// What one machine can run sessions in, as it found by trying, which of these is the default, and how many tasks at once.
import { useSignal } from "@preact/signals"
import type { MachineId } from "../../../protocol/ids.ts"
import { SUBSTRATES, type Substrate, type SubstrateInfo } from "../../../protocol/substrate.ts"
import { TaskSlots as Slots } from "../../../protocol/task-report.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { attempt } from "../../run.ts"
import { startJob } from "../../starting.ts"
import { may, notify } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { Here } from "../../ui/faces.tsx"
import { Field } from "../../ui/field.tsx"
import { Form } from "../../ui/form.tsx"
import { Icon } from "../../ui/icon.tsx"
import { SUBSTRATE_ICONS } from "../../ui/substrate-tiles.tsx"
import { Part } from "./page.tsx"

const TRYING_MS = 2_000

export function SubstratesPart({ machine }: { machine: MachineId }) {
	const isSetting = useSignal(false)
	const params = { machine }
	const asked = useAsked(() => api("listSubstrates", { params, query: { again: "false" } }), {
		everyMs: ({ isTrying }) => (isTrying ? TRYING_MS : null),
	})
	const tryAgain = async () => {
		isSetting.value = true
		await attempt(() => api("listSubstrates", { params, query: { again: "true" } }))
		asked.again()
		isSetting.value = false
	}
	const settle = async (substrate: Substrate | null) => {
		isSetting.value = true
		const isDone = await attempt(async () => {
			await api("configureMachine", { params, body: { substrate } })
			const { default: settled } = await api("listSubstrates", { params, query: { again: "false" } })
			notify({ tone: "good", text: words.substrates.defaultSaved(words.substrates.names[settled]) })
		})
		if (isDone) asked.again()
		isSetting.value = false
	}
	const isBusy = isSetting.value || (asked.answer.is === "loaded" && asked.answer.value.isTrying)
	const slots = asked.answer.is === "loaded" ? asked.answer.value.taskSlots : undefined
	return (
		<>
			<Part
				title={words.substrates.title}
				about={words.substrates.explain}
				action={
					<button type="button" disabled={isBusy} aria-busy={isBusy} onClick={() => void tryAgain()}>
						<Icon name="refresh-cw" />
						{isBusy ? words.substrates.trying : words.substrates.again}
					</button>
				}
			>
				<Here asked={asked} rows={4}>
					{({ default: settled, substrates }) => (
						<>
							<ul class="rows things">
								{SUBSTRATES.map((substrate) => (
									<SubstrateRow
										key={substrate}
										machine={machine}
										substrate={substrate}
										info={substrates.find((info) => info.substrate === substrate)}
										isDefault={substrate === settled}
										isBusy={isSetting.value}
										makeDefault={() => void settle(substrate)}
									/>
								))}
							</ul>
							<div class="form-foot">
								<Act may="machine:manage" disabled={isSetting.value} onClick={() => void settle(null)}>
									{words.substrates.best}
								</Act>
								<small class="dim">{words.substrates.bestText}</small>
							</div>
						</>
					)}
				</Here>
			</Part>
			{slots !== undefined && <TaskSlots key={slots} machine={machine} slots={slots} again={asked.again} />}
		</>
	)
}

/** How many tasks it runs at once. */
function TaskSlots({ machine, slots, again }: { machine: MachineId; slots: number; again: () => void }) {
	const wanted = useSignal(String(slots))
	const run = async () => {
		await api("configureTasks", { params: { machine }, body: { slots: Number(wanted.value) } })
		notify({ tone: "good", text: words.saved })
		again()
	}
	return (
		<Part title={words.machineTasks.title} about={words.machineTasks.explain}>
			<Form submit={words.save} may="machine:manage" disabled={wanted.value.trim() === String(slots)} run={run}>
				<Field
					type="number"
					label={words.machineTasks.atOnce}
					hint={words.machineTasks.none}
					class="short"
					min={0}
					max={Slots.maxValue ?? 0}
					required
					readOnly={!may("machine:manage")}
					value={wanted.value}
					change={(typed) => (wanted.value = typed)}
				/>
			</Form>
		</Part>
	)
}

interface RowProps {
	machine: MachineId
	substrate: Substrate
	/** Undefined while it is being tried. */
	info: SubstrateInfo | undefined
	isDefault: boolean
	isBusy: boolean
	makeDefault: () => void
}

function SubstrateRow({ machine, substrate, info, isDefault, isBusy, makeDefault }: RowProps) {
	const name = words.substrates.names[substrate]
	return (
		<li class="thing">
			<div class="thing-what">
				<Icon name={SUBSTRATE_ICONS[substrate]} />
				<strong>{name}</strong>
				<Readiness info={info} />
				{isDefault && <span class="tag">{words.substrates.isDefault}</span>}
			</div>
			{info !== undefined && <Facts info={info} />}
			{info?.is === "ready" && (
				<div class="thing-do">
					{substrate === "container" && (
						<Act may="session:start" onClick={() => void attempt(() => startJob(machine, ["container-image"]))}>
							<Icon name="hammer" />
							{words.substrates.build}
						</Act>
					)}
					{!isDefault && (
						<Act
							may="machine:manage"
							disabled={isBusy}
							aria-label={words.substrates.makeDefaultOf(name)}
							onClick={makeDefault}
						>
							{words.substrates.makeDefault}
						</Act>
					)}
				</div>
			)}
		</li>
	)
}

function Readiness({ info }: { info: SubstrateInfo | undefined }) {
	if (info === undefined)
		return (
			<span class="truth busy">
				<span class="shape" aria-hidden="true" />
				{words.substrates.unknown}
			</span>
		)
	if (info.is === "ready")
		return (
			<span class="state running">
				<Icon name="circle-check" />
				{words.substrates.ready}
			</span>
		)
	return (
		<span class="state">
			<Icon name="minus" />
			{words.substrates.absent}
		</span>
	)
}

function Facts({ info }: { info: SubstrateInfo }) {
	const { networks: network, limits: limit, reason, remedy, by, notes } = words.substrates
	if (info.is === "absent")
		return (
			<dl class="facts">
				<dt>{reason}</dt>
				<dd>{info.reason}</dd>
				<dt>{remedy}</dt>
				<dd>{info.remedy}</dd>
			</dl>
		)
	const limits = info.limits.map((known) => words.substrates.limit[known])
	return (
		<dl class="facts">
			<dt>{by}</dt>
			<dd>{info.by}</dd>
			<dt>{network}</dt>
			<dd>{words.list(info.networks.map((known) => words.substrates.network[known]))}</dd>
			<dt>{limit}</dt>
			<dd>{limits.length === 0 ? words.substrates.noLimits : words.list(limits)}</dd>
			{info.notes.length > 0 && (
				<>
					<dt>{notes}</dt>
					<dd>
						<ul class="notes">
							{info.notes.map((note) => (
								<li key={note}>{note}</li>
							))}
						</ul>
					</dd>
				</>
			)}
		</dl>
	)
}
