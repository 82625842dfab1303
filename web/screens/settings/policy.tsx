// The policy: what is answered without a person, who is told and when, and what each channel may answer.
import { useSignal } from "@preact/signals"
import type { Policy } from "../../../protocol/policy.ts"
import type { Answer } from "../../../protocol/routes.ts"
import { api, Problem } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { forbidden } from "../../permission.ts"
import { notify } from "../../state.ts"
import { Here } from "../../ui/faces.tsx"
import { Form } from "../../ui/form.tsx"
import { When } from "../../ui/when.tsx"
import { Head, Part } from "./page.tsx"
import { Rules, TryCommand } from "./policy-rules.tsx"
import { Telling } from "./policy-telling.tsx"

/** Writes a part of the policy; the rest stays as it was read. */
export type Save = (part: Partial<Policy>) => Promise<void>

export function PolicySettings() {
	const asked = useAsked(() => api("readPolicy"))
	/** As it was read after the last change from here: what is asked for by itself may come later. */
	const written = useSignal<Answer<"readPolicy"> | null>(null)
	return (
		<>
			<Head title={words.policy.title} about={words.policy.explain} />
			<Here asked={asked} rows={8}>
				{(told) => {
					const { policy, updatedAt, updatedBy } = newest(told, written.value)
					const save: Save = async (part) => {
						const now = await api("readPolicy")
						if (now.updatedAt !== updatedAt) {
							written.value = now
							throw new Problem(words.policy.meanwhile)
						}
						await api("writePolicy", { body: { policy: { ...policy, ...part } } })
						written.value = await api("readPolicy")
					}
					return (
						<>
							{updatedAt !== null && (
								<p class="page-note">
									<When at={updatedAt} say={words.policy.changed(updatedBy ?? "")} />
								</p>
							)}
							<Rules rules={policy.rules} save={save} />
							<TryCommand rules={policy.rules} />
							<Telling key={`telling ${updatedAt}`} policy={policy} save={save} />
							<Channels key={`channels ${updatedAt}`} mayAnswer={policy.mayAnswer} save={save} />
						</>
					)
				}}
			</Here>
		</>
	)
}

function newest<T extends { updatedAt: number | null }>(told: T, written: T | null): T {
	return written !== null && (written.updatedAt ?? 0) >= (told.updatedAt ?? 0) ? written : told
}

const PLACES = ["push", "telegram", "wechat"] as const

function Channels({ mayAnswer, save }: { mayAnswer: Policy["mayAnswer"]; save: Save }) {
	const draft = useSignal(mayAnswer)
	const why = forbidden("policy:manage")
	const run = async () => {
		await save({ mayAnswer: draft.value })
		notify({ tone: "good", text: words.saved })
	}
	return (
		<Part title={words.policy.mayAnswer} about={words.policy.mayAnswerAbout}>
			<Form may="policy:manage" submit={words.save} disabled={draft.value === mayAnswer} run={run}>
				<div class="policy-fields">
					{PLACES.map((place) => (
						<label key={place} class="field">
							{words.policy.mayAnswerOf(words.policy.places[place])}
							<select
								disabled={why !== undefined}
								title={why}
								value={draft.value[place]}
								onChange={({ currentTarget: { value } }) => {
									draft.value = { ...draft.value, [place]: value as Policy["mayAnswer"]["push"] }
								}}
							>
								{(["nothing", "low", "high"] as const).map((most) => (
									<option key={most} value={most}>
										{words.policy.mayAnswers[most]}
									</option>
								))}
							</select>
						</label>
					))}
				</div>
			</Form>
		</Part>
	)
}
