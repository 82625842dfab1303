// What a token may do: which actions, on which machines, until when.
import { useSignal } from "@preact/signals"
import { ACTIONS, type Action, can, type Role } from "../../protocol/roles.ts"
import type { Scope } from "../../protocol/routes/tokens.ts"
import { words } from "../messages.ts"
import { tagFault } from "./tags.tsx"
import { WordsField } from "./words-field.tsx"

/** A scope while it is chosen: it counts from the moment at which it is asked for. */
export interface ScopeDraft {
	actions: Action[] | null
	tags: string[]
	/** Null: until it is revoked. */
	days: number | null
}

/** As long as a program is likely to be looked after. */
export const FIRST_DRAFT: ScopeDraft = { actions: null, tags: [], days: 90 }

export function isComplete({ actions }: ScopeDraft): boolean {
	return actions === null || actions.length > 0
}

export function scopeOf({ actions, tags, days }: ScopeDraft): Scope {
	return {
		actions,
		tags: tags.length === 0 ? null : tags,
		expiresAt: days === null ? null : Date.now() + days * DAY_MS,
	}
}

interface Props {
	/** Of the person in the workspace that the token is for. */
	role: Role
	draft: ScopeDraft
	change: (draft: ScopeDraft) => void
	/** Those in use, as far as they are known. */
	tags: readonly string[]
}

export function ScopeFields({ role, draft, change, tags }: Props) {
	const allowed = ACTIONS.filter((action) => can(role, action))
	/** Kept while "everything" is chosen, so that changing one's mind costs nothing. */
	const chosen = useSignal<Action[]>(draft.actions ?? [])
	const choose = (actions: Action[] | null) => {
		if (actions !== null) chosen.value = actions
		change({ ...draft, actions })
	}
	return (
		<>
			<fieldset class="choices">
				<legend>{words.scope.actions}</legend>
				<label>
					<input type="radio" name="scope" checked={draft.actions === null} onChange={() => choose(null)} />
					{words.scope.everything(words.roles[role].name)}
				</label>
				<label>
					<input type="radio" name="scope" checked={draft.actions !== null} onChange={() => choose(chosen.value)} />
					{words.scope.only}
				</label>
				{draft.actions !== null && (
					<div class="scope-actions">
						{allowed.map((action) => (
							<label key={action}>
								<input
									type="checkbox"
									checked={chosen.value.includes(action)}
									onChange={(event) =>
										choose(
											event.currentTarget.checked
												? [...chosen.value, action]
												: chosen.value.filter((other) => other !== action),
										)
									}
								/>
								{words.actions[action]}
							</label>
						))}
					</div>
				)}
			</fieldset>
			<WordsField
				label={words.scope.tags}
				hint={words.scope.tagsHint}
				add={words.newTag}
				values={draft.tags}
				suggestions={tags}
				fault={tagFault}
				change={(tags) => change({ ...draft, tags })}
			/>
			<label class="field">
				{words.scope.expires}
				<select
					value={draft.days ?? ""}
					onChange={({ currentTarget: { value } }) => change({ ...draft, days: value === "" ? null : Number(value) })}
				>
					{[1, 7, 30, 90, 365].map((days) => (
						<option key={days} value={days}>
							{words.scope.days(days)}
						</option>
					))}
					<option value="">{words.scope.never}</option>
				</select>
			</label>
		</>
	)
}

const DAY_MS = 24 * 60 * 60_000
