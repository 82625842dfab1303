// Asks before a link is followed whose words are not its address.
import { words } from "../messages.ts"
import type { Dialog } from "../state.ts"
import { Confirm } from "../ui/confirm.tsx"

export function OpenLink({ url }: Extract<Dialog, { is: "open-link" }>) {
	const run = async () => {
		window.open(url, "_blank", "noopener,noreferrer")
	}
	return (
		<Confirm title={words.link.title} submit={words.link.open} run={run}>
			<p>{words.link.text}</p>
			<p class="mono breaks">{url}</p>
		</Confirm>
	)
}
