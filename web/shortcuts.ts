// Keys of the console. In a terminal every key belongs to the program, except the one chord that opens the palette.
import { FLEET, go, INBOX, SETTINGS } from "./navigation.ts"
import { dialog, may } from "./state.ts"

/** Whether a key pressed in a terminal is the console's: Ctrl+Shift+K, or Command+K, which no program ever gets. */
export function isOurs(event: KeyboardEvent): boolean {
	if (event.key.toLowerCase() !== "k" || event.altKey) return false
	return event.metaKey ? !event.ctrlKey : event.ctrlKey && event.shiftKey
}

export function listenForShortcuts(): void {
	addEventListener("keydown", (event) => {
		if (event.isComposing || event.defaultPrevented) return
		const target = event.target instanceof Element ? event.target : null
		if (isOurs(event) || (isPalette(event) && target?.closest(".terminal-room") == null)) {
			event.preventDefault()
			dialog.value = dialog.peek()?.is === "palette" ? null : { is: "palette" }
			return
		}
		const isTyping = target?.closest("input, textarea, select, [contenteditable], dialog, .terminal-room") != null
		if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return
		if (plainKey(event.key)) event.preventDefault()
	})
}

/** Whether the next key says where to go. */
export function isGoing(): boolean {
	return Date.now() - going < GO_WITHIN_MS
}

/** A `g` waits for the place to go to. */
let going = 0
const GO_WITHIN_MS = 1_500

function isPalette(event: KeyboardEvent): boolean {
	return event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey
}

function plainKey(key: string): boolean {
	const goes = isGoing()
	going = 0
	if (goes && key === "i") go(INBOX)
	else if (goes && key === "f") go(FLEET)
	else if (goes && key === "t") go(SETTINGS.tokens)
	else if (goes && key === "s") go(SETTINGS.index)
	else if (key === "g") going = Date.now()
	else if (key === "?") dialog.value = { is: "shortcuts" }
	else if (key === "n" && may("session:start")) dialog.value = { is: "start" }
	else if (key === "/") focusFilter()
	else if (key === "j" || key === "ArrowDown") step(1)
	else if (key === "k" || key === "ArrowUp") step(-1)
	else return false
	return true
}

function focusFilter(): void {
	document.querySelector<HTMLInputElement>("[data-filter]")?.focus()
}

/** Moves focus through the rows of the list on the screen. */
function step(by: number): void {
	const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")]
	const at = rows.findIndex((row) => row.matches(":focus"))
	rows[at === -1 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))]?.focus()
}
