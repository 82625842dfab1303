// Keys that an on-screen keyboard lacks, and a line to compose text in. Shown where the pointer is a finger.
import { useSignal } from "@preact/signals"
import { readClipboard } from "../clipboard.ts"
import { words } from "../messages.ts"
import type { OpenSession } from "../open-session.ts"
import { Composer } from "./composer.tsx"
import { Icon } from "./icon.tsx"
import type { IconName } from "./icons.ts"

const ARROWS: [key: string, icon: IconName][] = [
	["ArrowLeft", "arrow-left"],
	["ArrowDown", "arrow-down"],
	["ArrowUp", "arrow-up"],
	["ArrowRight", "arrow-right"],
]
const MORE: [key: string, label: string][] = [
	["Home", "home"],
	["End", "end"],
	["PageUp", "pgup"],
	["PageDown", "pgdn"],
	["Delete", "del"],
	["|", "|"],
	["~", "~"],
	["/", "/"],
	["-", "-"],
	["_", "_"],
	["`", "`"],
]
/** Chords in daily use, each by one tap. */
const CHORDS: [letter: string, label: string][] = [
	["c", "^C"],
	["d", "^D"],
	["z", "^Z"],
	["l", "^L"],
	["r", "^R"],
	["o", "^O"],
]

export function KeyBar({ open }: { open: OpenSession }) {
	const { terminal } = open
	const more = useSignal(false)
	const composing = useSignal(false)
	const held = terminal.held.value
	const chord = (letter: string) => {
		if (!held.ctrl) terminal.hold("ctrl")
		terminal.press(letter)
	}
	if (composing.value)
		return (
			<Composer
				open={open}
				close={() => {
					composing.value = false
				}}
			/>
		)
	return (
		<div class="key-bar" role="toolbar" aria-label={words.keys.bar} onPointerDown={keepFocus} onMouseDown={keepFocus}>
			{more.value && (
				<div class="keys">
					{CHORDS.map(([letter, label]) => (
						<Key key={label} label={label} press={() => chord(letter)} />
					))}
					{MORE.map(([key, label]) => (
						<Key key={label} label={label} press={() => terminal.press(key)} />
					))}
				</div>
			)}
			<div class="keys">
				<Key label={words.keys.escape} press={() => terminal.press("Escape")} />
				<Key label={words.keys.tab} press={() => terminal.press("Tab")} />
				<Key label={words.keys.control} held={held.ctrl} press={() => terminal.hold("ctrl")} />
				<Key label={words.keys.alt} held={held.alt} press={() => terminal.hold("alt")} />
				{ARROWS.map(([key, icon]) => (
					<Key key={key} label={key} icon={icon} press={() => terminal.press(key)} />
				))}
				<Key
					label={words.keys.paste}
					icon="clipboard-paste"
					press={async () => {
						const text = await readClipboard()
						if (text === null) composing.value = true
						else terminal.paste(text)
					}}
				/>
				<Key
					label={words.keys.compose}
					icon="message-square-text"
					press={() => {
						composing.value = true
					}}
				/>
				<Key
					label={words.keys.more}
					icon="ellipsis"
					held={more.value}
					press={() => {
						more.value = !more.value
					}}
				/>
			</div>
		</div>
	)
}

interface KeyProps {
	label: string
	icon?: IconName
	/** For keys that stay down. */
	held?: boolean
	press: () => void
}

function Key({ label, icon, held, press }: KeyProps) {
	return (
		<button type="button" class="key" aria-label={label} aria-pressed={held} onClick={press}>
			{icon ? <Icon name={icon} /> : label}
		</button>
	)
}

/** The terminal keeps the focus, and with it the on-screen keyboard. */
function keepFocus(event: Event): void {
	event.preventDefault()
}
