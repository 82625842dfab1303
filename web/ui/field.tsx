// A labelled field for one line of text, with what there is to know about it.
import type { InputHTMLAttributes } from "preact"
import { useId } from "preact/hooks"

type Props = Omit<InputHTMLAttributes<HTMLInputElement>, "value" | "onInput" | "label" | "role" | "type"> & {
	type?: "text" | "email" | "password" | "url" | "number"
	label: string
	hint?: string | undefined
	/** For words of machines, which no browser is to mend. */
	isCode?: boolean
	value: string
	change: (value: string) => void
}

export function Field({ type = "text", label, hint, isCode, value, change, ...input }: Props) {
	const id = useId()
	// The compiler wants to know which type it is, since not each takes every attribute.
	const attributes = {
		type,
		autocomplete: "off",
		...(isCode && CODE),
		...input,
	} as InputHTMLAttributes<HTMLInputElement>
	return (
		<div class="field">
			<label for={id}>{label}</label>
			<input
				{...attributes}
				id={id}
				aria-describedby={hint === undefined ? undefined : `${id}-hint`}
				value={value}
				onInput={(event) => change(event.currentTarget.value)}
			/>
			{hint !== undefined && (
				<small id={`${id}-hint`} class="dim">
					{hint}
				</small>
			)}
		</div>
	)
}

const CODE = { class: "mono", autocapitalize: "off", spellcheck: false }
