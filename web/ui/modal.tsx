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
	/** Called by the form's submit, which Enter in any field is. Without it what is inside may have forms of its own. */
	onSubmit?: () => void
	close?: () => void
	/** Closes only by its buttons: what it shows is gone with it. */
	isFirm?: boolean
}

export function closeDialog(): void {
	dialog.value = null
}

export function Modal({ title, children, size = "narrow", onSubmit, close = closeDialog, isFirm = false }: Props) {
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
	const inside = (
		<>
			<header class={size === "palette" ? "unseen" : "modal-head"}>
				<h2 id={heading}>{title}</h2>
				<button type="button" class="quiet square" aria-label={words.close} onClick={close}>
					<Icon name="x" />
				</button>
			</header>
			{children}
		</>
	)
	return (
		<dialog
			ref={element}
			class={`modal ${size}`}
			aria-labelledby={heading}
			onCancel={(event) => {
				event.preventDefault()
				if (!isFirm) close()
			}}
			onPointerDown={(event) => {
				// The backdrop is the dialog itself; what it holds is inside of another element.
				if (event.target === element.current && !isFirm) close()
			}}
		>
			{onSubmit === undefined ? (
				<div class="modal-inside">{inside}</div>
			) : (
				<form class="modal-inside" onSubmit={submit} method="dialog">
					{inside}
				</form>
			)}
		</dialog>
	)
}
