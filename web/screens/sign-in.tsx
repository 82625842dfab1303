// Signing in: by the ways that are on, or by a one-time link, /sign-in#token. The fragment never reaches a server's log,
// and leaves the address at once.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { never, Refusal, refusalCode } from "../../protocol/errors.ts"
import { api, sentence } from "../api.ts"
import { enterAnew } from "../home.ts"
import { words } from "../messages.ts"
import { FLEET, go, SETTINGS, SIGN_IN } from "../navigation.ts"
import { me, notify } from "../state.ts"
import { Bare } from "../ui/bare.tsx"
import { CopyField } from "../ui/copy-field.tsx"
import { Icon } from "../ui/icon.tsx"
import { WaysIn } from "../ui/ways-in.tsx"

type Step = { is: "ask" } | { is: "pending" } | { is: "spent" } | { is: "failed"; why: string }

export function SignIn() {
	const step = useSignal<Step>(firstStep())
	const entered = async (by: "recovery" | "other" = "other") => {
		step.value = { is: "pending" }
		await enterAnew()
		if (by === "recovery") {
			notify({ tone: "good", text: words.signIn.recovered })
			go(SETTINGS.account)
		} else if (location.pathname === SIGN_IN) go(FLEET)
	}
	const signIn = async (token: string) => {
		step.value = { is: "pending" }
		try {
			await api("signIn", { body: { token } })
		} catch (error) {
			const spent = error instanceof Refusal && error.code === "sign_in_link_spent"
			step.value = spent ? { is: "spent" } : { is: "failed", why: sentence(error) }
			return
		}
		await entered()
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
	const isIn = me.value.is === "loaded"
	useEffect(() => {
		if (isIn && step.peek().is === "ask" && location.pathname === SIGN_IN && location.hash === "") go(FLEET)
	}, [isIn])
	return (
		<Bare title={words.signIn.title}>
			<StepFace step={step.value} />
			{step.value.is !== "pending" && <WaysIn entered={(by) => void entered(by)} />}
			{isIn && step.value.is !== "pending" && (
				<a class="link" href={FLEET}>
					{words.session.toFleet}
				</a>
			)}
		</Bare>
	)
}

/** Another provider sends the browser back with the code of what went wrong. */
function firstStep(): Step {
	const code = new URLSearchParams(location.search).get("refused")
	return code === null ? { is: "ask" } : { is: "failed", why: words.refusals[refusalCode(code)] }
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
			return null
		default:
			return never(step)
	}
}
