// The first way to come back: a passkey or a password, for whoever came by a link.
import { useSignal } from "@preact/signals"
import { PASSWORD_CHARS, PASSWORD_MIN_CHARS } from "../../protocol/limits.ts"
import { api } from "../api.ts"
import { useAsked } from "../asked.ts"
import { thisBrowser } from "../browser-name.ts"
import { words } from "../messages.ts"
import { passkeyPlace } from "../passkey-place.ts"
import { Here } from "./faces.tsx"
import { Field } from "./field.tsx"
import { Form } from "./form.tsx"
import { PasskeyButton } from "./passkey-button.tsx"
import { PasskeyNote } from "./passkey-note.tsx"

export function WayBack({ made }: { made: () => void }) {
	const methods = useAsked(() => api("listSignInMethods"))
	return (
		<div class="ways">
			<Here asked={methods}>
				{(on) => (
					<>
						{on.passkey && passkeyPlace().is === "here" ? <MakePasskey made={made} /> : <PasskeyNote />}
						{on.password && <MakePassword made={made} />}
					</>
				)}
			</Here>
		</div>
	)
}

function MakePasskey({ made }: { made: () => void }) {
	const ask = async () => (await import("../passkeys.ts")).makePasskey(thisBrowser())
	return <PasskeyButton label={words.passkey.make} ask={ask} done={made} />
}

function MakePassword({ made }: { made: () => void }) {
	const password = useSignal("")
	const run = async () => {
		await api("setPassword", { body: { password: password.value } })
		made()
	}
	return (
		<Form submit={words.account.setPassword} run={run}>
			<NewPasswordField value={password.value} change={(value) => (password.value = value)} />
		</Form>
	)
}

export function NewPasswordField({ value, change }: { value: string; change: (value: string) => void }) {
	return (
		<Field
			label={words.account.newPassword}
			hint={words.account.passwordHint(PASSWORD_MIN_CHARS)}
			type="password"
			required
			autocomplete="new-password"
			minLength={PASSWORD_MIN_CHARS}
			maxLength={PASSWORD_CHARS}
			value={value}
			change={change}
		/>
	)
}
