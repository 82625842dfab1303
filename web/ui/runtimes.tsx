// What a session can run on a machine: tiles to choose from, and what the chosen one lacks.
import type { RuntimeInfo } from "../../protocol/session.ts"
import { words } from "../messages.ts"
import type { Loaded } from "../state.ts"
import { CopyField } from "./copy-field.tsx"
import { Refused } from "./faces.tsx"
import { Icon } from "./icon.tsx"

export const SHELL = "shell"
export const CUSTOM = "custom"

type Choice = Pick<RuntimeInfo, "id" | "label" | "program" | "version" | "missingKeys">

const CUSTOM_CHOICE: Choice = {
	id: CUSTOM,
	label: words.start.custom,
	program: words.start.customHint,
	version: null,
	missingKeys: [],
}

interface RuntimesProps {
	runtimes: Loaded<RuntimeInfo[]>
	chosen: string
	choose: (id: string) => void
}

/** Installed ones first. A shell and a custom command need no answer of the machine. */
export function Runtimes({ runtimes, chosen, choose }: RuntimesProps) {
	if (runtimes.is === "refused") return <Refused refusal={runtimes.refusal} />
	const known: Choice[] =
		runtimes.is === "loaded" ? runtimes.value : [{ ...CUSTOM_CHOICE, id: SHELL, label: words.start.shell, program: "" }]
	const shown = [...known.filter(({ id }) => id !== CUSTOM), CUSTOM_CHOICE]
	shown.sort((a, b) => Number(b.program !== null) - Number(a.program !== null))
	return (
		<div class="runtimes">
			{shown.map(({ id, label, program, version, missingKeys }) => (
				<label key={id} class={program === null ? "runtime-tile missing" : "runtime-tile"}>
					<input type="radio" name="runtime" class="unseen" checked={chosen === id} onChange={() => choose(id)} />
					<span>{label}</span>
					<small class="dim">
						{program === null ? words.start.notInstalled : (version ?? program)}
						{program !== null && missingKeys.length > 0 && <Icon name="triangle-alert" />}
					</small>
				</label>
			))}
			{runtimes.is === "loading" && <span class="bone">{words.start.runtimesLoading}</span>}
		</div>
	)
}

export function RuntimeNote({ runtime: { program, install, missingKeys } }: { runtime: RuntimeInfo }) {
	if (program === null)
		return (
			<div class="note">
				<p>{words.start.install}</p>
				<CopyField text={install} />
			</div>
		)
	if (missingKeys.length > 0)
		return (
			<p class="note">
				<Icon name="triangle-alert" />
				{words.start.missingKeys(missingKeys.join(", "))}
			</p>
		)
	return null
}
