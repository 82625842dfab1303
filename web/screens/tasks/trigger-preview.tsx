// What a trigger, as it is written now, makes of its last deliveries, or of a payload that is pasted.
import { useSignal } from "@preact/signals"
import { useId } from "preact/hooks"
import type { TriggerId } from "../../../protocol/ids.ts"
import type { Answer } from "../../../protocol/routes.ts"
import type { Outcome } from "../../../protocol/trigger.ts"
import { api } from "../../api.ts"
import { words } from "../../messages.ts"
import { useRun } from "../../run.ts"
import { faultsIn, specOf, type TriggerDraft } from "../../trigger-draft.ts"
import { Field } from "../../ui/field.tsx"
import { OutcomeMark } from "../../ui/outcome-mark.tsx"
import { Part } from "../settings/page.tsx"

interface Props {
	draft: TriggerDraft
	/** Whose deliveries there are already. */
	of: TriggerId | undefined
}

export function Preview({ draft, of }: Props) {
	const isPasted = useSignal(of === undefined)
	const event = useSignal("")
	const body = useSignal("")
	const outcomes = useSignal<Answer<"previewTrigger">["outcomes"] | null>(null)
	const name = useId()
	const field = useId()
	const spec = specOf(draft)
	const { isPending, problem, run } = useRun(async () => {
		const subject = isPasted.value
			? { payload: { event: event.value.trim(), body: body.value } }
			: { ...(of !== undefined && { of }) }
		const answer = await api("previewTrigger", { body: { trigger: spec, ...subject } })
		outcomes.value = answer.outcomes
	})
	const canRun = faultsIn(spec).length === 0 && (!isPasted.value || body.value.trim() !== "")
	return (
		<Part title={words.triggers.preview} about={words.triggers.previewText}>
			{of !== undefined && (
				<fieldset class="segments">
					<legend class="unseen">{words.triggers.previewOf}</legend>
					{[false, true].map((pasted) => (
						<label key={String(pasted)}>
							<input
								type="radio"
								class="unseen"
								name={name}
								checked={isPasted.value === pasted}
								onChange={() => (isPasted.value = pasted)}
							/>
							{pasted ? words.triggers.previewPasted : words.triggers.previewLast}
						</label>
					))}
				</fieldset>
			)}
			{isPasted.value && (
				<>
					<Field
						label={words.triggers.eventName}
						isCode
						placeholder={words.triggers.eventHint}
						value={event.value}
						change={(typed) => (event.value = typed)}
					/>
					<div class="field">
						<label for={field}>{words.triggers.pasted}</label>
						<textarea
							id={field}
							class="mono grows"
							rows={4}
							spellcheck={false}
							maxLength={262_144}
							value={body.value}
							onInput={({ currentTarget: { value } }) => (body.value = value)}
						/>
					</div>
				</>
			)}
			<div>
				<button type="button" disabled={!canRun || isPending} aria-busy={isPending} onClick={() => void run()}>
					{words.triggers.previewRun}
				</button>
			</div>
			<div role="status">
				{problem !== "" && <p class="problem">{problem}</p>}
				{outcomes.value?.length === 0 && <p class="dim">{words.triggers.previewNone}</p>}
				{outcomes.value !== null && outcomes.value.length > 0 && (
					<ul class="rows boxed">
						{outcomes.value.map(({ delivery, outcome }) => (
							<li key={delivery} class="preview">
								<Would delivery={delivery} outcome={outcome} />
							</li>
						))}
					</ul>
				)}
			</div>
		</Part>
	)
}

function Would({ delivery, outcome }: { delivery: string; outcome: Outcome }) {
	return (
		<>
			<p class="facts-line">
				<OutcomeMark is={outcome.is} say={words.triggers.wouldBe} />
				<code class="dim">{delivery}</code>
			</p>
			{outcome.is === "task" ? (
				<pre class="prompt-text">{outcome.manifest.prompt}</pre>
			) : (
				<p class="dim breaks">{outcome.reason}</p>
			)}
			{outcome.is === "failed" && outcome.missing.length > 0 && (
				<p class="problem mono">{words.triggers.missingFields(outcome.missing.join(", "))}</p>
			)}
		</>
	)
}
