// The rules of the policy as sentences, in the order in which they decide; and what they would do with a command.
import { useSignal } from "@preact/signals"
import { useEffect, useId } from "preact/hooks"
import { ATTENTION_KINDS } from "../../../protocol/attention.ts"
import { Rule } from "../../../protocol/policy.ts"
import { api, load } from "../../api.ts"
import { words } from "../../messages.ts"
import { attempt } from "../../run.ts"
import { fleet, LOADING, type Loaded, machines } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { Confirm } from "../../ui/confirm.tsx"
import { Field } from "../../ui/field.tsx"
import { Icon } from "../../ui/icon.tsx"
import { More } from "../../ui/more.tsx"
import { machineTags } from "../../ui/tags.tsx"
import { open, Part } from "./page.tsx"
import type { Save } from "./policy.tsx"

const VERDICTS = ["allow", "deny", "ask"] as const

interface Props {
	rules: readonly Rule[]
	save: Save
}

export function Rules({ rules, save }: Props) {
	const put = (changed: Rule[]) => attempt(() => save({ rules: changed }))
	const swap = (i: number, j: number) => {
		const [one, other] = [rules[i], rules[j]]
		if (one !== undefined && other !== undefined) void put(rules.with(i, other).with(j, one))
	}
	const add = (rule: Rule) => save({ rules: [...rules, rule] })
	return (
		<Part
			title={words.policy.rules}
			about={words.policy.rulesAbout}
			action={
				<Act may="policy:manage" onClick={() => open(() => <EditRule put={add} />)}>
					<Icon name="plus" />
					{words.policy.add}
				</Act>
			}
		>
			{rules.length === 0 ? (
				<p class="dim">{words.policy.noRules}</p>
			) : (
				<ol class="rows rules">
					{rules.map((rule, i) => {
						const said = sentence(rule)
						return (
							<li key={i} class="row rule">
								<span class="dim tabular rule-number">{i + 1}</span>
								<span class="grow breaks">{said}</span>
								<Act
									may="policy:manage"
									class="quiet square"
									aria-label={words.policy.upOf(said)}
									title={words.policy.up}
									disabled={i === 0}
									onClick={() => swap(i, i - 1)}
								>
									<Icon name="arrow-up" />
								</Act>
								<Act
									may="policy:manage"
									class="quiet square"
									aria-label={words.policy.downOf(said)}
									title={words.policy.down}
									disabled={i === rules.length - 1}
									onClick={() => swap(i, i + 1)}
								>
									<Icon name="arrow-down" />
								</Act>
								<Act
									may="policy:manage"
									class="quiet square"
									aria-label={words.policy.editOf(said)}
									title={words.policy.edit}
									onClick={() =>
										open(() => <EditRule rule={rule} put={(changed) => save({ rules: rules.with(i, changed) })} />)
									}
								>
									<Icon name="pencil" />
								</Act>
								<Act
									may="policy:manage"
									class="quiet square danger"
									aria-label={words.policy.removeOf(said)}
									title={words.policy.remove}
									onClick={() => void put(rules.toSpliced(i, 1))}
								>
									<Icon name="trash-2" />
								</Act>
							</li>
						)
					})}
				</ol>
			)}
		</Part>
	)
}

/** A rule in a plain sentence, by the names of what it is about. */
function sentence(rule: Rule): string {
	const listed = machines.value.is === "loaded" ? machines.value.value : []
	const machine = listed.find(({ id }) => id === rule.machine)?.name ?? words.policy.unknownMachine
	const session = knownSessions().find(({ id }) => id === rule.session)?.name ?? words.policy.unknownSession
	return words.policy.rule(rule, {
		machine: rule.machine && machine,
		session: rule.session && session,
		tag: rule.tag,
		runtime: rule.runtime,
		kind: rule.kind,
	})
}

function knownSessions() {
	return [...fleet.value.values()].flatMap(({ sessions }) => [...sessions.values()])
}

type About = "command" | "file" | "anything"

function EditRule({ rule, put }: { rule?: Rule; put: (rule: Rule) => Promise<void> }) {
	const verdict = useSignal<Rule["verdict"]>(rule?.verdict ?? "allow")
	const about = useSignal<About>(
		rule === undefined || rule.command !== undefined ? "command" : rule.file !== undefined ? "file" : "anything",
	)
	const command = useSignal(rule?.command ?? "")
	const file = useSignal(rule?.file ?? "")
	const scope = useSignal({
		machine: rule?.machine ?? "",
		tag: rule?.tag ?? "",
		runtime: rule?.runtime ?? "",
		session: rule?.session ?? "",
		kind: rule?.kind ?? "",
	})
	const made = Rule.safeParse({
		...Object.fromEntries(Object.entries(scope.value).filter(([, value]) => value !== "")),
		...(about.value === "command" && { command: command.value.trim() }),
		...(about.value === "file" && { file: file.value.trim() }),
		verdict: verdict.value,
	})
	const needsWhat = verdict.value === "allow" && about.value === "anything"
	return (
		<Confirm
			title={rule === undefined ? words.policy.addTitle : words.policy.editTitle}
			submit={words.save}
			size="wide"
			disabled={!made.success}
			run={async () => {
				if (made.success) await put(made.data)
			}}
		>
			<fieldset class="choices">
				<legend>{words.policy.verdict}</legend>
				{VERDICTS.map((one) => (
					<label key={one} class="choice">
						<input type="radio" name="verdict" checked={verdict.value === one} onChange={() => (verdict.value = one)} />
						<span>
							<strong>{words.policy.verdicts[one].name}</strong>
							<small class="dim">{words.policy.verdicts[one].does}</small>
						</span>
					</label>
				))}
			</fieldset>
			<label class="field">
				{words.policy.about}
				<select
					value={about.value}
					onChange={({ currentTarget: { value } }) => {
						about.value = value as About
					}}
				>
					{(["command", "file", "anything"] as const).map((one) => (
						<option key={one} value={one}>
							{words.policy.abouts[one]}
						</option>
					))}
				</select>
			</label>
			{about.value === "command" && (
				<Field
					label={words.policy.command}
					hint={words.policy.commandHint}
					isCode
					required
					autofocus
					maxLength={500}
					value={command.value}
					change={(typed) => (command.value = typed)}
				/>
			)}
			{about.value === "file" && (
				<Field
					label={words.policy.file}
					hint={words.policy.fileHint}
					isCode
					required
					autofocus
					maxLength={500}
					value={file.value}
					change={(typed) => (file.value = typed)}
				/>
			)}
			{needsWhat && <p class="problem">{words.policy.needsWhat}</p>}
			<More title={words.policy.where} startsOpen={Object.values(scope.value).some((value) => value !== "")}>
				<ScopeOf value={scope.value} change={(changed) => (scope.value = changed)} />
			</More>
		</Confirm>
	)
}

type ScopeDraft = Record<"machine" | "tag" | "runtime" | "session" | "kind", string>

function ScopeOf({ value: scope, change }: { value: ScopeDraft; change: (scope: ScopeDraft) => void }) {
	const runtimes = useId()
	const listed = machines.value.is === "loaded" ? machines.value.value : []
	const sessions = knownSessions()
	const choice = (key: keyof ScopeDraft, label: string, options: { value: string; name: string }[]) => (
		<label class="field">
			{label}
			<select value={scope[key]} onChange={({ currentTarget: { value } }) => change({ ...scope, [key]: value })}>
				<option value="">{words.policy.any}</option>
				{options.map(({ value, name }) => (
					<option key={value} value={value}>
						{name}
					</option>
				))}
				{scope[key] !== "" && !options.some(({ value }) => value === scope[key]) && (
					<option value={scope[key]}>{scope[key]}</option>
				)}
			</select>
		</label>
	)
	return (
		<div class="two-columns even">
			{choice(
				"machine",
				words.policy.machine,
				listed.map(({ id, name }) => ({ value: id, name })),
			)}
			{choice(
				"tag",
				words.policy.tag,
				machineTags().map((tag) => ({ value: tag, name: tag })),
			)}
			<label class="field">
				{words.policy.runtime}
				<input
					type="text"
					class="mono"
					list={runtimes}
					autocomplete="off"
					autocapitalize="off"
					spellcheck={false}
					maxLength={64}
					placeholder={words.policy.any}
					value={scope.runtime}
					onInput={({ currentTarget }) => change({ ...scope, runtime: currentTarget.value.trim() })}
				/>
			</label>
			<datalist id={runtimes}>
				{[...new Set(sessions.map(({ runtime }) => runtime))].map((runtime) => (
					<option key={runtime} value={runtime} />
				))}
			</datalist>
			{choice(
				"session",
				words.policy.session,
				sessions.map(({ id, name }) => ({ value: id, name })),
			)}
			{choice(
				"kind",
				words.policy.kind,
				ATTENTION_KINDS.map((kind) => ({ value: kind, name: words.inbox.kinds[kind] })),
			)}
		</div>
	)
}

type Tried = { verdict: Rule["verdict"]; rule: number | null; why: string }

/** After the last key, before it is asked: a word is typed meanwhile. */
const TYPED_MS = 250

/** What the rules as they stand would do, while one types. */
export function TryCommand({ rules }: { rules: readonly Rule[] }) {
	const command = useSignal("")
	const tried = useSignal<Loaded<Tried> | null>(null)
	const typed = command.value.trim()
	useEffect(() => {
		let isOld = false
		if (typed === "") {
			tried.value = null
			return
		}
		const timer = setTimeout(async () => {
			tried.value ??= LOADING
			const answer = await load(api("tryPolicy", { body: { rules: [...rules], command: typed } }))
			if (!isOld) tried.value = answer
		}, TYPED_MS)
		return () => {
			isOld = true
			clearTimeout(timer)
		}
	}, [typed, rules])
	return (
		<Part title={words.policy.tryTitle}>
			<Field
				label={words.policy.tryLabel}
				isCode
				maxLength={8_000}
				placeholder={words.policy.tryHint}
				value={command.value}
				change={(text) => (command.value = text)}
			/>
			<div role="status" class="verdict">
				{tried.value !== null && <Verdict tried={tried.value} />}
			</div>
		</Part>
	)
}

function Verdict({ tried }: { tried: Loaded<Tried> }) {
	if (tried.is === "loading") return <p class="dim">{words.policy.trying}</p>
	if (tried.is === "refused") return <p class="problem">{tried.refusal.message}</p>
	const { verdict, rule, why } = tried.value
	const look = {
		allow: ["state running", "circle-check"],
		deny: ["state failed", "circle-x"],
		ask: ["state", "users"],
	} as const
	const [tone, icon] = look[verdict]
	return (
		<p class="verdict-line">
			<span class={tone}>
				<Icon name={icon} />
				{words.policy.tryVerdicts[verdict]}
			</span>
			{rule !== null && <span>{words.policy.tryRule(rule + 1)}</span>}
			<span class="dim">{why}</span>
		</p>
	)
}
