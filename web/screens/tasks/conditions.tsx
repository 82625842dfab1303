// What must hold of a delivery for a trigger to make a task of it.
import { CONDITIONS, Condition } from "../../../protocol/trigger.ts"
import { words } from "../../messages.ts"
import type { ConditionDraft } from "../../trigger-draft.ts"
import { Icon } from "../../ui/icon.tsx"

interface Props {
	filter: readonly ConditionDraft[]
	change: (filter: ConditionDraft[]) => void
}

export function Conditions({ filter, change }: Props) {
	const put = (at: number, changed: Partial<ConditionDraft>) =>
		change(filter.map((condition, i) => (i === at ? { ...condition, ...changed } : condition)))
	return (
		<fieldset class="field">
			<legend>{words.triggers.filter}</legend>
			<small class="dim">{words.triggers.filterText}</small>
			{filter.map((condition, i) => (
				<ConditionRow
					key={i}
					condition={condition}
					put={(changed) => put(i, changed)}
					remove={() => change(filter.filter((_, at) => at !== i))}
				/>
			))}
			<div>
				<button
					type="button"
					disabled={filter.length >= CONDITIONS}
					onClick={() => change([...filter, { path: "event.labels[*]", is: "equal", to: "", not: false }])}
				>
					<Icon name="plus" />
					{words.triggers.addCondition}
				</button>
			</div>
		</fieldset>
	)
}

const COMPARISONS = Condition.shape.is.options

interface RowProps {
	condition: ConditionDraft
	put: (changed: Partial<ConditionDraft>) => void
	remove: () => void
}

function ConditionRow({ condition: { path, is, to, not }, put, remove }: RowProps) {
	return (
		<div class="condition">
			<input
				type="text"
				class="mono"
				aria-label={words.triggers.path}
				autocomplete="off"
				autocapitalize="off"
				spellcheck={false}
				value={path}
				onInput={({ currentTarget: { value } }) => put({ path: value })}
			/>
			<label class="check">
				<input type="checkbox" checked={not} onChange={({ currentTarget: { checked } }) => put({ not: checked })} />
				{words.triggers.not}
			</label>
			<select
				aria-label={words.triggers.comparison}
				value={is}
				onChange={({ currentTarget: { value } }) => put({ is: COMPARISONS.find((known) => known === value) ?? is })}
			>
				{COMPARISONS.map((known) => (
					<option key={known} value={known}>
						{words.triggers.comparisons[known]}
					</option>
				))}
			</select>
			{is !== "there" && (
				<input
					type="text"
					aria-label={words.triggers.to}
					placeholder={words.triggers.to}
					autocomplete="off"
					value={to}
					onInput={({ currentTarget: { value } }) => put({ to: value })}
				/>
			)}
			<button
				type="button"
				class="quiet square"
				aria-label={words.triggers.removeCondition}
				title={words.triggers.removeCondition}
				onClick={remove}
			>
				<Icon name="x" />
			</button>
		</div>
	)
}
