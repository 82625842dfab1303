// A line to write in before it is sent: long text, dictation, input methods and corrections work as everywhere.
import { useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import { words } from "../messages.ts"
import type { OpenSession } from "../open-session.ts"
import { Icon } from "./icon.tsx"

export function Composer({ open, close }: { open: OpenSession; close: () => void }) {
	const text = useSignal("")
	const area = useRef<HTMLTextAreaElement>(null)
	useEffect(() => area.current?.focus(), [])
	const send = (enter: boolean) => {
		open.send(text.value, enter)
		text.value = ""
		area.current?.focus()
	}
	return (
		<div class="composer">
			<button type="button" class="quiet square" aria-label={words.close} onClick={close}>
				<Icon name="x" />
			</button>
			<textarea
				ref={area}
				rows={Math.min(5, text.value.split("\n").length)}
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
