// Some words, such as tags: those that are known to choose from, and a field for new ones.
import { useSignal } from "@preact/signals"
import { useId } from "preact/hooks"
import { words } from "../messages.ts"

interface Props {
	label: string
	hint?: string
	/** What a new one is called, such as "New tag". */
	add: string
	values: readonly string[]
	suggestions: readonly string[]
	/** Null for a word that is one; else what is wrong with it. */
	fault: (word: string) => string | null
	change: (values: string[]) => void
}

export function WordsField({ label, hint, add, values, suggestions, fault, change }: Props) {
	const id = useId()
	const typed = useSignal("")
	const problem = useSignal("")
	const shown = [...new Set([...suggestions, ...values])]
	const take = () => {
		const word = typed.value.trim()
		if (word === "") return
		problem.value = fault(word) ?? ""
		if (problem.value !== "") return
		typed.value = ""
		if (!values.includes(word)) change([...values, word])
	}
	return (
		<fieldset class="field">
			<legend>{label}</legend>
			{hint !== undefined && <small class="dim">{hint}</small>}
			{shown.length > 0 && (
				<div class="word-choices">
					{shown.map((word) => (
						<label key={word} class="word-choice">
							<input
								type="checkbox"
								checked={values.includes(word)}
								onChange={(event) =>
									change(event.currentTarget.checked ? [...values, word] : values.filter((value) => value !== word))
								}
							/>
							{word}
						</label>
					))}
				</div>
			)}
			<div class="word-new">
				<input
					type="text"
					id={id}
					aria-label={add}
					placeholder={add}
					autocomplete="off"
					autocapitalize="off"
					spellcheck={false}
					aria-describedby={problem.value === "" ? undefined : `${id}-problem`}
					value={typed.value}
					onInput={(event) => {
						typed.value = event.currentTarget.value
					}}
					onKeyDown={(event) => {
						if (event.key !== "Enter" && event.key !== ",") return
						if (typed.value.trim() === "") return
						event.preventDefault()
						take()
					}}
					onBlur={take}
				/>
				<button type="button" disabled={typed.value.trim() === ""} onClick={take}>
					{words.add}
				</button>
			</div>
			{problem.value !== "" && (
				<small id={`${id}-problem`} class="problem" role="alert">
					{problem.value}
				</small>
			)}
		</fieldset>
	)
}
