// The command palette: every session, machine and action, by typing.
import { useSignal } from "@preact/signals"
import { useId } from "preact/hooks"
import { chooseLanguage, LANGUAGE, LANGUAGES, SPOKEN } from "../messages/language.ts"
import { words } from "../messages.ts"
import {
	FLEET,
	go,
	INBOX,
	MACHINE_PARTS,
	machinePath,
	requestPath,
	SETTINGS,
	SETTINGS_PAGES,
	sessionPath,
} from "../navigation.ts"
import { rank } from "../rank.ts"
import { sessionsOf } from "../screens/fleet.tsx"
import { dialog, filter, inbox, machines, may, me, screenReader, theme, workspaces } from "../state.ts"
import { Icon } from "../ui/icon.tsx"
import type { IconName } from "../ui/icons.ts"
import { closeDialog, Modal } from "../ui/modal.tsx"
import { enterWorkspace } from "../ui/workspaces.tsx"
import { needsSomebody } from "../waiting.ts"

interface Command {
	id: string
	kind: string
	icon: IconName
	name: string
	detail: string
	run: () => void
}

const SHOWN = 50

export function Palette() {
	const typed = useSignal("")
	const at = useSignal(0)
	const list = useId()
	const found = rank(commands(), typed.value, ({ name, detail }) => `${name} ${detail}`).slice(0, SHOWN)
	const index = Math.min(at.value, found.length - 1)
	const run = (command: Command | undefined) => {
		if (command === undefined) return
		closeDialog()
		command.run()
	}
	return (
		<Modal title={words.palette.title} size="palette" onSubmit={() => run(found[index])}>
			<input
				type="text"
				role="combobox"
				aria-expanded="true"
				aria-controls={list}
				aria-activedescendant={found[index] && `${list}-${index}`}
				aria-label={words.palette.title}
				placeholder={words.palette.hint}
				autocomplete="off"
				autofocus
				value={typed.value}
				onInput={(event) => {
					typed.value = event.currentTarget.value
					at.value = 0
				}}
				onKeyDown={(event) => {
					if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return
					event.preventDefault()
					const by = event.key === "ArrowDown" ? 1 : -1
					at.value = (index + by + found.length) % Math.max(1, found.length)
					document.getElementById(`${list}-${at.value}`)?.scrollIntoView({ block: "nearest" })
				}}
			/>
			<div id={list} role="listbox" aria-label={words.palette.title} class="commands">
				{found.map((command, i) => (
					<button
						type="button"
						key={command.id}
						id={`${list}-${i}`}
						role="option"
						tabIndex={-1}
						class="menu-item"
						aria-selected={i === index}
						onClick={() => run(command)}
						onPointerMove={() => {
							at.value = i
						}}
					>
						<Icon name={command.icon} />
						<span>{command.name}</span>
						<span class="dim grow">{command.detail}</span>
						<small class="dim">{command.kind}</small>
					</button>
				))}
				{found.length === 0 && <p class="menu-note">{words.palette.none}</p>}
			</div>
		</Modal>
	)
}

function commands(): Command[] {
	const known = machines.value.is === "loaded" ? machines.value.value : []
	const sessions = known.flatMap(({ id: machine, name: where }) =>
		(sessionsOf(machine) ?? []).map(
			({ id, name, runtime, cwd, tags }): Command => ({
				id,
				kind: words.palette.session,
				icon: "square-terminal",
				name,
				detail: [where, runtime, ...tags, cwd].join(" · "),
				run: () => go(sessionPath(machine, id)),
			}),
		),
	)
	const places = known.map(
		({ id, name }): Command => ({
			id,
			kind: words.palette.machine,
			icon: "server",
			name,
			detail: words.fleet.startOn(name),
			run: () => {
				go(FLEET)
				filter.value = name
			},
		}),
	)
	const parts = known.flatMap(({ id, name }) =>
		MACHINE_PARTS.map(
			(part): Command => ({
				id: `${id} ${part}`,
				kind: words.palette.machine,
				icon: "settings",
				name: words.machines.parts[part],
				detail: name,
				run: () => go(machinePath(id, part)),
			}),
		),
	)
	return [...requests(), ...sessions, ...actions(), ...places, ...parts, ...others()]
}

/** What waits for somebody now. */
function requests(): Command[] {
	const rows = inbox.value.is === "loaded" ? inbox.value.value : []
	return rows
		.filter(({ item }) => needsSomebody(item))
		.map(({ item: { id, sessionName, machineName, kind, text, subject } }) => ({
			id,
			kind: words.inbox.request,
			icon: "inbox" as const,
			name: words.inbox.sessionAsks(sessionName, kind),
			detail: [machineName, subject?.text ?? text].join(" · "),
			run: () => go(requestPath(id)),
		}))
}

function actions(): Command[] {
	const { palette } = words
	const action = (icon: IconName, name: string, run: () => void): Command => ({
		id: name,
		kind: palette.action,
		icon,
		name,
		detail: "",
		run,
	})
	const nextTheme = ({ system: "light", light: "dark", dark: "system" } as const)[theme.value]
	return [
		...(may("session:start") ? [action("plus", palette.start, () => (dialog.value = { is: "start" }))] : []),
		action("inbox", words.inbox.shortcuts.go, () => go(INBOX)),
		action("server", palette.goFleet, () => go(FLEET)),
		action("settings", palette.goTo(words.settings.title), () => go(SETTINGS.index)),
		...SETTINGS_PAGES.map((page) =>
			action("settings", palette.goTo(words.settings.pages[page].title), () => go(SETTINGS[page])),
		),
		...(may("machine:enroll") ? [action("plus", palette.enroll, () => (dialog.value = { is: "enroll" }))] : []),
		action("keyboard", palette.shortcuts, () => (dialog.value = { is: "shortcuts" })),
		action("eye", palette.theme[nextTheme], () => (theme.value = nextTheme)),
		...LANGUAGES.filter((language) => language !== LANGUAGE).map((language) =>
			action("languages", palette.language(SPOKEN[language].name), () => chooseLanguage(language)),
		),
		action("eye", screenReader.value ? palette.screenReaderOff : palette.screenReaderOn, () => {
			screenReader.value = !screenReader.value
		}),
	]
}

/** The other workspaces of this person. */
function others(): Command[] {
	const here = me.value.is === "loaded" ? me.value.value.workspace.id : null
	const mine = workspaces.value.is === "loaded" ? workspaces.value.value : []
	return mine
		.filter(({ id }) => id !== here)
		.map(({ id, name, role }) => ({
			id,
			kind: words.palette.workspace,
			icon: "building" as const,
			name,
			detail: words.roles[role].name,
			run: () => void enterWorkspace(id),
		}))
}
