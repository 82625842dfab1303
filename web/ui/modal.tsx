// A modal dialog: the browser's own, with its focus trap, Escape and return of focus.
import type { ComponentChildren } from "preact"
import { useId, useLayoutEffect, useRef } from "preact/hooks"
import { words } from "../messages.ts"
import { dialog } from "../state.ts"
import { Icon } from "./icon.tsx"

interface Props {
	title: string
	children: ComponentChildren
	/** Wide is for lists and forms with two columns. */
	size?: "narrow" | "wide" | "palette"
	/** Called by the form's submit, which Enter in any field is. */
	onSubmit?: () => void
}

export function closeDialog(): void {
	dialog.value = null
}

export function Modal({ title, children, size = "narrow", onSubmit }: Props) {
	const element = useRef<HTMLDialogElement>(null)
	const heading = useId()
	useLayoutEffect(() => {
		const shown = element.current
		shown?.showModal()
		return () => shown?.close()
	}, [])
	const submit = (event: Event) => {
		event.preventDefault()
		onSubmit?.()
	}
	return (
		<dialog
			ref={element}
			class={`modal ${size}`}
			aria-labelledby={heading}
			onCancel={(event) => {
				event.preventDefault()
				closeDialog()
			}}
			onPointerDown={(event) => {
				// The backdrop is the dialog itself; what it holds is a form.
				if (event.target === element.current) closeDialog()
			}}
		>
			<form onSubmit={submit} method="dialog">
				<header class={size === "palette" ? "unseen" : "modal-head"}>
					<h2 id={heading}>{title}</h2>
					<button type="button" class="quiet square" aria-label={words.close} onClick={closeDialog}>
						<Icon name="x" />
					</button>
				</header>
				{children}
			</form>
		</dialog>
	)
}
