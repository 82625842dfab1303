// What can be chosen of the substrate that a session is to run in: network, image, VM, loadout, limits.
import type { MachineId } from "../../protocol/ids.ts"
import type { SubstrateInfo } from "../../protocol/substrate.ts"
import { api } from "../api.ts"
import { useAsked } from "../asked.ts"
import { words } from "../messages.ts"
import { optionsOf, type WhereDraft } from "../where.ts"
import { Field } from "./field.tsx"
import { LimitsFields } from "./limits-fields.tsx"
import { More } from "./more.tsx"
import { NetworkField } from "./network-field.tsx"

interface Props {
	machine: MachineId
	info: Extract<SubstrateInfo, { is: "ready" }>
	draft: WhereDraft
	change: (draft: WhereDraft) => void
}

export function WhereFields({ machine, info, draft, change }: Props) {
	const { networks, limits, hasImage, hasVm, hasLoadout } = optionsOf(draft, info)
	const hasNetwork = networks.some((network) => network !== "full")
	return (
		<>
			{info.notes.length > 0 && (
				<ul class="dim notes">
					{info.notes.map((note) => (
						<li key={note}>{note}</li>
					))}
				</ul>
			)}
			{(hasVm || hasImage || hasLoadout || hasNetwork) && (
				<div class="two-columns even">
					{hasVm && <VmFields key={machine} machine={machine} draft={draft} change={change} />}
					{hasImage && !hasVm && (
						<Field
							label={words.start.image}
							isCode
							placeholder={words.start.imageHint}
							value={draft.image}
							change={(image) => change({ ...draft, image })}
						/>
					)}
					{hasNetwork && (
						<NetworkField
							networks={networks}
							draft={draft.network}
							change={(network) => change({ ...draft, network })}
						/>
					)}
					{hasLoadout && (
						<LoadoutField
							key={machine}
							machine={machine}
							value={draft.loadout}
							change={(loadout) => change({ ...draft, loadout })}
						/>
					)}
				</div>
			)}
			{limits.length > 0 && (
				<More title={words.limits.title}>
					<LimitsFields
						known={limits}
						isWhole={hasVm}
						draft={draft.limits}
						change={(limits) => change({ ...draft, limits })}
					/>
				</More>
			)}
		</>
	)
}

/** Which VM: one of its own, made from an image, or one that there is. */
function VmFields({ machine, draft, change }: Omit<Props, "info">) {
	const asked = useAsked(() => api("listVms", { params: { machine } }))
	const { vms, images } = asked.answer.is === "loaded" ? asked.answer.value : { vms: [], images: [] }
	return (
		<>
			<label class="field">
				{words.start.vm}
				<select
					value={draft.vm ?? ""}
					onChange={({ currentTarget: { value } }) => change({ ...draft, vm: value === "" ? null : value })}
				>
					<option value="">{words.start.ownVm}</option>
					{vms.map(({ name, state }) => (
						<option key={name} value={name}>
							{name} ({words.vms.state(state)})
						</option>
					))}
				</select>
			</label>
			{draft.vm !== null && <p class="dim">{words.start.vmAsItIs}</p>}
			{draft.vm === null && images.length > 1 && (
				<label class="field">
					{words.start.image}
					<select
						value={draft.vmImage}
						onChange={({ currentTarget: { value } }) => change({ ...draft, vmImage: value })}
					>
						<option value="">{words.vms.defaultOf}</option>
						{images.map(({ name }) => (
							<option key={name}>{name}</option>
						))}
					</select>
				</label>
			)}
		</>
	)
}

interface LoadoutProps {
	machine: MachineId
	value: string
	change: (loadout: string) => void
}

/** Nothing where the machine has no loadout. */
export function LoadoutField({ machine, value, change }: LoadoutProps) {
	const asked = useAsked(() => api("listLoadouts", { params: { machine } }))
	const usable =
		asked.answer.is === "loaded" ? asked.answer.value.loadouts.filter(({ problems }) => problems.length === 0) : []
	if (usable.length === 0) return null
	return (
		<label class="field">
			{words.start.loadout}
			<select value={value} onChange={(event) => change(event.currentTarget.value)}>
				<option value="">{words.start.noLoadout}</option>
				{usable.map(({ name }) => (
					<option key={name}>{name}</option>
				))}
			</select>
		</label>
	)
}
