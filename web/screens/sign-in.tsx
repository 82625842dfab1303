// Signing in by a one-time link: /sign-in#token. The fragment never reaches a server's log, and leaves the address at once.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { never, Refusal } from "../../protocol/errors.ts"
import { api, sentence } from "../api.ts"
import { enter } from "../home.ts"
import { words } from "../messages.ts"
import { FLEET, go, SIGN_IN } from "../navigation.ts"
import { LOADING, me } from "../state.ts"
import { CopyField } from "../ui/copy-field.tsx"
import { Icon } from "../ui/icon.tsx"

type Step = { is: "ask" } | { is: "pending" } | { is: "spent" } | { is: "failed"; why: string }

export function SignIn() {
	const step = useSignal<Step>({ is: "ask" })
	const signIn = async (token: string) => {
		step.value = { is: "pending" }
		try {
			await api("signIn", { body: { token } })
		} catch (error) {
			const spent = error instanceof Refusal && error.code === "sign_in_link_spent"
			step.value = spent ? { is: "spent" } : { is: "failed", why: sentence(error) }
			return
		}
		me.value = LOADING
		void enter()
		if (location.pathname === SIGN_IN) go(FLEET)
	}
	useEffect(() => {
		const take = () => {
			const token = location.hash.slice(1)
			if (location.pathname !== SIGN_IN || token === "") return
			history.replaceState(null, "", SIGN_IN)
			void signIn(decodeURIComponent(token))
		}
		take()
		addEventListener("hashchange", take)
		return () => removeEventListener("hashchange", take)
	}, [])
	return (
		<main class="sign-in">
			<img src="/icon.svg" alt="" width="48" height="48" />
			<h1>{words.product}</h1>
			<StepFace step={step.value} />
			{step.value.is !== "pending" && <PasteLink signIn={(token) => void signIn(token)} />}
		</main>
	)
}

function StepFace({ step }: { step: Step }) {
	switch (step.is) {
		case "pending":
			return <p role="status">{words.signIn.pending}</p>
		case "spent":
			return (
				<div role="alert">
					<h2 class="with-icon">
						<Icon name="circle-alert" />
						{words.signIn.spentTitle}
					</h2>
					<p>{words.signIn.spent}</p>
					<CopyField text={words.signIn.command} />
				</div>
			)
		case "failed":
			return (
				<p class="problem" role="alert">
					{step.why}
				</p>
			)
		case "ask":
			return (
				<div>
					<p>{words.signIn.ask}</p>
					<CopyField text={words.signIn.command} />
				</div>
			)
		default:
			return never(step)
	}
}

function PasteLink({ signIn }: { signIn: (token: string) => void }) {
	const link = useSignal("")
	const problem = useSignal("")
	const submit = (event: Event) => {
		event.preventDefault()
		const token = tokenOf(link.value)
		problem.value = token === null ? words.signIn.notALink : ""
		if (token !== null) signIn(token)
	}
	return (
		<form class="paste-link" onSubmit={submit}>
			<label>
				{words.signIn.paste}
				<input
					type="url"
					autocomplete="off"
					value={link.value}
					onInput={(event) => {
						link.value = event.currentTarget.value
					}}
				/>
			</label>
			<button type="submit" class="primary" disabled={link.value === ""}>
				{words.signIn.submit}
			</button>
			{problem.value !== "" && (
				<p class="problem" role="alert">
					{problem.value}
				</p>
			)}
		</form>
	)
}

function tokenOf(link: string): string | null {
	const url = URL.parse(link.trim())
	return url?.pathname === SIGN_IN && url.hash.length > 1 ? decodeURIComponent(url.hash.slice(1)) : null
}
