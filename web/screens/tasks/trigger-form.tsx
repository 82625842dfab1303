// A trigger while it is written: who sends, what counts, what its tasks get, and a preview of what comes of it.
import { useSignal } from "@preact/signals"
import { useId } from "preact/hooks"
import type { TriggerId } from "../../../protocol/ids.ts"
import { TEMPLATE_CHARS, TRUST, WHATS } from "../../../protocol/trigger.ts"
import { api } from "../../api.ts"
import { words } from "../../messages.ts"
import { go, triggerPath } from "../../navigation.ts"
import { notify, workChanges } from "../../state.ts"
import { draftOf, FIRST_TRIGGER, faultsIn, isHosting, SOURCES, specOf, type TriggerDraft } from "../../trigger-draft.ts"
import { Field } from "../../ui/field.tsx"
import { Form } from "../../ui/form.tsx"
import { ManifestFields, SecretField, useSecretNames } from "../../ui/manifest-fields.tsx"
import { More } from "../../ui/more.tsx"
import { WordsField } from "../../ui/words-field.tsx"
import { Part } from "../settings/page.tsx"
import { Conditions } from "./conditions.tsx"
import { HookSecret } from "./hook-secret.tsx"
import { Allowed, DetailPage, TO_TRIGGERS } from "./page.tsx"
import { One } from "./trigger.tsx"
import { Preview } from "./trigger-preview.tsx"
import type { TriggerView } from "./triggers.tsx"

export function NewTrigger() {
	return (
		<DetailPage title={words.triggers.create} back={TO_TRIGGERS}>
			<header class="page-head">
				<h1>{words.triggers.create}</h1>
			</header>
			<Allowed may="trigger:manage" icon="webhook" title={words.triggers.create}>
				<TriggerForm />
			</Allowed>
		</DetailPage>
	)
}

export function EditTrigger({ id }: { id: TriggerId }) {
	return (
		<DetailPage title={words.tasks.edit} back={{ href: triggerPath(id), label: words.triggers.deliveries }}>
			<Allowed may="trigger:manage" icon="webhook" title={words.tasks.edit}>
				<One id={id} isOnDemand>
					{(trigger) => (
						<>
							<header class="page-head">
								<h1>{words.triggers.editTitle(trigger.name)}</h1>
							</header>
							<TriggerForm trigger={trigger} />
						</>
					)}
				</One>
			</Allowed>
		</DetailPage>
	)
}

function TriggerForm({ trigger }: { trigger?: TriggerView }) {
	const draft = useSignal<TriggerDraft>(
		trigger === undefined ? { ...FIRST_TRIGGER, template: words.triggers.starters.hosting } : draftOf(trigger),
	)
	const say = (changed: Partial<TriggerDraft>) => (draft.value = { ...draft.value, ...changed })
	const spec = specOf(draft.value)
	const faults = faultsIn(spec)
	const run = async () => {
		if (trigger === undefined) {
			const { id } = await api("createTrigger", { body: { trigger: spec } })
			notify({ tone: "good", text: words.triggers.created })
			workChanges.value++
			return go(triggerPath(id))
		}
		await api("editTrigger", { params: { trigger: trigger.id }, body: { trigger: spec } })
		workChanges.value++
		go(triggerPath(trigger.id))
	}
	const props = { draft: draft.value, say }
	return (
		<Form submit={words.save} primary may="trigger:manage" disabled={faults.length > 0} run={run}>
			<Field
				label={words.triggers.name}
				required
				autofocus={trigger === undefined}
				value={draft.value.name}
				change={(name) => say({ name })}
			/>
			<SourceFields {...props} />
			<HookSecret {...props} />
			{isHosting(draft.value.source) && <OnFields {...props} />}
			<TemplateField {...props} />
			<Part title={words.triggers.task}>
				{isHosting(draft.value.source) && (
					<label class="field">
						{words.triggers.workOn}
						<select
							value={draft.value.workOn}
							onChange={({ currentTarget: { value } }) => say({ workOn: value === "event" ? "event" : "manifest" })}
						>
							{(["event", "manifest"] as const).map((known) => (
								<option key={known} value={known}>
									{words.triggers.workOns[known]}
								</option>
							))}
						</select>
					</label>
				)}
				<ManifestFields
					hasNoPrompt
					hosting={hostingOf(draft.value)}
					draft={draft.value.manifest}
					change={(manifest) => say({ manifest })}
				/>
			</Part>
			<More title={words.triggers.limits}>
				<div class="form">
					<Whose {...props} />
				</div>
			</More>
			<Preview draft={draft.value} of={trigger?.id} />
			{faults.length > 0 && draft.value.name.trim() !== "" && (
				<ul class="problems" role="status">
					{faults.slice(0, 5).map(({ path, message }) => (
						<li key={path + message} class="problem">
							{words.manifest.at(path, message)}
						</li>
					))}
				</ul>
			)}
		</Form>
	)
}

/** Where the repositories are that its tasks clone; undefined where no delivery tells one. */
function hostingOf({ source, workOn, urls }: TriggerDraft): string | undefined {
	return isHosting(source) && workOn === "event" ? urls[source] : undefined
}

export interface DraftProps {
	draft: TriggerDraft
	say: (changed: Partial<TriggerDraft>) => void
}

function SourceFields({ draft, say }: DraftProps) {
	const { source, template } = draft
	const { starters } = words.triggers
	const choose = (wanted: TriggerDraft["source"]) => {
		const isStarter = Object.values<string>(starters).includes(template)
		say({ source: wanted, ...(isStarter && { template: isHosting(wanted) ? starters.hosting : starters.other }) })
	}
	return (
		<>
			<label class="field">
				{words.triggers.source}
				<select
					value={source}
					onChange={({ currentTarget: { value } }) => choose(SOURCES.find((known) => known === value) ?? source)}
				>
					{SOURCES.map((known) => (
						<option key={known} value={known}>
							{words.triggers.sources[known]}
						</option>
					))}
				</select>
			</label>
			{isHosting(source) && (
				<Field
					type="url"
					label={words.triggers.url}
					isCode
					required
					value={draft.urls[source]}
					change={(url) => say({ urls: { ...draft.urls, [source]: url } })}
				/>
			)}
			{(source === "hmac" || source === "header") && (
				<div class="two-columns even">
					<Field
						label={words.triggers.header}
						isCode
						required
						placeholder={words.triggers.headerHint}
						value={draft.header}
						change={(header) => say({ header })}
					/>
					<Field
						label={words.triggers.deliveryHeader}
						hint={words.triggers.deliveryHeaderHint}
						isCode
						value={draft.deliveryHeader}
						change={(deliveryHeader) => say({ deliveryHeader })}
					/>
				</div>
			)}
			{source === "hmac" && (
				<div class="two-columns even">
					<Choice
						label={words.triggers.algorithm}
						choices={["sha256", "sha384", "sha512", "sha1"]}
						value={draft.algorithm}
						change={(algorithm) => say({ algorithm })}
					/>
					<Choice
						label={words.triggers.encoding}
						choices={["hex", "base64"]}
						value={draft.encoding}
						change={(encoding) => say({ encoding })}
					/>
					<Field
						label={words.triggers.prefix}
						isCode
						maxLength={32}
						placeholder="sha256="
						value={draft.prefix}
						change={(prefix) => say({ prefix })}
					/>
				</div>
			)}
		</>
	)
}

interface ChoiceProps<T extends string> {
	label: string
	choices: readonly T[]
	value: T
	change: (value: T) => void
}

/** Of words that are the same in every language. */
function Choice<T extends string>({ label, choices, value, change }: ChoiceProps<T>) {
	return (
		<label class="field">
			{label}
			<select
				value={value}
				onChange={({ currentTarget }) => change(choices.find((known) => known === currentTarget.value) ?? value)}
			>
				{choices.map((known) => (
					<option key={known}>{known}</option>
				))}
			</select>
		</label>
	)
}

function OnFields({ draft: { on, command }, say }: DraftProps) {
	const hasComments = on.some((what) => what.endsWith(".comment"))
	return (
		<>
			<fieldset class="choices whats">
				<legend>{words.triggers.on}</legend>
				{WHATS.filter((what) => what !== "delivery").map((what) => (
					<label key={what}>
						<input
							type="checkbox"
							checked={on.includes(what)}
							onChange={({ currentTarget: { checked } }) =>
								say({ on: checked ? [...on, what] : on.filter((one) => one !== what) })
							}
						/>
						{words.triggers.whats[what]}
					</label>
				))}
			</fieldset>
			{hasComments && (
				<Field
					label={words.triggers.command}
					isCode
					required
					maxLength={64}
					value={command}
					change={(typed) => say({ command: typed })}
				/>
			)}
		</>
	)
}

function TemplateField({ draft: { template }, say }: DraftProps) {
	const id = useId()
	return (
		<div class="field">
			<label for={id}>{words.triggers.template}</label>
			<textarea
				id={id}
				class="mono grows"
				rows={6}
				required
				maxLength={TEMPLATE_CHARS}
				aria-describedby={`${id}-hint`}
				value={template}
				onInput={({ currentTarget: { value } }) => say({ template: value })}
			/>
			<small id={`${id}-hint`} class="dim">
				{words.triggers.templateText}
			</small>
		</div>
	)
}

const REPLIES = ["none", "comment", "status"] as const

function Whose({ draft, say }: DraftProps) {
	const names = useSecretNames()
	const { source, atLeast, reply } = draft
	return (
		<>
			{isHosting(source) && (
				<>
					<label class="field">
						{words.triggers.fromWhom}
						<select
							value={atLeast}
							onChange={({ currentTarget: { value } }) =>
								say({ atLeast: TRUST.find((known) => known === value) ?? atLeast })
							}
						>
							{TRUST.toReversed().map((trust) => (
								<option key={trust} value={trust}>
									{words.triggers.trust[trust]}
								</option>
							))}
						</select>
					</label>
					<WordsField
						label={words.triggers.people}
						add={words.triggers.newPerson}
						values={draft.people}
						suggestions={[]}
						fault={() => null}
						change={(people) => say({ people })}
					/>
				</>
			)}
			<Conditions filter={draft.filter} change={(filter) => say({ filter })} />
			<div class="two-columns even">
				<Field
					type="number"
					label={words.triggers.perHour}
					required
					min={1}
					max={10_000}
					value={draft.perHour}
					change={(perHour) => say({ perHour })}
				/>
				{isHosting(source) && (
					<label class="field">
						{words.triggers.reply}
						<select
							value={reply.as}
							onChange={({ currentTarget: { value } }) =>
								say({ reply: { ...reply, as: REPLIES.find((known) => known === value) ?? reply.as } })
							}
						>
							{REPLIES.map((known) => (
								<option key={known} value={known}>
									{words.triggers.replies[known]}
								</option>
							))}
						</select>
					</label>
				)}
				{isHosting(source) && reply.as !== "none" && (
					<SecretField
						label={words.triggers.replySecret}
						none={words.triggers.chooseSecret}
						names={names}
						value={reply.secret}
						change={(secret) => say({ reply: { ...reply, secret } })}
					/>
				)}
			</div>
			{isHosting(source) && (
				<label class="check">
					<input
						type="checkbox"
						checked={draft.oneByOne}
						onChange={({ currentTarget: { checked } }) => say({ oneByOne: checked })}
					/>
					{words.triggers.oneByOne}
				</label>
			)}
			<label class="check">
				<input
					type="checkbox"
					checked={draft.isPaused}
					onChange={({ currentTarget: { checked } }) => say({ isPaused: checked })}
				/>
				{words.triggers.startsPaused}
			</label>
		</>
	)
}
