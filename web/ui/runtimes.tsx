// What a session can run on a machine: tiles to choose from, and what the chosen one lacks.
import { CUSTOM, type RuntimeInfo, SHELL } from "../../protocol/session.ts"
import { words } from "../messages.ts"
import { missingSecretPath } from "../navigation.ts"
import { forbidden } from "../permission.ts"
import { type Loaded, may } from "../state.ts"
import { CopyField } from "./copy-field.tsx"
import { Refused } from "./faces.tsx"
import { Icon } from "./icon.tsx"
import { closeDialog } from "./modal.tsx"

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
	/** What is chosen runs where the machine's own programs are not. */
	isInside: boolean
	chosen: string
	choose: (id: string) => void
}

/** Installed ones first. A shell and a custom command need no answer of the machine. */
export function Runtimes({ runtimes, isInside, chosen, choose }: RuntimesProps) {
	if (runtimes.is === "refused") return <Refused refusal={runtimes.refusal} />
	const known: Choice[] =
		runtimes.is === "loaded" ? runtimes.value : [{ ...CUSTOM_CHOICE, id: SHELL, label: words.start.shell, program: "" }]
	const shown = [...known.filter(({ id }) => id !== CUSTOM), CUSTOM_CHOICE]
	shown.sort((a, b) => Number(b.program !== null) - Number(a.program !== null))
	return (
		<div class="runtimes">
			{shown.map(({ id, label, program, version, missingKeys }) => (
				<label key={id} class={program === null && !isInside ? "runtime-tile missing" : "runtime-tile"}>
					<input type="radio" name="runtime" class="unseen" checked={chosen === id} onChange={() => choose(id)} />
					<span>{label}</span>
					<small class="dim">
						{isInside && id !== CUSTOM
							? words.start.mustBeInside
							: program === null
								? words.start.notInstalled
								: (version ?? program)}
						{(program !== null || isInside) && missingKeys.length > 0 && <Icon name="triangle-alert" />}
					</small>
				</label>
			))}
			{runtimes.is === "loading" && <span class="bone">{words.start.runtimesLoading}</span>}
		</div>
	)
}

interface NoteProps {
	runtime: RuntimeInfo
	/** It runs where the machine's own programs are not. */
	isInside: boolean
	/** Said by the person: the program is to sign in by itself. */
	withoutKey: boolean
	startWithoutKey: (withoutKey: boolean) => void
}

export function RuntimeNote({ runtime, isInside, withoutKey, startWithoutKey }: NoteProps) {
	const { id, label, program, install, missingKeys, signsIn } = runtime
	if (program === null && !isInside)
		return (
			<div class="note">
				<p>{words.start.install}</p>
				<CopyField text={install} />
			</div>
		)
	if (missingKeys.length > 0)
		return (
			<div class="note">
				<p>
					<Icon name="triangle-alert" />
					{words.start.missingKeys(label)}
				</p>
				<ul>
					{missingKeys.map((name) => (
						<li key={name}>
							<code>{name}</code>
							{may("secret:manage") && (
								<a
									class="link"
									href={missingSecretPath(name, id)}
									aria-label={words.start.saveKey(name)}
									onClick={closeDialog}
								>
									{words.start.save}
								</a>
							)}
						</li>
					))}
				</ul>
				{forbidden("secret:manage") !== undefined && <p>{words.start.askMaintainer}</p>}
				{signsIn && (
					<label class="check">
						<input
							type="checkbox"
							checked={withoutKey}
							onChange={(event) => startWithoutKey(event.currentTarget.checked)}
						/>
						{words.start.withoutKey(label)}
					</label>
				)}
			</div>
		)
	return null
}
