// A field for a file's text, with the numbers of its lines; those with a mistake are marked.
import { useEffect, useId, useRef } from "preact/hooks"
import { LOADOUT_BYTES } from "../../protocol/limits.ts"

interface Props {
	label: string
	value: string
	/** Numbers of lines with a mistake, from 1. */
	wrong: readonly number[]
	/** Where the person is taken to, once for each object. */
	at: { line: number; column: number } | null
	readOnly?: boolean
	change: (value: string) => void
}

/** As high as its text, so that numbers and lines scroll together. */
export function YamlField({ label, value, wrong, at, readOnly, change }: Props) {
	const id = useId()
	const field = useRef<HTMLTextAreaElement>(null)
	const lines = value.split("\n")
	useEffect(() => {
		const area = field.current
		if (at === null || area === null) return
		const before = area.value.split("\n").slice(0, at.line - 1)
		const place = before.reduce((sum, line) => sum + line.length + 1, 0) + at.column - 1
		area.focus()
		area.setSelectionRange(place, place)
	}, [at])
	return (
		<div class="field">
			<label for={id}>{label}</label>
			<div class="yaml">
				<ol class="line-numbers" aria-hidden="true">
					{lines.map((_, i) => (
						<li key={i} class={wrong.includes(i + 1) ? "wrong" : undefined}>
							{i + 1}
						</li>
					))}
				</ol>
				<textarea
					ref={field}
					id={id}
					class="mono"
					rows={Math.max(lines.length, 8)}
					wrap="off"
					autocapitalize="off"
					autocomplete="off"
					spellcheck={false}
					maxLength={LOADOUT_BYTES}
					readOnly={readOnly}
					aria-invalid={wrong.length > 0}
					value={value}
					onInput={(event) => change(event.currentTarget.value)}
				/>
			</div>
		</div>
	)
}
