// The small dialogs: a question or a field, a button that shows pending until it is done, a refusal in words.
import type { ComponentChildren } from "preact"
import { NAME_CHARS } from "../../protocol/limits.ts"
import { words } from "../messages.ts"
import { useRun } from "../run.ts"
import { closeDialog, Modal } from "./modal.tsx"

interface Props {
	title: string
	submit: string
	/** What leaving it is called, where "Cancel" would say the deed itself. */
	dismiss?: string
	danger?: boolean
	disabled?: boolean
	/** There is something to show when it is done. */
	staysOpen?: boolean
	size?: "wide"
	children: ComponentChildren
	/** What the button does; the dialog closes when it is done. */
	run: () => Promise<unknown>
}

export function Confirm({
	title,
	submit,
	dismiss = words.cancel,
	danger,
	disabled,
	staysOpen,
	size,
	children,
	run,
}: Props) {
	const { isPending, problem, run: go } = useRun(run)
	return (
		<Modal
			title={title}
			{...(size && { size })}
			onSubmit={async () => {
				if (!disabled && (await go()) && !staysOpen) closeDialog()
			}}
		>
			<div class="modal-body">{children}</div>
			{problem !== "" && (
				<p class="problem" role="alert">
					{problem}
				</p>
			)}
			<footer class="modal-foot">
				<button type="button" onClick={closeDialog}>
					{dismiss}
				</button>
				<button
					type="submit"
					class={danger ? "primary danger" : "primary"}
					disabled={disabled || isPending}
					aria-busy={isPending}
				>
					{submit}
				</button>
			</footer>
		</Modal>
	)
}

interface NameProps {
	label: string
	value: string
	hint?: string
	change: (value: string) => void
}

export function NameField({ label, value, hint, change }: NameProps) {
	return (
		<label class="field">
			{label}
			<input
				type="text"
				value={value}
				placeholder={hint}
				maxLength={NAME_CHARS}
				autocomplete="off"
				autofocus
				onFocus={(event) => event.currentTarget.select()}
				onInput={(event) => change(event.currentTarget.value)}
			/>
		</label>
	)
}
