// The device flow's page (RFC 8628): shows what a terminal or a machine asks for, and lets the person give or refuse it.
import { useSignal } from "@preact/signals"
import { useLocation } from "preact-iso"
import { never } from "../../protocol/errors.ts"
import { can } from "../../protocol/roles.ts"
import type { Workspace } from "../../protocol/routes/account.ts"
import type { DeviceRequest } from "../../protocol/routes/tokens.ts"
import type { Answer } from "../../protocol/routes.ts"
import { api } from "../api.ts"
import { useAsked } from "../asked.ts"
import { words } from "../messages.ts"
import { DEVICE, FLEET } from "../navigation.ts"
import { useRun } from "../run.ts"
import { me, now } from "../state.ts"
import { Bare } from "../ui/bare.tsx"
import { Here } from "../ui/faces.tsx"
import { Field } from "../ui/field.tsx"
import { Form } from "../ui/form.tsx"
import { Icon } from "../ui/icon.tsx"
import { More } from "../ui/more.tsx"
import { FIRST_DRAFT, isComplete, ScopeFields, scopeOf } from "../ui/scope-fields.tsx"
import { machineTags } from "../ui/tags.tsx"
import "../styles/settings.css"

type Shown = Answer<"showDevice">

type Step =
	| { is: "code" }
	| { is: "asked"; code: string; shown: Shown }
	| { is: "decided"; approved: boolean; what: DeviceRequest["is"] }

export function Device() {
	const { query } = useLocation()
	const step = useSignal<Step>({ is: "code" })
	const code = useSignal(takeCode() ?? query.code ?? sessionStorage.getItem(KEPT_CODE) ?? "")
	const show = async () => {
		const userCode = code.value.trim()
		const shown = await api("showDevice", { body: { userCode } })
		sessionStorage.setItem(KEPT_CODE, userCode)
		step.value = { is: "asked", code: userCode, shown }
	}
	return (
		<Bare title={words.device.title}>
			<StepFace
				step={step.value}
				code={code.value}
				type={(typed) => (code.value = typed)}
				show={show}
				decided={(approved, what) => {
					sessionStorage.removeItem(KEPT_CODE)
					step.value = { is: "decided", approved, what }
				}}
			/>
		</Bare>
	)
}

interface StepProps {
	step: Step
	code: string
	type: (code: string) => void
	show: () => Promise<void>
	decided: (approved: boolean, what: DeviceRequest["is"]) => void
}

function StepFace({ step, code, type, show, decided }: StepProps) {
	switch (step.is) {
		case "code":
			return (
				<Form submit={words.device.next} primary disabled={code.trim() === ""} run={show}>
					<p>{words.device.ask}</p>
					<Field
						label={words.device.code}
						class="mono code"
						required
						autofocus
						autocapitalize="characters"
						spellcheck={false}
						maxLength={32}
						value={code}
						change={type}
					/>
				</Form>
			)
		case "asked":
			return <Decision code={step.code} shown={step.shown} decided={decided} />
		case "decided":
			return (
				<div class="face" role="status">
					<Icon name={step.approved ? "circle-check" : "circle-x"} />
					<h2>{step.approved ? words.device.approved : words.device.refused}</h2>
					<p>{step.approved ? words.device.approvedText[step.what] : words.device.refusedText}</p>
					<a class="button" href={FLEET}>
						{words.session.toFleet}
					</a>
				</div>
			)
		default:
			return never(step)
	}
}

/** Of the code that is not decided about yet: a reload of the page asks for it again. */
const KEPT_CODE = "device code"

/** The link that a device shows has its code behind the #. */
function takeCode(): string | null {
	const code = decodeURIComponent(location.hash.slice(1))
	if (code === "") return null
	sessionStorage.setItem(KEPT_CODE, code)
	history.replaceState(null, "", DEVICE)
	return code
}

/** What one must be allowed in a workspace to give it. */
const NEEDS = { login: "token:manage", machine: "machine:enroll" } as const

interface DecisionProps {
	code: string
	shown: Shown
	decided: StepProps["decided"]
}

function Decision({ code, shown, decided }: DecisionProps) {
	const workspaces = useAsked(() => api("listWorkspaces"))
	return (
		<>
			<Asks code={code} shown={shown} />
			<Here asked={workspaces}>
				{({ workspaces: mine }) => <Answering code={code} shown={shown} mine={mine} decided={decided} />}
			</Here>
		</>
	)
}

function Asks({ code, shown: { request, address, expiresAt } }: { code: string; shown: Shown }) {
	const left = expiresAt - now.value
	return (
		<section class="asks">
			<h2>{request.is === "login" ? words.device.login : words.device.machine}</h2>
			<dl class="facts">
				<dt>{words.device.code}</dt>
				<dd class="mono">{code.toUpperCase()}</dd>
				<dt>{words.device.name}</dt>
				<dd>{request.name}</dd>
				{request.is === "machine" && (
					<>
						<dt>{words.device.platform}</dt>
						<dd>{words.platform(request.platform)}</dd>
						<dt>{words.device.host}</dt>
						<dd class="mono">{request.platform.hostname}</dd>
					</>
				)}
				<dt>{words.device.from}</dt>
				<dd class="mono">{address ?? words.unknownAddress}</dd>
				<dt>{words.device.expires}</dt>
				<dd>{left > 0 ? words.inTime(left) : words.device.over}</dd>
			</dl>
			<p class="note">
				<Icon name="triangle-alert" />
				<span class="grow">{words.device.warning}</span>
			</p>
		</section>
	)
}

function Answering({ code, shown: { request }, mine, decided }: DecisionProps & { mine: Workspace[] }) {
	const here = me.value.is === "loaded" ? me.value.value.workspace.id : null
	const able = mine.filter(({ role }) => can(role, NEEDS[request.is]))
	const into = useSignal((able.find(({ id }) => id === here) ?? able[0])?.id ?? "")
	const draft = useSignal(FIRST_DRAFT)
	const workspace = able.find(({ id }) => id === into.value)
	const answer = async (approve: boolean) => {
		await api("decideDevice", {
			body: {
				userCode: code,
				approve,
				...(approve && workspace && { workspace: workspace.id }),
				...(approve && request.is === "login" && { scope: scopeOf(draft.value) }),
			},
		})
		decided(approve, request.is)
	}
	const refusing = useRun(() => answer(false))
	return (
		<Form
			submit={words.device.approve}
			primary
			disabled={workspace === undefined || !isComplete(draft.value)}
			run={() => answer(true)}
			beside={
				<button
					type="button"
					class="danger"
					disabled={refusing.isPending}
					aria-busy={refusing.isPending}
					onClick={() => void refusing.run()}
				>
					{words.device.refuse}
				</button>
			}
		>
			<label class="field">
				{words.device.workspace}
				<select value={into.value} onChange={(event) => (into.value = event.currentTarget.value)}>
					{mine.map((one) => (
						<option key={one.id} value={one.id} disabled={!able.includes(one)}>
							{words.device.workspaceAs(one.name, words.roles[one.role].name)}
						</option>
					))}
				</select>
			</label>
			{able.length === 0 && <p class="problem">{words.device.nowhere[request.is]}</p>}
			{request.is === "login" && workspace && (
				<More title={words.scope.narrow}>
					<ScopeFields
						role={workspace.role}
						draft={draft.value}
						change={(changed) => (draft.value = changed)}
						tags={workspace.id === here ? machineTags() : []}
					/>
				</More>
			)}
			{refusing.problem !== "" && (
				<p class="problem" role="alert">
					{refusing.problem}
				</p>
			)}
		</Form>
	)
}
