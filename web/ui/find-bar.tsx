// Finding text in the terminal, scrollback included.
import { useSignal } from "@preact/signals"
import { useLayoutEffect, useRef } from "preact/hooks"
import { words } from "../messages.ts"
import type { Terminal } from "../terminal.ts"
import { Icon } from "./icon.tsx"

export function FindBar({ terminal, close }: { terminal: Terminal; close: () => void }) {
	const input = useRef<HTMLInputElement>(null)
	const text = useSignal("")
	const matches = useSignal("")
	useLayoutEffect(() => {
		input.current?.focus()
		terminal.onMatches((index, count) => {
			matches.value = words.session.matches(index, count)
		})
		return () => terminal.endFind()
	}, [terminal])
	const find = (back: boolean) => {
		if (text.value === "") {
			terminal.endFind()
			matches.value = ""
		} else terminal.find(text.value, back)
	}
	return (
		<search class="find-bar">
			<input
				ref={input}
				type="search"
				aria-label={words.session.findLabel}
				placeholder={words.session.find}
				value={text.value}
				onInput={(event) => {
					text.value = event.currentTarget.value
					find(true)
				}}
				onKeyDown={(event) => {
					if (event.key === "Enter") find(!event.shiftKey)
					if (event.key === "Escape") close()
				}}
			/>
			<output class="dim">{matches.value}</output>
			<button type="button" class="quiet square" aria-label={words.session.previous} onClick={() => find(true)}>
				<Icon name="arrow-up" />
			</button>
			<button type="button" class="quiet square" aria-label={words.session.next} onClick={() => find(false)}>
				<Icon name="arrow-down" />
			</button>
			<button type="button" class="quiet square" aria-label={words.close} onClick={close}>
				<Icon name="x" />
			</button>
		</search>
	)
}
