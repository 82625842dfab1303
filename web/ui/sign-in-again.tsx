// Asks a person who is signed in to sign in once more, before something that must not happen behind their back.
import { asksAgain } from "../fresh.ts"
import { words } from "../messages.ts"
import { Modal } from "./modal.tsx"
import { WaysIn } from "./ways-in.tsx"

export function SignInAgain() {
	const asked = asksAgain.value
	if (asked === null) return null
	return (
		<Modal title={words.signIn.againTitle} close={asked.cancel}>
			<div class="modal-body">
				<p>{words.signIn.again}</p>
				<WaysIn entered={asked.proved} />
			</div>
		</Modal>
	)
}
