// The ways to sign in that this home has switched on, passkeys first.
import { useSignal } from "@preact/signals"
import type { Provider, SignInMethods } from "../../protocol/routes/sign-in.ts"
import { api, Problem } from "../api.ts"
import { useAsked } from "../asked.ts"
import { words } from "../messages.ts"
import { FLEET, SIGN_IN } from "../navigation.ts"
import { passkeyPlace } from "../passkey-place.ts"
import { attempt } from "../run.ts"
import { CopyField } from "./copy-field.tsx"
import { Here } from "./faces.tsx"
import { Field } from "./field.tsx"
import { Form } from "./form.tsx"
import { Icon } from "./icon.tsx"
import { More } from "./more.tsx"
import { PasskeyButton } from "./passkey-button.tsx"
import { PasskeyNote } from "./passkey-note.tsx"

interface Props {
	/** The cookie is there. */
	entered: (by: "recovery" | "other") => void
}

export function WaysIn({ entered }: Props) {
	const methods = useAsked(() => api("listSignInMethods"))
	return (
		<div class="ways">
			<Here asked={methods}>{(on) => <Ways on={on} entered={entered} />}</Here>
		</div>
	)
}

function Ways({ on, entered }: Props & { on: SignInMethods }) {
	const done = () => entered("other")
	const hasPasskeys = on.passkey && passkeyPlace().is === "here"
	const isLinkOnly = !hasPasskeys && !on.password && on.providers.length === 0
	return (
		<>
			{hasPasskeys && <PasskeyWay entered={done} />}
			{on.password && <PasswordWay isFirst={!hasPasskeys} entered={done} />}
			{on.providers.map((provider) => (
				<ProviderWay key={provider.id} provider={provider} />
			))}
			{!hasPasskeys && <PasskeyNote />}
			<More title={words.signIn.linkTitle} startsOpen={isLinkOnly}>
				<LinkWay entered={done} />
			</More>
			<More title={words.signIn.recoveryTitle}>
				<RecoveryWay entered={() => entered("recovery")} />
			</More>
		</>
	)
}

function PasskeyWay({ entered }: { entered: () => void }) {
	const ask = async () => (await import("../passkeys.ts")).signInByPasskey()
	return <PasskeyButton label={words.signIn.byPasskey} ask={ask} done={entered} />
}

function PasswordWay({ isFirst, entered }: { isFirst: boolean; entered: () => void }) {
	const email = useSignal("")
	const password = useSignal("")
	const run = async () => {
		await api("signInByPassword", { body: { email: email.value.trim(), password: password.value } })
		entered()
	}
	return (
		<Form submit={words.signIn.submit} primary={isFirst} run={run}>
			<EmailField value={email.value} change={(value) => (email.value = value)} />
			<Field
				label={words.signIn.password}
				type="password"
				required
				autocomplete="current-password"
				value={password.value}
				change={(value) => (password.value = value)}
			/>
		</Form>
	)
}

function ProviderWay({ provider: { id, label } }: { provider: Provider }) {
	return (
		<button
			type="button"
			onClick={() =>
				void attempt(async () => {
					const next = location.pathname === SIGN_IN ? FLEET : location.pathname + location.search + location.hash
					const { url } = await api("startProviderSignIn", { params: { provider: id }, body: { next } })
					location.href = url
				})
			}
		>
			<Icon name="log-in" />
			{words.signIn.by(label)}
		</button>
	)
}

function RecoveryWay({ entered }: { entered: () => void }) {
	const email = useSignal("")
	const code = useSignal("")
	const run = async () => {
		await api("signInByRecoveryCode", { body: { email: email.value.trim(), code: code.value.trim() } })
		entered()
	}
	return (
		<Form submit={words.signIn.submit} run={run}>
			<p class="dim">{words.signIn.recovery}</p>
			<EmailField value={email.value} change={(value) => (email.value = value)} />
			<Field
				label={words.signIn.recoveryCode}
				class="mono"
				required
				autocapitalize="off"
				spellcheck={false}
				value={code.value}
				change={(value) => (code.value = value)}
			/>
		</Form>
	)
}

function LinkWay({ entered }: { entered: () => void }) {
	const link = useSignal("")
	const run = async () => {
		const token = tokenOf(link.value)
		if (token === null) throw new Problem(words.signIn.notALink)
		await api("signIn", { body: { token } })
		entered()
	}
	return (
		<Form submit={words.signIn.submit} disabled={link.value === ""} run={run}>
			<p class="dim">{words.signIn.ask}</p>
			<CopyField text={words.signIn.command} />
			<Field label={words.signIn.paste} type="url" value={link.value} change={(value) => (link.value = value)} />
		</Form>
	)
}

interface EmailProps {
	value: string
	hint?: string | undefined
	required?: boolean
	readOnly?: boolean
	change: (value: string) => void
}

export function EmailField(props: EmailProps) {
	return (
		<Field
			label={words.signIn.email}
			type="email"
			required
			autocomplete="username"
			autocapitalize="off"
			spellcheck={false}
			{...props}
		/>
	)
}

function tokenOf(link: string): string | null {
	const url = URL.parse(link.trim())
	return url?.pathname === SIGN_IN && url.hash.length > 1 ? decodeURIComponent(url.hash.slice(1)) : null
}
