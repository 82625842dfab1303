// A task's manifest while it is written: as a form of what is often wanted, or as YAML with every word that there is.
import { useSignal } from "@preact/signals"
import { useId } from "preact/hooks"
import type { MachineId } from "../../protocol/ids.ts"
import { CUSTOM, SHELL } from "../../protocol/session.ts"
import { SUBSTRATES } from "../../protocol/substrate.ts"
import { Changes, PROMPT_CHARS } from "../../protocol/task.ts"
import { api } from "../api.ts"
import { quoteArgument, splitCommand } from "../argv.ts"
import { useAsked } from "../asked.ts"
import { words } from "../messages.ts"
import { machines, may } from "../state.ts"
import {
	type FromYaml,
	faultsIn,
	fromYaml,
	type ManifestDraft,
	saying,
	secretOf,
	toYaml,
	without,
} from "../task-draft.ts"
import { DirectoryField } from "./directory-field.tsx"
import { Field } from "./field.tsx"
import { More } from "./more.tsx"
import { standingOf } from "./presence.tsx"
import { machineTags, tagFault } from "./tags.tsx"
import { WordsField } from "./words-field.tsx"
import { YamlField } from "./yaml-field.tsx"

interface Props {
	draft: ManifestDraft
	change: (draft: ManifestDraft) => void
	/** The prompt comes from elsewhere, such as a trigger's template. */
	hasNoPrompt?: boolean
	/** So does what it works on: a repository at this hosting. */
	hosting?: string | undefined
}

export function ManifestFields(props: Props) {
	/** What is typed as YAML; null while the form is shown. */
	const yaml = useSignal<string | null>(null)
	const { draft, change } = props
	const read = yaml.value === null ? null : fromYaml(yaml.value)
	const fault = read?.is === "fault" ? read : null
	const name = useId()
	return (
		<div class="form manifest">
			<fieldset class="segments">
				<legend class="unseen">{words.manifest.views}</legend>
				{(["form", "yaml"] as const).map((view) => (
					<label key={view}>
						<input
							type="radio"
							class="unseen"
							name={name}
							checked={(yaml.value === null) === (view === "form")}
							disabled={view === "form" && fault !== null}
							onChange={() => {
								yaml.value = view === "form" ? null : toYaml(draft)
							}}
						/>
						{words.manifest[view]}
					</label>
				))}
			</fieldset>
			{yaml.value === null ? (
				<FormFields {...props} />
			) : (
				<>
					<YamlField
						label={words.tasks.manifest}
						value={yaml.value}
						wrong={read === null ? [] : linesOf(read, draft)}
						at={null}
						change={(typed) => {
							yaml.value = typed
							const said = fromYaml(typed)
							// What cannot be read is no manifest, and is not submitted as one.
							change(said.is === "draft" ? said.draft : UNREADABLE)
						}}
					/>
					{fault === null ? (
						<small class="dim">{words.manifest.yamlHint}</small>
					) : (
						<p class="problem" role="alert">
							{words.manifest.fault(fault.line, fault.column, fault.message)}
						</p>
					)}
				</>
			)}
			{fault === null && <Faults draft={draft} />}
		</div>
	)
}

/** Those with a mistake. */
function linesOf(read: FromYaml, draft: ManifestDraft): number[] {
	return read.is === "fault" ? [read.line] : faultsIn(draft).map(({ path }) => read.lineOf(path))
}

/** A draft that no schema takes. */
const UNREADABLE = { name: "" } as ManifestDraft

function Faults({ draft }: { draft: ManifestDraft }) {
	const faults = faultsIn(draft)
	if (faults.length === 0) return null
	return (
		<ul class="problems" role="status">
			{faults.slice(0, 5).map(({ path, message }) => (
				<li key={path + message} class="problem">
					{words.manifest.at(path, message)}
				</li>
			))}
		</ul>
	)
}

function FormFields({ draft, change, hasNoPrompt, hosting }: Props) {
	const runtime = draft.runtime ?? "claude-code"
	const say = <Key extends keyof ManifestDraft>(key: Key, value: ManifestDraft[Key] | undefined) =>
		change(saying(draft, key, value))
	const prompt = useId()
	const isCommand = runtime === SHELL || runtime === CUSTOM
	return (
		<>
			{!hasNoPrompt && runtime !== CUSTOM && (
				<div class="field">
					<label for={prompt}>{words.manifest.prompt}</label>
					<textarea
						id={prompt}
						class={isCommand ? "mono grows" : "grows"}
						rows={5}
						maxLength={PROMPT_CHARS}
						spellcheck={!isCommand}
						value={draft.prompt ?? ""}
						onInput={(event) => say("prompt", event.currentTarget.value)}
					/>
				</div>
			)}
			{runtime === CUSTOM && <CommandField label={words.manifest.command} draft={draft} change={change} />}
			<div class="two-columns even">
				<RuntimeField draft={draft} change={change} />
				<MachineField draft={draft} change={change} />
			</div>
			{hosting !== undefined ? (
				<div class="two-columns even">
					<ChangesField draft={draft} change={change} />
					<CredentialField draft={draft} change={change} hosting={hosting} />
				</div>
			) : (
				<WorkOnFields draft={draft} change={change} />
			)}
			<More title={words.manifest.more}>
				<div class="form">
					{runtime !== CUSTOM && (
						<CommandField
							label={words.manifest.arguments}
							hint={words.manifest.argumentsHint}
							draft={draft}
							change={change}
						/>
					)}
					<MoreFields draft={draft} change={change} />
				</div>
			</More>
		</>
	)
}

function CommandField({ label, hint, draft, change }: Props & { label: string; hint?: string }) {
	const line = useSignal((draft.argv ?? []).map(quoteArgument).join(" "))
	const read = splitCommand(line.value)
	return (
		<>
			<Field
				label={label}
				hint={hint}
				isCode
				placeholder={words.start.commandHint}
				aria-invalid={!read.ok}
				value={line.value}
				change={(typed) => {
					line.value = typed
					const said = splitCommand(typed)
					if (said.ok) change(saying(draft, "argv", said.argv))
				}}
			/>
			{!read.ok && <p class="problem">{words.start.openQuote}</p>}
		</>
	)
}

/** Those of the machine that is chosen, or of one that is linked; and any other, by its name in YAML. */
function RuntimeField(props: Props) {
	const listed = machines.value.is === "loaded" ? machines.value.value : []
	const { machine } = props.draft.target ?? {}
	const chosen = listed.find(({ id, name }) => id === machine || name === machine)
	const on = chosen ?? listed.find(({ id }) => ["linked", "unproven"].includes(standingOf(id).is))
	return <RuntimesOf key={on?.id} on={on?.id} {...props} />
}

/** What there is in any case: by the names that manifests have for them. */
const KNOWN = ["claude-code", "codex", "gemini", "opencode", "aider", SHELL]

function RuntimesOf({ on, draft, change }: Props & { on: MachineId | undefined }) {
	const asked = useAsked(async () =>
		on === undefined ? [] : (await api("listRuntimes", { params: { machine: on } })).runtimes,
	)
	const runtime = draft.runtime ?? "claude-code"
	const told = asked.answer.is === "loaded" ? asked.answer.value : []
	const labels = new Map(told.map(({ id, label }) => [id, label]))
	const ids = [...new Set([...told.map(({ id }) => id), ...KNOWN, runtime])].filter((id) => id !== CUSTOM)
	return (
		<label class="field">
			{words.manifest.runtime}
			<select value={runtime} onChange={({ currentTarget: { value } }) => change(saying(draft, "runtime", value))}>
				{ids.map((id) => (
					<option key={id} value={id}>
						{labels.get(id) ?? id}
					</option>
				))}
				<option value={CUSTOM}>{words.start.custom}</option>
			</select>
		</label>
	)
}

const NEW_VM = "new vm"

function MachineField({ draft, change }: Props) {
	const listed = machines.value.is === "loaded" ? machines.value.value : []
	const { target } = draft
	const known = listed.find(({ id, name }) => id === target?.machine || name === target?.machine)
	const chosen = target?.newVm !== undefined ? NEW_VM : (known?.id ?? target?.machine ?? "")
	const choose = (value: string) => {
		const { tags = [] } = target ?? {}
		const place = value === NEW_VM ? { newVm: {} } : value === "" ? {} : { machine: value }
		change(saying(draft, "target", without({ tags, ...place })))
	}
	return (
		<label class="field">
			{words.manifest.machine}
			<select value={chosen} onChange={({ currentTarget: { value } }) => choose(value)}>
				<option value="">{words.manifest.anyMachine}</option>
				{listed.map(({ id, name }) => (
					<option key={id} value={id}>
						{name} ({words.presence.word(standingOf(id))})
					</option>
				))}
				{known === undefined && target?.machine !== undefined && <option>{target.machine}</option>}
				<option value={NEW_VM}>{words.manifest.newVm}</option>
			</select>
		</label>
	)
}

const WORKS = ["nothing", "repository", "directory"] as const

function WorkOnFields({ draft, change }: Props) {
	const { workOn } = draft
	const is = workOn?.is ?? "nothing"
	const machine = machines.value.is === "loaded" ? machines.value.value : []
	const on = machine.find(({ id, name }) => id === draft.target?.machine || name === draft.target?.machine)
	const choose = (wanted: (typeof WORKS)[number] | undefined) => {
		if (wanted === "repository") change(saying(draft, "workOn", { is: wanted, url: "" }))
		else if (wanted === "directory") change(saying(draft, "workOn", { is: wanted, path: "" }))
		else change(saying(saying(draft, "workOn", undefined), "changes", undefined))
	}
	return (
		<>
			<div class="two-columns even">
				<label class="field">
					{words.manifest.workOn}
					<select
						value={is}
						onChange={({ currentTarget: { value } }) => choose(WORKS.find((known) => known === value))}
					>
						{WORKS.map((work) => (
							<option key={work} value={work}>
								{words.manifest.works[work]}
							</option>
						))}
					</select>
				</label>
				{workOn !== undefined && <ChangesField draft={draft} change={change} />}
			</div>
			{workOn?.is === "repository" && (
				<>
					<div class="two-columns">
						<Field
							label={words.manifest.url}
							isCode
							required
							placeholder={words.start.urlHint}
							value={workOn.url}
							change={(url) => change(saying(draft, "workOn", { ...workOn, url }))}
						/>
						<Field
							label={words.manifest.ref}
							isCode
							placeholder={words.manifest.refHint}
							value={workOn.ref ?? ""}
							change={(ref) => change(saying(draft, "workOn", withRef(workOn, ref)))}
						/>
					</div>
					<CredentialField draft={draft} change={change} />
				</>
			)}
			{workOn?.is === "directory" && (
				<>
					{on === undefined ? (
						<Field
							label={words.manifest.directory}
							isCode
							required
							placeholder={words.manifest.directoryHint}
							value={workOn.path}
							change={(path) => change(saying(draft, "workOn", { ...workOn, path }))}
						/>
					) : (
						<DirectoryField
							machine={on.id}
							label={words.manifest.directory}
							value={workOn.path}
							change={(path) => change(saying(draft, "workOn", { ...workOn, path }))}
						/>
					)}
					<label class="check">
						<input
							type="checkbox"
							checked={workOn.worktree ?? false}
							onChange={({ currentTarget: { checked } }) =>
								change(saying(draft, "workOn", { ...workOn, worktree: checked }))
							}
						/>
						{words.manifest.worktree}
					</label>
				</>
			)}
		</>
	)
}

type Repository = Extract<NonNullable<ManifestDraft["workOn"]>, { is: "repository" }>

function withRef({ ref: _, ...workOn }: Repository, ref: string): Repository {
	return ref.trim() === "" ? workOn : { ...workOn, ref: ref.trim() }
}

function ChangesField({ draft, change }: Props) {
	const { do: deed = "keep", branch = "" } = draft.changes ?? {}
	const choose = (wanted: (typeof Changes.options)[number] | undefined) =>
		change(saying(draft, "changes", wanted === "keep" ? undefined : { ...draft.changes, do: wanted ?? deed }))
	return (
		<>
			<label class="field">
				{words.manifest.changes}
				<select
					value={deed}
					onChange={({ currentTarget: { value } }) => choose(Changes.options.find((known) => known === value))}
				>
					{Changes.options.map((known) => (
						<option key={known} value={known}>
							{words.manifest.changeDeeds[known]}
						</option>
					))}
				</select>
			</label>
			{deed !== "keep" && (
				<Field
					label={words.manifest.branch}
					isCode
					placeholder={words.manifest.branchHint}
					value={branch}
					change={(typed) => change(saying(draft, "changes", without({ ...draft.changes, branch: typed.trim() })))}
				/>
			)}
		</>
	)
}

/** Nothing for those who may not see the names of secrets. */
function CredentialField({ draft, change, hosting }: Props) {
	const names = useSecretNames()
	const workOn = draft.workOn ?? (hosting === undefined ? undefined : { is: "repository", url: hosting })
	if (workOn?.is !== "repository" || names.length === 0) return null
	const { credential, ...rest } = workOn
	const choose = (secret: string) => {
		const isUnsaid = secret === "" && hosting !== undefined && rest.depth === undefined
		const kept = isUnsaid ? undefined : rest
		change(saying(draft, "workOn", secret === "" ? kept : { ...rest, credential: { ...credential, secret } }))
	}
	return (
		<SecretField
			label={words.manifest.credential}
			none={words.manifest.credentialHint}
			names={names}
			value={credential?.secret ?? ""}
			change={choose}
		/>
	)
}

interface SecretFieldProps {
	label: string
	/** What choosing none is called. */
	none: string
	names: readonly string[]
	value: string
	change: (secret: string) => void
}

/** One of the workspace's secrets, by its name. */
export function SecretField({ label, none, names, value, change }: SecretFieldProps) {
	const shown = value === "" || names.includes(value) ? names : [value, ...names]
	return (
		<label class="field">
			{label}
			<select value={value} onChange={({ currentTarget }) => change(currentTarget.value)}>
				<option value="">{none}</option>
				{shown.map((name) => (
					<option key={name}>{name}</option>
				))}
			</select>
		</label>
	)
}

export function useSecretNames(): string[] {
	const mayRead = may("secret:read")
	const asked = useAsked(async () => (mayRead ? (await api("listSecrets")).secrets : []))
	return asked.answer.is === "loaded" ? asked.answer.value.map(({ name }) => name) : []
}

function MoreFields({ draft, change }: Props) {
	const names = useSecretNames()
	const say = <Key extends keyof ManifestDraft>(key: Key, value: ManifestDraft[Key] | undefined) =>
		change(saying(draft, key, value))
	const { target, concurrency, retries } = draft
	const secrets = Object.entries(draft.secrets ?? {}).map(([variable, secret]) =>
		variable === secret ? secret : `${variable}=${secret}`,
	)
	const bind = (lines: string[]) =>
		say(
			"secrets",
			Object.fromEntries(
				lines.flatMap((line) => {
					const bound = secretOf(line)
					return bound === null ? [] : [[bound.variable, bound.secret]]
				}),
			),
		)
	return (
		<>
			<div class="two-columns even">
				<Field
					label={words.manifest.name}
					placeholder={words.manifest.nameHint}
					value={draft.name ?? ""}
					change={(typed) => say("name", typed)}
				/>
				<Field
					label={words.manifest.model}
					isCode
					placeholder={words.manifest.modelHint}
					value={draft.model ?? ""}
					change={(typed) => say("model", typed.trim())}
				/>
				<label class="field">
					{words.manifest.substrate}
					<select
						value={draft.substrate ?? ""}
						onChange={({ currentTarget: { value } }) =>
							say(
								"substrate",
								SUBSTRATES.find((known) => known === value),
							)
						}
					>
						<option value="">{words.manifest.substrateDefault}</option>
						{SUBSTRATES.map((substrate) => (
							<option key={substrate} value={substrate}>
								{words.substrates.names[substrate]}
							</option>
						))}
					</select>
				</label>
				<NumberField
					label={words.manifest.priority}
					hint={words.manifest.priorityHint}
					value={draft.priority}
					plain={0}
					change={(value) => say("priority", value)}
				/>
				<NumberField
					label={words.manifest.timeout}
					value={draft.timeoutSeconds}
					unit={60}
					plain={3_600}
					change={(value) => say("timeoutSeconds", value)}
				/>
				<NumberField
					label={words.manifest.queueFor}
					value={draft.queueSeconds}
					unit={3_600}
					plain={720 * 3_600}
					change={(value) => say("queueSeconds", value)}
				/>
				<NumberField
					label={words.manifest.retries}
					value={retries?.max}
					plain={0}
					change={(max) => say("retries", max === undefined ? undefined : { ...retries, max })}
				/>
				<Field
					label={words.manifest.key}
					hint={words.manifest.keyHint}
					isCode
					value={concurrency?.key ?? ""}
					change={(key) => say("concurrency", key.trim() === "" ? undefined : { ...concurrency, key: key.trim() })}
				/>
			</div>
			<WordsField
				label={words.manifest.tags}
				add={words.newTag}
				values={target?.tags ?? []}
				suggestions={machineTags()}
				fault={tagFault}
				change={(tags) => say("target", without({ ...target, tags }))}
			/>
			<WordsField
				label={words.manifest.secrets}
				hint={words.manifest.secretsHint}
				add={words.manifest.newSecret}
				values={secrets}
				suggestions={names}
				fault={(word) => (secretOf(word) === null ? words.manifest.secretFault : null)}
				change={bind}
			/>
			<WordsField
				label={words.manifest.artifacts}
				hint={words.manifest.artifactsHint}
				add={words.manifest.newArtifact}
				values={draft.artifacts ?? []}
				suggestions={[]}
				fault={() => null}
				change={(artifacts) => say("artifacts", artifacts)}
			/>
			<fieldset class="choices">
				<legend>{words.manifest.notify}</legend>
				<Notify
					label={words.manifest.notifySuccess}
					follows={draft.onSuccess}
					change={(follows) => say("onSuccess", follows)}
				/>
				<Notify
					label={words.manifest.notifyFailure}
					follows={draft.onFailure}
					change={(follows) => say("onFailure", follows)}
				/>
			</fieldset>
		</>
	)
}

interface NumberProps {
	label: string
	hint?: string
	value: number | undefined
	/** How many of the manifest's units one of the person's is. */
	unit?: number
	/** What it is where nothing is said. */
	plain: number
	change: (value: number | undefined) => void
}

function NumberField({ label, hint, value, unit = 1, plain, change }: NumberProps) {
	return (
		<Field
			type="number"
			label={label}
			hint={hint}
			step="any"
			placeholder={String(plain / unit)}
			value={value === undefined ? "" : String(value / unit)}
			change={(typed) => change(typed.trim() === "" ? undefined : Number(typed) * unit)}
		/>
	)
}

interface NotifyProps {
	label: string
	follows: ManifestDraft["onSuccess"]
	change: (follows: ManifestDraft["onSuccess"]) => void
}

/** Other things that follow it are said in YAML, and stay. */
function Notify({ label, follows = [], change }: NotifyProps) {
	const others = follows.filter((follow) => follow.is !== "notify" || follow.to !== undefined)
	return (
		<label>
			<input
				type="checkbox"
				checked={others.length < follows.length}
				onChange={({ currentTarget: { checked } }) => change(checked ? [...others, { is: "notify" }] : others)}
			/>
			{label}
		</label>
	)
}
