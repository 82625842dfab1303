// An invitation: /join#token. Says who invites to what, takes a name, and makes a way to come back.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { Refusal } from "../../protocol/errors.ts"
import { NAME_CHARS } from "../../protocol/limits.ts"
import type { Account } from "../../protocol/routes/account.ts"
import type { Answer } from "../../protocol/routes.ts"
import { api } from "../api.ts"
import { useAsked } from "../asked.ts"
import { enterAnew } from "../home.ts"
import { words } from "../messages.ts"
import { FLEET, go, JOIN } from "../navigation.ts"
import { attempt } from "../run.ts"
import { now } from "../state.ts"
import { Bare } from "../ui/bare.tsx"
import { Face, Here, Skeleton } from "../ui/faces.tsx"
import { Field } from "../ui/field.tsx"
import { Form } from "../ui/form.tsx"
import { More } from "../ui/more.tsx"
import { WayBack } from "../ui/way-back.tsx"
import { EmailField, WaysIn } from "../ui/ways-in.tsx"

type Invited = Answer<"showInvitation">

export function Join() {
	const token = useSignal(takeToken())
	/** Somebody who was not here before has joined: they have no way back yet. */
	const isNew = useSignal(false)
	useEffect(() => {
		const take = () => {
			token.value = takeToken() ?? token.peek()
		}
		addEventListener("hashchange", take)
		return () => removeEventListener("hashchange", take)
	}, [])
	const leave = () => {
		sessionStorage.removeItem(KEPT)
		go(FLEET)
	}
	if (isNew.value)
		return (
			<Bare title={words.join.backTitle}>
				<p>{words.join.back}</p>
				<WayBack made={leave} />
				<button type="button" class="quiet" onClick={leave}>
					{words.join.later}
				</button>
			</Bare>
		)
	return (
		<Bare title={words.join.title}>
			{token.value === null ? (
				<Face icon="circle-alert" title={words.join.noToken} text={words.join.noTokenText} />
			) : (
				<Invitation
					key={token.value}
					token={token.value}
					joined={async (workspace, asNew) => {
						sessionStorage.removeItem(KEPT)
						isNew.value = asNew
						await enterAnew(workspace)
						if (!asNew) go(FLEET)
					}}
				/>
			)}
		</Bare>
	)
}

interface Joining {
	token: string
	joined: (workspace: string, asNew: boolean) => Promise<void>
}

function Invitation({ token, joined }: Joining) {
	const invitation = useAsked(() => api("showInvitation", { body: { token } }))
	return (
		<Here asked={invitation}>
			{(invited) => (
				<>
					<div>
						<h2>{invited.workspace}</h2>
						<p>{words.join.invited(invited.invitedBy, words.roles[invited.role].name)}</p>
						<p class="dim">{words.roles[invited.role].does}</p>
						<p class="dim">{words.join.expires(invited.expiresAt - now.value)}</p>
					</div>
					<Who token={token} joined={joined} invited={invited} />
				</>
			)}
		</Here>
	)
}

/** Whoever is signed in joins as who they are; else a new person, or one who signs in first. */
function Who({ token, joined, invited }: Joining & { invited: Invited }) {
	const account = useAsked(accountOrNone)
	const { answer, again } = account
	if (answer.is !== "loaded") return <Skeleton rows={2} />
	const someone = answer.value
	if (someone === null) return <NewPerson token={token} joined={joined} invited={invited} again={again} />
	const run = async () => {
		const { workspace } = await api("acceptInvitation", { body: { token } })
		await joined(workspace, false)
	}
	return (
		<Form
			submit={words.join.joinAs(someone.name)}
			primary
			run={run}
			beside={
				<button
					type="button"
					class="quiet"
					onClick={async () => {
						if (await attempt(() => api("signOut"))) again()
					}}
				>
					{words.join.somebodyElse}
				</button>
			}
		>
			{null}
		</Form>
	)
}

function NewPerson({ token, joined, invited, again }: Joining & { invited: Invited; again: () => void }) {
	const name = useSignal("")
	const email = useSignal(invited.email ?? "")
	const run = async () => {
		const body = { token, name: name.value.trim(), email: email.value.trim() }
		const { workspace } = await api("acceptInvitation", { body })
		await joined(workspace, true)
	}
	return (
		<>
			<Form submit={words.join.submit} primary run={run}>
				<Field
					label={words.account.name}
					required
					maxLength={NAME_CHARS}
					autocomplete="name"
					value={name.value}
					change={(value) => (name.value = value)}
				/>
				<EmailField value={email.value} readOnly={invited.email !== null} change={(value) => (email.value = value)} />
			</Form>
			<More title={words.join.haveAccount}>
				<WaysIn entered={again} />
			</More>
		</>
	)
}

async function accountOrNone(): Promise<Account | null> {
	try {
		return await api("showAccount")
	} catch (error) {
		if (error instanceof Refusal && error.code === "not_signed_in") return null
		throw error
	}
}

const KEPT = "invitation"

/** Out of the address at once; the tab keeps it while the person signs in elsewhere. */
function takeToken(): string | null {
	const said = decodeURIComponent(location.hash.slice(1))
	if (location.pathname === JOIN && said !== "") {
		sessionStorage.setItem(KEPT, said)
		history.replaceState(null, "", JOIN)
	}
	return sessionStorage.getItem(KEPT)
}
