// Starting a session: what, where, in which directory. A shell on the machine at hand is already chosen; Enter starts.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import type { MachineId } from "../../protocol/ids.ts"
import type { RuntimeInfo } from "../../protocol/session.ts"
import { api, load, sentence } from "../api.ts"
import { quoteArgument, splitCommand } from "../argv.ts"
import { words } from "../messages.ts"
import { isMasked, lastMachine, startSession } from "../starting.ts"
import { LOADING, type Loaded, type MaskedCommand, machines } from "../state.ts"
import { DirectoryField } from "../ui/directory-field.tsx"
import { Icon } from "../ui/icon.tsx"
import { closeDialog, Modal } from "../ui/modal.tsx"
import { standingOf } from "../ui/presence.tsx"
import { CUSTOM, RuntimeNote, Runtimes, SHELL } from "../ui/runtimes.tsx"

interface Props {
	machine?: MachineId
	runtime?: string
	masked?: MaskedCommand
}

export function StartSession({ machine: wanted, runtime: first = SHELL, masked }: Props) {
	const listed = machines.value.is === "loaded" ? machines.value.value : []
	const machine = useSignal<MachineId | null>(null)
	machine.value ??= wanted ?? chooseMachine(listed.map(({ id }) => id))
	const runtimes = useSignal<Loaded<RuntimeInfo[]>>(LOADING)
	const runtime = useSignal(first)
	/** The chosen runtime lacks a key, and the person starts it nevertheless. */
	const withoutKey = useSignal(false)
	const command = useSignal(masked?.argv.map(quoteArgument).join(" ") ?? "")
	const cwd = useSignal(masked?.cwd ?? "")
	const name = useSignal("")
	const isPending = useSignal(false)
	const problem = useSignal("")

	useEffect(() => {
		const of = machine.value
		if (of === null) return
		runtimes.value = LOADING
		withoutKey.value = false
		void load(api("listRuntimes", { params: { machine: of } })).then((answer) => {
			if (machine.peek() !== of) return
			runtimes.value = answer.is === "loaded" ? { is: "loaded", value: answer.value.runtimes } : answer
		})
	}, [machine.value])

	if (machine.value === null)
		return (
			<Modal title={words.start.title}>
				<p class="modal-body">{words.start.noMachine}</p>
			</Modal>
		)
	const on = machine.value
	const isAway = ["away", "never"].includes(standingOf(on).is)
	const chosen =
		runtimes.value.is === "loaded" ? runtimes.value.value.find(({ id }) => id === runtime.value) : undefined
	const isMissing = chosen?.program === null
	const lacksKey = chosen !== undefined && chosen.missingKeys.length > 0
	const isBarred = isMissing || isAway || (lacksKey && !withoutKey.value)
	const argv = splitCommand(command.value)
	const lacksSecret = masked !== undefined && argv.ok && isMasked(argv.argv)
	const isIncomplete = lacksSecret || !argv.ok || (runtime.value === CUSTOM && argv.argv.length === 0)

	const choose = (id: string) => {
		runtime.value = id
		withoutKey.value = false
	}
	const start = async () => {
		if (isPending.value || isBarred) return
		if (!argv.ok || isIncomplete) {
			if (lacksSecret) problem.value = words.start.masked
			else problem.value = argv.ok ? words.start.commandMissing : words.start.openQuote
			return
		}
		isPending.value = true
		problem.value = ""
		try {
			const directory = cwd.value.trim()
			const called = name.value.trim()
			await startSession(on, {
				runtime: runtime.value,
				argv: argv.argv,
				withoutKey: withoutKey.value,
				...(directory === "" ? {} : { cwd: directory }),
				...(called === "" ? {} : { name: called }),
			})
		} catch (error) {
			problem.value = sentence(error)
		} finally {
			isPending.value = false
		}
	}
	return (
		<Modal title={words.start.title} size="wide" onSubmit={() => void start()}>
			<div class="modal-body start-form">
				{listed.length > 1 && (
					<label class="field">
						{words.start.machine}
						<select
							value={on}
							onChange={(event) => {
								const picked = listed.find(({ id }) => id === event.currentTarget.value)
								if (picked) machine.value = picked.id
							}}
						>
							{listed.map(({ id, name: called }) => (
								<option key={id} value={id}>
									{called} ({words.presence.word(standingOf(id))})
								</option>
							))}
						</select>
					</label>
				)}
				{isAway && <p class="problem">{words.start.awayMachine}</p>}
				<fieldset class="field">
					<legend>{words.start.runtime}</legend>
					<Runtimes runtimes={runtimes.value} chosen={runtime.value} choose={choose} />
				</fieldset>
				{chosen && (
					<RuntimeNote
						runtime={chosen}
						withoutKey={withoutKey.value}
						startWithoutKey={(said) => (withoutKey.value = said)}
					/>
				)}
				{(runtime.value !== SHELL || masked !== undefined) && (
					<label class="field">
						{runtime.value === CUSTOM ? words.start.command : words.start.extra}
						<input
							type="text"
							class="mono"
							autocomplete="off"
							autocapitalize="off"
							spellcheck={false}
							placeholder={runtime.value === CUSTOM ? words.start.commandHint : ""}
							value={command.value}
							onInput={(event) => {
								command.value = event.currentTarget.value
							}}
						/>
						{argv.ok && argv.argv.length > 0 && (
							<span class="argv">
								<span class="dim">{words.start.arguments}</span>
								{argv.argv.map((argument, i) => (
									<code key={i}>{argument === "" ? quoteArgument("") : argument}</code>
								))}
							</span>
						)}
						{!argv.ok && <span class="problem">{words.start.openQuote}</span>}
						{lacksSecret && <span class="problem">{words.start.masked}</span>}
					</label>
				)}
				<div class="two-columns">
					<DirectoryField machine={on} value={cwd.value} change={(value) => (cwd.value = value)} />
					<label class="field">
						{words.start.name}
						<input
							type="text"
							autocomplete="off"
							placeholder={words.start.nameHint}
							value={name.value}
							onInput={(event) => {
								name.value = event.currentTarget.value
							}}
						/>
					</label>
				</div>
			</div>
			{problem.value !== "" && (
				<p class="problem" role="alert">
					{problem.value}
				</p>
			)}
			<footer class="modal-foot">
				<button type="button" onClick={closeDialog}>
					{words.cancel}
				</button>
				<button
					type="submit"
					class="primary"
					autofocus
					disabled={isPending.value || isBarred}
					aria-busy={isPending.value}
				>
					<Icon name="play" />
					{isPending.value ? words.start.pending : words.start.submit}
				</button>
			</footer>
		</Modal>
	)
}

/** The machine started on last if it is linked, else the first that is. */
function chooseMachine(ids: readonly MachineId[]): MachineId | null {
	const linked = ids.filter((id) => ["linked", "unproven"].includes(standingOf(id).is))
	return linked.find((id) => id === lastMachine()) ?? linked[0] ?? ids[0] ?? null
}
