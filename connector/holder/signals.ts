// What a program says beside its screen: bells, notifications, and events of ours. Few, short, and without secrets.
import type { Terminal } from "@xterm/headless"

export type Signal =
	| { is: "bell" }
	/** OSC 9, OSC 777 or OSC 99: what a terminal would tell the person. */
	| { is: "notification"; text: string }
	/** Our own sequence (attention/event.ts). */
	| { is: "event"; from: string; event: unknown }

/** Nobody else is known to use it. */
export const EVENT_OSC = 7661

const TEXT_CHARS = 2_000
const FROM_CHARS = 128
/** An agent's event has the whole command that it wants to run, or file that it wants to write. */
const EVENT_CHARS = 256 * 1024
/** More in a second are a program that plays, not one that says something. */
const PER_SECOND = 20

type Masks = (text: string) => string

/** Calls `tell` for each signal, with everything of a text masked by `mask` that must not leave. */
export function listenForSignals(terminal: Terminal, mask: Masks, tell: (signal: Signal) => void): void {
	const budget = { second: 0, left: PER_SECOND }
	const say = (make: () => Signal | null): void => {
		const second = Math.floor(Date.now() / 1_000)
		if (second !== budget.second) Object.assign(budget, { second, left: PER_SECOND })
		if (budget.left-- <= 0) return
		const signal = make()
		if (signal !== null) tell(signal)
	}
	const notification = (text: string) => say(() => (text === "" ? null : notified(text, mask)))
	terminal.onBell(() => say(() => ({ is: "bell" })))
	terminal.parser.registerOscHandler(9, (data) => {
		// "4;" and the like are progress and other things of ConEmu.
		if (!/^\d+(?:;|$)/.test(data)) notification(data)
		return false
	})
	terminal.parser.registerOscHandler(777, (data) => {
		const [verb, ...words] = data.split(";")
		if (verb === "notify") notification(words.filter((word) => word !== "").join(": "))
		return false
	})
	terminal.parser.registerOscHandler(99, (data) => {
		const at = data.indexOf(";")
		if (at !== -1) notification(kittyText(data.slice(0, at), data.slice(at + 1)))
		return false
	})
	terminal.parser.registerOscHandler(EVENT_OSC, (data) => {
		say(() => event(data, mask))
		return true
	})
}

function notified(text: string, mask: Masks): Signal {
	return { is: "notification", text: mask(text.slice(0, TEXT_CHARS)) }
}

/** The text of kitty's notification, where this part of it has one. */
function kittyText(metadata: string, payload: string): string {
	const keys = new Map(metadata.split(":").map((pair) => [pair.slice(0, 1), pair.slice(2)]))
	const part = keys.get("p") ?? "title"
	if (part !== "title" && part !== "body") return ""
	return keys.get("e") === "1" ? Buffer.from(payload.slice(0, TEXT_CHARS * 2), "base64").toString() : payload
}

function event(data: string, mask: Masks): Signal | null {
	const at = data.indexOf(";")
	if (at === -1 || at > FROM_CHARS || data.length > EVENT_CHARS) return null
	try {
		const text = Buffer.from(data.slice(at + 1), "base64").toString()
		// Masked word by word: in JSON a secret may be spelled otherwise.
		const masked = (_: string, value: unknown) => (typeof value === "string" ? mask(value) : value)
		return { is: "event", from: mask(data.slice(0, at)), event: JSON.parse(text, masked) }
	} catch {
		// What is not JSON says nothing.
		return null
	}
}
