// Text from the machine's world that is meant to be copied, with the button that does it.
import { copyText } from "../clipboard.ts"
import { words } from "../messages.ts"
import { Icon } from "./icon.tsx"

export function CopyField({ text }: { text: string }) {
	return (
		<div class="copy-field">
			<code>{text}</code>
			<button
				type="button"
				class="quiet square"
				aria-label={words.copy}
				title={words.copy}
				onClick={() => void copyText(text)}
			>
				<Icon name="copy" />
			</button>
		</div>
	)
}
