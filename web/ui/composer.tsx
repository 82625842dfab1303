// A line to write in before it is sent: long text, dictation, input methods and corrections work as everywhere.
import { useSignal } from "@preact/signals"
import type { RefObject } from "preact"
import { words } from "../messages.ts"
import type { OpenSession } from "../open-session.ts"
import { Icon } from "./icon.tsx"

interface Props {
	open: OpenSession
	/** Stays in the page while it is hidden: phones show their keyboard only for a field that is focused by the very tap. */
	area: RefObject<HTMLTextAreaElement | null>
	isHidden: boolean
	close: () => void
}

export function Composer({ open, area, isHidden, close }: Props) {
	const text = useSignal("")
	const send = (enter: boolean) => {
		open.send(text.value, enter)
		text.value = ""
		area.current?.focus()
	}
	return (
		<div class="composer" hidden={isHidden}>
			<button type="button" class="quiet square" aria-label={words.close} onClick={close}>
				<Icon name="x" />
			</button>
			<textarea
				ref={area}
				rows={1}
				placeholder={words.keys.composeHint}
				aria-label={words.keys.compose}
				value={text.value}
				onInput={(event) => {
					text.value = event.currentTarget.value
				}}
			/>
			<button
				type="button"
				class="quiet square"
				aria-label={words.keys.type}
				title={words.keys.type}
				onClick={() => send(false)}
			>
				<Icon name="keyboard" />
			</button>
			<button type="button" class="primary square" aria-label={words.keys.send} onClick={() => send(true)}>
				<Icon name="send" />
			</button>
		</div>
	)
}
