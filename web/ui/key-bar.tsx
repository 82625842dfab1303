// Keys that an on-screen keyboard lacks, and a line to compose text in. Shown where the pointer is a finger.
import { useSignal } from "@preact/signals"
import { useRef } from "preact/hooks"
import { readClipboard } from "../clipboard.ts"
import { words } from "../messages.ts"
import type { OpenSession } from "../open-session.ts"
import { Composer } from "./composer.tsx"
import { Icon } from "./icon.tsx"
import type { IconName } from "./icons.ts"

/** Behind "more": chords in daily use, and what on-screen keyboards hide. */
const CHORDS: [letter: string, label: string][] = [
	["z", "^Z"],
	["l", "^L"],
	["r", "^R"],
	["o", "^O"],
]
const MORE: [key: string, label: string][] = [
	["Home", "home"],
	["End", "end"],
	["PageUp", "pgup"],
	["PageDown", "pgdn"],
	["|", "|"],
	["~", "~"],
	["-", "-"],
	["_", "_"],
	["`", "`"],
	["\\", "\\"],
	["*", "*"],
	["Delete", "del"],
]

export function KeyBar({ open }: { open: OpenSession }) {
	const { terminal } = open
	const more = useSignal(false)
	const composing = useSignal(false)
	const area = useRef<HTMLTextAreaElement>(null)
	const held = terminal.held.value
	const chord = (letter: string) => {
		if (!held.ctrl) terminal.hold("ctrl")
		terminal.press(letter)
	}
	const compose = () => {
		composing.value = true
		area.current?.closest(".composer")?.removeAttribute("hidden")
		area.current?.focus()
	}
	const paste = async () => {
		const text = await readClipboard()
		if (text === null) compose()
		else terminal.paste(text)
	}
	return (
		<>
			<Composer
				open={open}
				area={area}
				isHidden={!composing.value}
				close={() => {
					composing.value = false
					terminal.focus()
				}}
			/>
			<div
				class="key-bar"
				role="toolbar"
				aria-label={words.keys.bar}
				hidden={composing.value}
				onPointerDown={keepFocus}
				onMouseDown={keepFocus}
			>
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
					<Key label="^D" press={() => chord("d")} />
					<Key label="ArrowUp" icon="arrow-up" press={() => terminal.press("ArrowUp")} />
					<Key label={words.keys.paste} icon="clipboard-paste" press={() => void paste()} />
					<Key label={words.keys.more} icon="ellipsis" held={more.value} press={() => (more.value = !more.value)} />
					<button type="button" class="key wide" onClick={compose}>
						<Icon name="message-square-text" />
						{words.keys.compose}
					</button>
					<Key label="^C" press={() => chord("c")} />
					<Key label="/" press={() => terminal.press("/")} />
					<Key label="ArrowLeft" icon="arrow-left" press={() => terminal.press("ArrowLeft")} />
					<Key label="ArrowDown" icon="arrow-down" press={() => terminal.press("ArrowDown")} />
					<Key label="ArrowRight" icon="arrow-right" press={() => terminal.press("ArrowRight")} />
					<Key label="Enter" icon="corner-down-left" press={() => terminal.press("Enter")} />
				</div>
			</div>
		</>
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
