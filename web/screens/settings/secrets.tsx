// The workspace's secrets: their names, where each goes, and never their values.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { useLocation } from "preact-iso"
import type { MachineId } from "../../../protocol/ids.ts"
import { SECRET_BYTES } from "../../../protocol/limits.ts"
import { type Secret, SecretName } from "../../../protocol/routes/secrets.ts"
import { CUSTOM, SHELL } from "../../../protocol/session.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { SETTINGS } from "../../navigation.ts"
import { useRun } from "../../run.ts"
import { changes, dialog, machines, may, notify } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { Confirm } from "../../ui/confirm.tsx"
import { Face, Here } from "../../ui/faces.tsx"
import { Field } from "../../ui/field.tsx"
import { Icon } from "../../ui/icon.tsx"
import { standingOf } from "../../ui/presence.tsx"
import { Tags } from "../../ui/tags.tsx"
import { When } from "../../ui/when.tsx"
import { WordsField } from "../../ui/words-field.tsx"
import { Head, open } from "./page.tsx"

export function SecretsSettings() {
	const secrets = useAsked(() => api("listSecrets"))
	const listed = secrets.answer.is === "loaded" ? secrets.answer.value.secrets : null
	useOffered(listed)
	return (
		<>
			<Head title={words.secrets.title} about={words.secrets.explain}>
				<Act may="secret:manage" class="primary" onClick={() => open(() => <SaveSecret />)}>
					<Icon name="plus" />
					{words.secrets.create}
				</Act>
			</Head>
			<Here asked={secrets}>
				{({ secrets: all }) =>
					all.length === 0 ? (
						<Face icon="lock" title={words.secrets.emptyTitle} text={words.secrets.empty} />
					) : (
						<ul class="rows">
							{all.map((secret) => (
								<SecretRow key={secret.name} secret={secret} />
							))}
						</ul>
					)
				}
			</Here>
		</>
	)
}

/** `?save=NAME&runtime=ID`, as the start dialog links to: opens the form with both filled in, once. */
function useOffered(listed: Secret[] | null): void {
	const { query, route } = useLocation()
	const { save: name, runtime } = query
	useEffect(() => {
		if (listed === null || name === undefined || !may("secret:manage")) return
		route(SETTINGS.secrets, true)
		const known = listed.find((secret) => secret.name === name)
		if (known !== undefined) return open(() => <BindSecret secret={known} also={runtime} />)
		open(() => <SaveSecret name={name} runtime={runtime} />)
	}, [listed, name, runtime])
}

function SecretRow({ secret }: { secret: Secret }) {
	const { name, variable, runtimes, updatedAt, updatedBy, lastUsedAt } = secret
	const verdict = useSignal<{ isValid: boolean | null; said: string } | null>(null)
	const { isPending, problem, run } = useRun(async () => {
		verdict.value = await api("checkSecret", { params: { secret: name } })
	})
	return (
		<li class="thing">
			<div class="thing-what">
				<strong class="mono">{name}</strong>
				{variable !== name && <span class="dim mono">{words.secrets.as(variable)}</span>}
			</div>
			{runtimes.length === 0 ? <p class="dim">{words.secrets.unbound}</p> : <Tags tags={runtimes} />}
			<p class="dim facts-line">
				<When at={updatedAt} say={words.secrets.saved(updatedBy)} />
				{lastUsedAt === null ? (
					<span>{words.secrets.neverUsed}</span>
				) : (
					<When at={lastUsedAt} say={words.secrets.used} />
				)}
			</p>
			<p role="status" class="verdict">
				{problem !== "" && <span class="problem">{problem}</span>}
				{verdict.value !== null && (
					<span class={verdictClass(verdict.value.isValid)}>
						<Icon name={verdictIcon(verdict.value.isValid)} />
						{verdict.value.said}
					</span>
				)}
			</p>
			<div class="thing-do">
				<Act may="secret:manage" disabled={isPending} aria-busy={isPending} onClick={() => void run()}>
					{isPending ? words.secrets.checking : words.secrets.check}
				</Act>
				<Act may="secret:manage" onClick={() => open(() => <BindSecret secret={secret} />)}>
					{words.secrets.bind}
				</Act>
				<Act may="secret:manage" onClick={() => open(() => <SaveSecret replaces={secret} />)}>
					{words.secrets.replace}
				</Act>
				<Act may="secret:manage" class="danger" onClick={() => open(() => <RemoveSecret name={name} />)}>
					{words.secrets.remove}
				</Act>
			</div>
		</li>
	)
}

function verdictClass(isValid: boolean | null): string {
	if (isValid === null) return "state"
	return isValid ? "state running" : "state failed"
}

function verdictIcon(isValid: boolean | null) {
	if (isValid === null) return "minus"
	return isValid ? "circle-check" : "circle-x"
}

interface SaveProps {
	name?: string
	/** It is saved for a session of this one, which is to be started then. */
	runtime?: string | undefined
	/** Only the value is new. */
	replaces?: Secret
}

function SaveSecret({ name: given = "", runtime, replaces }: SaveProps) {
	const name = useSignal(replaces?.name ?? given)
	const value = useSignal("")
	const isShown = useSignal(false)
	const variable = useSignal("")
	const runtimes = useSignal(runtime === undefined ? [] : [runtime])
	const wanted = name.value.trim()
	const isName = SecretName.safeParse(wanted).success
	const run = async () => {
		const bound = {
			...(variable.value.trim() !== "" && { variable: variable.value.trim() }),
			runtimes: runtimes.value,
		}
		await api("saveSecret", {
			params: { secret: wanted },
			body: { value: value.value, ...(replaces === undefined && bound) },
		})
		changes.value++
		if (runtime === undefined) notify({ tone: "good", text: words.saved })
		else
			notify({
				tone: "good",
				text: words.secrets.savedFor(wanted),
				action: {
					label: words.nav.start,
					run: () => {
						dialog.value = { is: "start", runtime }
					},
				},
			})
	}
	return (
		<Confirm
			title={replaces === undefined ? words.secrets.create : words.secrets.replaceTitle(replaces.name)}
			submit={words.save}
			size="wide"
			disabled={!isName || value.value === ""}
			run={run}
		>
			{replaces === undefined && (
				<Field
					label={words.secrets.name}
					hint={words.secrets.nameHint}
					class="mono"
					required
					autofocus={given === ""}
					autocapitalize="characters"
					spellcheck={false}
					maxLength={64}
					aria-invalid={wanted !== "" && !isName}
					value={name.value}
					change={(typed) => (name.value = typed.toUpperCase().replace(/[\s-]/g, "_"))}
				/>
			)}
			<ValueField
				value={value.value}
				isShown={isShown.value}
				isFirst={replaces !== undefined || given !== ""}
				change={(typed) => (value.value = typed)}
				show={(shown) => (isShown.value = shown)}
			/>
			{replaces === undefined && (
				<>
					<RuntimesField values={runtimes.value} change={(changed) => (runtimes.value = changed)} />
					<VariableField name={wanted} value={variable.value} change={(typed) => (variable.value = typed)} />
				</>
			)}
		</Confirm>
	)
}

interface ValueProps {
	value: string
	isShown: boolean
	/** The first thing to type. */
	isFirst: boolean
	change: (value: string) => void
	show: (isShown: boolean) => void
}

/** Keys have lines, so this is no password field; it is veiled like one. */
function ValueField({ value, isShown, isFirst, change, show }: ValueProps) {
	return (
		<div class="field">
			<label for="secret-value">{words.secrets.value}</label>
			<textarea
				id="secret-value"
				class={isShown ? "mono" : "mono veiled"}
				rows={3}
				required
				autocomplete="off"
				autocapitalize="off"
				spellcheck={false}
				autofocus={isFirst}
				maxLength={SECRET_BYTES}
				aria-describedby="secret-value-hint"
				value={value}
				onInput={(event) => change(event.currentTarget.value)}
			/>
			<small id="secret-value-hint" class="dim">
				{words.secrets.valueHint}
			</small>
			<label class="check">
				<input type="checkbox" checked={isShown} onChange={(event) => show(event.currentTarget.checked)} />
				{words.secrets.show}
			</label>
		</div>
	)
}

function BindSecret({ secret, also }: { secret: Secret; also?: string | undefined }) {
	const runtimes = useSignal(also === undefined ? secret.runtimes : [...new Set([...secret.runtimes, also])])
	const variable = useSignal(secret.variable)
	const run = async () => {
		await api("bindSecret", {
			params: { secret: secret.name },
			body: { runtimes: runtimes.value, variable: variable.value.trim() || secret.name },
		})
		changes.value++
	}
	return (
		<Confirm title={words.secrets.bindTitle(secret.name)} submit={words.save} size="wide" run={run}>
			<p>{words.secrets.bindText}</p>
			<RuntimesField values={runtimes.value} change={(changed) => (runtimes.value = changed)} />
			<VariableField name={secret.name} value={variable.value} change={(typed) => (variable.value = typed)} />
		</Confirm>
	)
}

function VariableField({ name, value, change }: { name: string; value: string; change: (value: string) => void }) {
	return (
		<Field
			label={words.secrets.variable}
			hint={words.secrets.variableHint}
			isCode
			pattern="[A-Za-z_][A-Za-z0-9_]*"
			maxLength={128}
			placeholder={name}
			value={value}
			change={change}
		/>
	)
}

interface RuntimesProps {
	values: string[]
	change: (values: string[]) => void
}

/** The runtimes that a linked machine knows, and those that are bound already. */
function RuntimesField(props: RuntimesProps) {
	const machine = machines.value.is === "loaded" ? machines.value.value.find(({ id }) => isLinked(id)) : undefined
	return <RuntimesOf key={machine?.id} machine={machine?.id} {...props} />
}

function RuntimesOf({ machine, values, change }: RuntimesProps & { machine: MachineId | undefined }) {
	const runtimes = useAsked(async () =>
		machine === undefined ? [] : (await api("listRuntimes", { params: { machine } })).runtimes,
	)
	const known = runtimes.answer.is === "loaded" ? runtimes.answer.value.map(({ id }) => id) : []
	return (
		<WordsField
			label={words.secrets.runtimes}
			hint={words.secrets.runtimesHint}
			add={words.secrets.otherRuntime}
			values={values}
			suggestions={[...new Set([...known.filter((id) => id !== SHELL), SHELL, CUSTOM])]}
			fault={(word) => (word.length > 64 ? words.secrets.runtimeFault : null)}
			change={change}
		/>
	)
}

function RemoveSecret({ name }: { name: string }) {
	const run = async () => {
		await api("removeSecret", { params: { secret: name } })
		changes.value++
	}
	return (
		<Confirm title={words.remove.title(name)} submit={words.secrets.remove} danger run={run}>
			<p>{words.secrets.removeText}</p>
		</Confirm>
	)
}

function isLinked(machine: MachineId): boolean {
	return ["linked", "unproven"].includes(standingOf(machine).is)
}
