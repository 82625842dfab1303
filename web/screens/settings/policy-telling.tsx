// Who is told, and when: the deadline, reminders, one person after the other, and hours in which nobody is told.
import { useSignal } from "@preact/signals"
import type { Policy } from "../../../protocol/policy.ts"
import { can } from "../../../protocol/roles.ts"
import type { Member } from "../../../protocol/routes/workspace.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { forbidden } from "../../permission.ts"
import { notify } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { Form } from "../../ui/form.tsx"
import { Icon } from "../../ui/icon.tsx"
import { Part } from "./page.tsx"
import type { Save } from "./policy.tsx"

type Draft = Pick<Policy, "deadlineMinutes" | "remindMinutes" | "escalation" | "quiet">

/** In minutes. */
const SPANS = [5, 10, 15, 30, 60, 120, 240, 480, 1440]

export function Telling({ policy, save }: { policy: Policy; save: Save }) {
	const { deadlineMinutes, remindMinutes, escalation, quiet } = policy
	const draft = useSignal<Draft>({ deadlineMinutes, remindMinutes, escalation, quiet })
	const members = useAsked(() => api("listMembers"))
	const people =
		members.answer.is === "loaded" ? members.answer.value.members.filter(({ role }) => can(role, "session:type")) : []
	const change = (part: Partial<Draft>) => {
		draft.value = { ...draft.value, ...part }
	}
	const isDone = draft.value.escalation === null || draft.value.escalation.people.length > 0
	const run = async () => {
		await save(draft.value)
		notify({ tone: "good", text: words.saved })
	}
	return (
		<Part title={words.policy.times}>
			<Form may="policy:manage" submit={words.save} disabled={!isDone} run={run}>
				<fieldset class="plain" disabled={forbidden("policy:manage") !== undefined} title={forbidden("policy:manage")}>
					<legend class="unseen">{words.policy.times}</legend>
					<div class="policy-fields">
						<Span
							label={words.policy.deadline}
							hint={words.policy.deadlineHint}
							value={draft.value.deadlineMinutes}
							change={(deadlineMinutes) => change({ deadlineMinutes })}
						/>
						<Span
							label={words.policy.remind}
							value={draft.value.remindMinutes}
							change={(remindMinutes) => change({ remindMinutes })}
						/>
					</div>
					<Escalation value={draft.value.escalation} people={people} change={(escalation) => change({ escalation })} />
					<Quiet value={draft.value.quiet} change={(quiet) => change({ quiet })} />
				</fieldset>
			</Form>
		</Part>
	)
}

interface SpanProps {
	label: string
	hint?: string
	value: number | null
	change: (minutes: number | null) => void
	/** One is always chosen. */
	isNeeded?: boolean
}

function Span({ label, hint, value, change, isNeeded }: SpanProps) {
	const spans = value === null || SPANS.includes(value) ? SPANS : [...SPANS, value].sort((a, b) => a - b)
	return (
		<label class="field">
			{label}
			<select
				value={value ?? ""}
				onChange={({ currentTarget }) => change(currentTarget.value === "" ? null : Number(currentTarget.value))}
			>
				{!isNeeded && <option value="">{words.policy.never}</option>}
				{spans.map((minutes) => (
					<option key={minutes} value={minutes}>
						{words.policy.minutes(minutes)}
					</option>
				))}
			</select>
			{hint !== undefined && <small class="dim">{hint}</small>}
		</label>
	)
}

interface EscalationProps {
	value: Policy["escalation"]
	people: readonly Member[]
	change: (escalation: Policy["escalation"]) => void
}

function Escalation({ value, people, change }: EscalationProps) {
	const chain = value?.people ?? []
	const others = people.filter(({ id }) => !chain.includes(id))
	const put = (next: string[]) => change({ minutes: value?.minutes ?? 15, people: next })
	const nameOf = (id: string) => people.find((person) => person.id === id)?.name ?? id
	const swap = (i: number, j: number) => {
		const [one, other] = [chain[i], chain[j]]
		if (one !== undefined && other !== undefined) put(chain.with(i, other).with(j, one))
	}
	return (
		<fieldset class="choices">
			<legend>{words.policy.escalation}</legend>
			<label>
				<input type="radio" name="escalation" checked={value === null} onChange={() => change(null)} />
				{words.policy.escalationAll}
			</label>
			<label>
				<input type="radio" name="escalation" checked={value !== null} onChange={() => put(chain)} />
				{words.policy.escalationChain}
			</label>
			{value !== null && (
				<div class="chain">
					<ol class="rows" aria-label={words.policy.escalationPeople}>
						{chain.map((id, i) => (
							<li key={id} class="row">
								<span class="dim tabular">{i + 1}</span>
								<span class="grow">{nameOf(id)}</span>
								<Act
									may="policy:manage"
									class="quiet square"
									aria-label={words.policy.upPerson(nameOf(id))}
									title={words.policy.up}
									disabled={i === 0}
									onClick={() => swap(i, i - 1)}
								>
									<Icon name="arrow-up" />
								</Act>
								<Act
									may="policy:manage"
									class="quiet square"
									aria-label={words.policy.downPerson(nameOf(id))}
									title={words.policy.down}
									disabled={i === chain.length - 1}
									onClick={() => swap(i, i + 1)}
								>
									<Icon name="arrow-down" />
								</Act>
								<Act
									may="policy:manage"
									class="quiet square"
									aria-label={words.policy.removePerson(nameOf(id))}
									title={words.policy.remove}
									onClick={() => put(chain.filter((other) => other !== id))}
								>
									<Icon name="x" />
								</Act>
							</li>
						))}
					</ol>
					{chain.length === 0 && <p class="dim">{words.policy.escalationEmpty}</p>}
					<div class="policy-fields">
						{others.length > 0 && (
							<label class="field">
								{words.policy.addPerson}
								<select
									value=""
									onChange={({ currentTarget }) => {
										put([...chain, currentTarget.value])
										currentTarget.value = ""
									}}
								>
									<option value="" />
									{others.map(({ id, name }) => (
										<option key={id} value={id}>
											{name}
										</option>
									))}
								</select>
							</label>
						)}
						<Span
							label={words.policy.escalationMinutes}
							value={value.minutes}
							isNeeded
							change={(minutes) => change({ minutes: minutes ?? value.minutes, people: chain })}
						/>
					</div>
				</div>
			)}
		</fieldset>
	)
}

function Quiet({ value, change }: { value: Policy["quiet"]; change: (quiet: Policy["quiet"]) => void }) {
	const own = Intl.DateTimeFormat().resolvedOptions().timeZone
	const zones = Intl.supportedValuesOf("timeZone")
	const all = [...new Set([value?.timeZone ?? own, own, "UTC", ...zones])].sort()
	return (
		<fieldset class="choices">
			<legend class="unseen">{words.policy.quiet}</legend>
			<label>
				<input
					type="checkbox"
					checked={value !== null}
					onChange={({ currentTarget }) =>
						change(currentTarget.checked ? { from: "22:00", to: "07:00", timeZone: own } : null)
					}
				/>
				<strong>{words.policy.quiet}</strong>
			</label>
			<small class="dim">{words.policy.quietAbout}</small>
			{value !== null && (
				<div class="policy-fields">
					<label class="field">
						{words.policy.quietFrom}
						<input
							type="time"
							required
							value={value.from}
							onInput={({ currentTarget }) => change({ ...value, from: currentTarget.value })}
						/>
					</label>
					<label class="field">
						{words.policy.quietTo}
						<input
							type="time"
							required
							value={value.to}
							onInput={({ currentTarget }) => change({ ...value, to: currentTarget.value })}
						/>
					</label>
					<label class="field">
						{words.policy.timeZone}
						<select
							value={value.timeZone}
							onChange={({ currentTarget }) => change({ ...value, timeZone: currentTarget.value })}
						>
							{all.map((zone) => (
								<option key={zone} value={zone}>
									{zone.replaceAll("_", " ")}
								</option>
							))}
						</select>
					</label>
				</div>
			)}
		</fieldset>
	)
}
