// Starting a session: what, where, in what, in which directory. A shell on the machine at hand is already chosen; Enter
// starts.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import type { Answered } from "../../protocol/ask.ts"
import type { MachineId } from "../../protocol/ids.ts"
import { TAGS } from "../../protocol/limits.ts"
import { CUSTOM, type RuntimeInfo, SHELL } from "../../protocol/session.ts"
import { api, load, sentence } from "../api.ts"
import { quoteArgument, splitCommand } from "../argv.ts"
import { words } from "../messages.ts"
import { lastMachine, startSession } from "../starting.ts"
import { LOADING, type Loaded, machines } from "../state.ts"
import { DirectoryField } from "../ui/directory-field.tsx"
import { FromField, PlaceFields } from "../ui/from-fields.tsx"
import { Icon } from "../ui/icon.tsx"
import { closeDialog, Modal } from "../ui/modal.tsx"
import { More } from "../ui/more.tsx"
import { standingOf } from "../ui/presence.tsx"
import { RuntimeNote, Runtimes } from "../ui/runtimes.tsx"
import { SubstrateTiles } from "../ui/substrate-tiles.tsx"
import { sessionTags, tagFault } from "../ui/tags.tsx"
import { WhereFields } from "../ui/where-fields.tsx"
import { WordsField } from "../ui/words-field.tsx"
import { askedOf, directoryOf, FIRST_FROM, FIRST_WHERE, lacksHosts, optionsOf } from "../where.ts"

interface Props {
	machine?: MachineId
	runtime?: string
	vm?: string
}

export function StartSession({ machine: wanted, runtime: first = SHELL, vm }: Props) {
	const listed = machines.value.is === "loaded" ? machines.value.value : []
	const machine = useSignal<MachineId | null>(null)
	machine.value ??= wanted ?? chooseMachine(listed.map(({ id }) => id))
	const runtimes = useSignal<Loaded<RuntimeInfo[]>>(LOADING)
	const runtime = useSignal(first)
	/** The chosen runtime lacks a key, and the person starts it nevertheless. */
	const withoutKey = useSignal(false)
	const command = useSignal("")
	const tried = useSignal<Loaded<Answered<"substrates">>>(LOADING)
	const where = useSignal(vm === undefined ? FIRST_WHERE : { ...FIRST_WHERE, substrate: "vm" as const, vm })
	const from = useSignal(FIRST_FROM)
	const cwd = useSignal("")
	const name = useSignal("")
	const tags = useSignal<string[]>([])
	const comesBack = useSignal(false)
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
	useEffect(() => {
		const of = machine.value
		if (of === null) return
		tried.value = LOADING
		let isGone = false
		let again: ReturnType<typeof setTimeout> | undefined
		const ask = async () => {
			const answer = await load(api("listSubstrates", { params: { machine: of }, query: { again: "false" } }))
			if (isGone) return
			tried.value = answer
			if (answer.is === "loaded" && answer.value.isTrying) again = setTimeout(() => void ask(), TRYING_MS)
		}
		void ask()
		return () => {
			isGone = true
			clearTimeout(again)
		}
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
	const wantedSubstrate = where.value.substrate ?? (tried.value.is === "loaded" ? tried.value.value.default : null)
	const info =
		tried.value.is === "loaded"
			? tried.value.value.substrates.find(({ substrate }) => substrate === wantedSubstrate)
			: null
	const ready = info?.is === "ready" ? info : null
	const options = optionsOf(where.value, ready)
	const isMissing = chosen?.program === null && options.hasOwnPrograms
	const lacksKey = chosen !== undefined && chosen.missingKeys.length > 0
	const isBarred = isMissing || isAway || (lacksKey && !withoutKey.value)
	const argv = splitCommand(command.value)
	const directory = directoryOf(from.value, cwd.value)
	const isWithoutHosts = lacksHosts(where.value.network) && options.networks.includes("allow-list")

	const choose = (id: string) => {
		runtime.value = id
		withoutKey.value = false
	}
	const start = async () => {
		if (isPending.value || isBarred) return
		if (!argv.ok) problem.value = words.start.openQuote
		else if (runtime.value === CUSTOM && argv.argv.length === 0) problem.value = words.start.commandMissing
		else if (directory === null) problem.value = words.start.fromMissing
		else if (isWithoutHosts) problem.value = words.network.noHosts
		else await ask(argv.argv, directory)
	}
	const ask = async (argv: string[], place: NonNullable<typeof directory>) => {
		isPending.value = true
		problem.value = ""
		try {
			const called = name.value.trim()
			await startSession(on, {
				runtime: runtime.value,
				argv,
				withoutKey: withoutKey.value,
				tags: tags.value,
				comesBack: comesBack.value,
				...askedOf(where.value, ready),
				...place,
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
								if (picked === undefined) return
								machine.value = picked.id
								where.value = FIRST_WHERE
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
					<Runtimes
						runtimes={runtimes.value}
						isInside={!options.hasOwnPrograms}
						chosen={runtime.value}
						choose={choose}
					/>
				</fieldset>
				{chosen && (
					<RuntimeNote
						isInside={!options.hasOwnPrograms}
						runtime={chosen}
						withoutKey={withoutKey.value}
						startWithoutKey={(said) => (withoutKey.value = said)}
					/>
				)}
				{runtime.value !== SHELL && (
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
					</label>
				)}
				<div class="two-columns">
					{from.value.is === "folder" && (
						<DirectoryField
							machine={on}
							label={words.start.directory}
							value={cwd.value}
							change={(value) => (cwd.value = value)}
						/>
					)}
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
				<SubstrateTiles
					tried={tried.value}
					chosen={where.value.substrate}
					choose={(substrate) => (where.value = { ...where.value, substrate })}
				/>
				{ready && (
					<WhereFields machine={on} info={ready} draft={where.value} change={(changed) => (where.value = changed)} />
				)}
				<More title={words.start.more}>
					<div class="form">
						<FromField draft={from.value} change={(changed) => (from.value = changed)} />
						{from.value.is !== "folder" && (
							<div class="two-columns">
								<PlaceFields
									machine={on}
									draft={from.value}
									change={(changed) => (from.value = changed)}
									directory={cwd.value}
									changeDirectory={(value) => (cwd.value = value)}
								/>
							</div>
						)}
						<WordsField
							label={words.tags}
							add={words.newTag}
							values={tags.value}
							suggestions={sessionTags()}
							fault={tagFault}
							change={(changed) => (tags.value = changed.slice(0, TAGS))}
						/>
						<label class="check">
							<input
								type="checkbox"
								checked={comesBack.value}
								onChange={(event) => {
									comesBack.value = event.currentTarget.checked
								}}
							/>
							{words.start.comesBack}
						</label>
					</div>
				</More>
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

/** Substrates that are being tried are asked for again. */
const TRYING_MS = 2_000

/** The machine started on last if it is linked, else the first that is. */
function chooseMachine(ids: readonly MachineId[]): MachineId | null {
	const linked = ids.filter((id) => ["linked", "unproven"].includes(standingOf(id).is))
	return linked.find((id) => id === lastMachine()) ?? linked[0] ?? ids[0] ?? null
}
