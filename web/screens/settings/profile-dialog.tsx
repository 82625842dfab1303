// A runtime profile, written or changed.
import { useSignal } from "@preact/signals"
import { useId } from "preact/hooks"
import type { MachineId } from "../../../protocol/ids.ts"
import type { Profile } from "../../../protocol/profile.ts"
import { api, Problem } from "../../api.ts"
import { words } from "../../messages.ts"
import { draftOf, type ProfileDraft, profileOf } from "../../profile-draft.ts"
import { notify } from "../../state.ts"
import { Confirm } from "../../ui/confirm.tsx"
import { Field } from "../../ui/field.tsx"
import { LabelField } from "../../ui/label-field.tsx"

interface Props {
	machine: MachineId
	/** Undefined for a new one. */
	profile?: Profile
	saved: () => void
}

export function EditProfile({ machine, profile, saved }: Props) {
	const draft = useSignal(draftOf(profile))
	const rest = useId()
	const set = (change: Partial<ProfileDraft>) => (draft.value = { ...draft.value, ...change })
	const run = async () => {
		const made = profileOf(draft.value)
		if (typeof made === "string") throw new Problem(made)
		const { id, ...body } = made
		await api("saveProfile", { params: { machine, profile: id }, body })
		notify({ tone: "good", text: words.profiles.savedFor(made.label) })
		saved()
	}
	const { id, label, program, arguments: args, resume, install } = draft.value
	const { profiles } = words
	return (
		<Confirm
			title={profile === undefined ? profiles.createTitle : profiles.editTitle(profile.label)}
			submit={words.save}
			size="wide"
			run={run}
		>
			<div class="two-columns even">
				<LabelField
					label={profiles.id}
					hint={profiles.idHint}
					readOnly={profile !== undefined}
					value={id}
					change={(value) => set({ id: value })}
				/>
				<Field label={profiles.label} required maxLength={64} value={label} change={(value) => set({ label: value })} />
				<Field
					label={profiles.program}
					hint={profiles.programHint}
					isCode
					required
					value={program}
					change={(value) => set({ program: value })}
				/>
				<Field label={profiles.arguments} isCode value={args} change={(value) => set({ arguments: value })} />
				<Field
					label={profiles.resume}
					hint={profiles.resumeHint}
					isCode
					value={resume}
					change={(value) => set({ resume: value })}
				/>
				<Field label={profiles.install} isCode value={install} change={(value) => set({ install: value })} />
			</div>
			<div class="field">
				<label for={rest}>{profiles.rest}</label>
				<textarea
					id={rest}
					class="mono"
					rows={10}
					spellcheck={false}
					autocapitalize="off"
					autocomplete="off"
					aria-describedby={`${rest}-hint`}
					value={draft.value.rest}
					onInput={(event) => set({ rest: event.currentTarget.value })}
				/>
				<small id={`${rest}-hint`} class="dim">
					{profiles.restHint}
				</small>
			</div>
		</Confirm>
	)
}
