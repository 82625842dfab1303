// Making a token, whose secret is shown once, and revoking one.
import { useSignal } from "@preact/signals"
import { TokenId } from "../../protocol/ids.ts"
import { api } from "../api.ts"
import { words } from "../messages.ts"
import type { Dialog } from "../state.ts"
import { refreshTokens } from "../tokens.ts"
import { Confirm, NameField } from "../ui/confirm.tsx"
import { CopyField } from "../ui/copy-field.tsx"
import { closeDialog, Modal } from "../ui/modal.tsx"

export function CreateToken() {
	const name = useSignal("")
	const secret = useSignal<string | null>(null)
	if (secret.value !== null)
		return (
			<Modal title={name.value} onSubmit={closeDialog}>
				<div class="modal-body">
					<p>{words.tokens.once}</p>
					<CopyField text={secret.value} />
				</div>
				<footer class="modal-foot">
					<button type="submit" class="primary">
						{words.tokens.done}
					</button>
				</footer>
			</Modal>
		)
	const run = async () => {
		const made = await api("createToken", { body: { name: name.value.trim() } })
		secret.value = made.secret
		await refreshTokens()
	}
	return (
		<Confirm
			title={words.tokens.createTitle}
			submit={words.tokens.submit}
			disabled={name.value.trim() === ""}
			staysOpen
			run={run}
		>
			<NameField
				label={words.tokens.name}
				hint={words.tokens.nameHint}
				value={name.value}
				change={(value) => (name.value = value)}
			/>
		</Confirm>
	)
}

export function RevokeToken({ token, name }: Extract<Dialog, { is: "revoke-token" }>) {
	const run = async () => {
		await api("revokeToken", { params: { token: TokenId.parse(token) } })
		await refreshTokens()
	}
	return (
		<Confirm title={words.tokens.revokeTitle(name)} submit={words.tokens.revoke} danger run={run}>
			<p>{words.tokens.revokeText}</p>
		</Confirm>
	)
}
