// One session on the screen: its terminal and its viewing brought together, with what the page must remember of them.
import { effect, signal } from "@preact/signals"
import type { MachineId, SessionId } from "../protocol/ids.ts"
import type { Viewing } from "../protocol/viewing.ts"
import { copyText } from "./clipboard.ts"
import { refreshMe } from "./home.ts"
import { changed, onChange, socketOf } from "./machine-sockets.ts"
import { words } from "./messages.ts"
import { isOurs } from "./shortcuts.ts"
import { noLongerNew } from "./starting.ts"
import { dialog, fontSize, notify, screenReader, viewing as shown, theme } from "./state.ts"
import { Terminal } from "./terminal.ts"
import { MAX_FONT_SIZE, MIN_FONT_SIZE } from "./themes.ts"
import { keepUnsent, takeUnsent } from "./unsent.ts"

interface Options {
	room: HTMLElement
	machine: MachineId
	session: SessionId
	/** This page has just started the session: its window is the one that the program should fill. */
	isNew: boolean
	title: (title: string) => void
}

/** More than this on its way is lost by leaving, even while the link is live. */
const LARGE_PASTE_BYTES = 64 * 1024

export class OpenSession {
	readonly terminal: Terminal
	/** Rung since the person last typed. */
	readonly bell = signal(false)
	readonly #options: Options
	readonly #viewing: Viewing
	readonly #ended = new AbortController()
	readonly #stop: (() => void)[] = []
	/** The window's size is not claimed yet for a session that was made for it. */
	#toFit: boolean
	#isRunning = true
	#mayType = true
	#clipboard: "ask" | "asking" | "allowed" | "refused" = "ask"

	constructor(options: Options) {
		const { machine, session, room } = options
		const socket = socketOf(machine)
		if (socket === undefined) throw new Error(`invariant: no socket to ${machine}`)
		this.#options = options
		this.#toFit = options.isNew
		this.terminal = new Terminal({
			room,
			fontSize: fontSize.peek(),
			isDark: isDark(),
			screenReader: screenReader.peek(),
			input: (bytes) => this.#type(bytes),
			isOurs,
			title: options.title,
			bell: () => {
				this.bell.value = true
			},
			clipboard: (text) => this.#offered(text),
			copy: (text) => void copyText(text),
			open: openLink,
			pinch: (size) => this.drawAt(size),
			sequence: () => this.#viewing.sequence,
		})
		const size = this.terminal.fits()
		this.#viewing = socket.attach(session, this.terminal, size, takeUnsent(session))
		this.terminal.resized = () => this.#layout()
		this.#stop.push(
			onChange((of) => {
				if (of === machine) this.#publish()
			}),
			effect(() => {
				this.terminal.fontSize = fontSize.value
				this.#layout()
			}),
			effect(() => {
				this.terminal.screenReader = screenReader.value
			}),
			theme.subscribe(() => this.#recolour()),
		)
		const { signal } = this.#ended
		DARK.addEventListener("change", () => this.#recolour(), { signal })
		addEventListener("pagehide", () => this.#keep(), { signal })
		addEventListener(
			"beforeunload",
			(event) => {
				if (this.#wouldLose()) event.preventDefault()
			},
			{ signal },
		)
		this.#publish()
	}

	/** Makes this window's size the session's. */
	fit(): void {
		const { cols, rows } = this.terminal.fits()
		this.#viewing.size(cols, rows, true)
	}

	/** An ended program takes no input, and has no size to follow; nor does any take input of who may only watch. */
	allow(isRunning: boolean, mayType: boolean): void {
		this.terminal.takesInput = isRunning && mayType
		this.#mayType = mayType
		this.#viewing.allowTyping(mayType)
		if (this.#isRunning === isRunning) return
		this.#isRunning = isRunning
		this.#layout()
	}

	/** Larger or smaller text by steps of a pixel. */
	enlarge(by: number): void {
		this.drawAt(this.terminal.drawnSize + by)
	}

	/** Changes the person's font size, or that of a session of another window's size only. */
	drawAt(wanted: number): void {
		const size = Math.min(MAX_FONT_SIZE, Math.max(MIN_FONT_SIZE, Math.round(wanted)))
		if (this.#ownsSize()) fontSize.value = size
		else this.terminal.zoom(size)
	}

	sendHeld(): void {
		this.#viewing.sendHeld()
	}

	discardHeld(): void {
		this.#viewing.discardHeld()
	}

	forgetDropped(): void {
		this.#viewing.forgetDropped()
	}

	/** Text, and then Enter by itself, so that no program takes it for a part of a paste. */
	send(text: string, enter: boolean): void {
		if (text !== "") this.terminal.paste(text)
		if (enter) this.terminal.press("Enter")
	}

	close(): void {
		this.#keep()
		this.#ended.abort()
		for (const stop of this.#stop) stop()
		socketOf(this.#options.machine)?.detach(this.#options.session)
		this.terminal.dispose()
		shown.value = null
	}

	#type(bytes: Uint8Array): void {
		this.bell.value = false
		if (!this.#viewing.type(bytes)) notify({ tone: "bad", text: words.session.tooMuchWaits })
		changed(this.#options.machine)
	}

	#layout(): void {
		if (!this.#isRunning) return this.terminal.scale()
		const { cols, rows } = this.terminal.fits()
		this.#viewing.size(cols, rows)
		if (this.#ownsSize()) this.terminal.unscale()
		else this.terminal.scale()
	}

	#ownsSize(): boolean {
		return this.#viewing.watchers.some(({ self, ownsSize }) => self && ownsSize)
	}

	#publish(): void {
		const { machine, session } = this.#options
		const { status, watchers, pending, holding, stalledSince, dropped, sequence } = this.#viewing
		const bytes = pending.reduce((sum, part) => sum + part.bytes.length, 0)
		const before = shown.peek()
		const pendingSince = pending[0]?.at ?? null
		const input = { pending: bytes, pendingSince, stalledSince, holding, dropped }
		shown.value = { machine, session, status, watchers, ...input, sequence }
		if (before?.watchers !== watchers) this.#layout()
		// The machine knew of another role before this page did.
		if (dropped > 0 && this.#mayType) void refreshMe()
		if (this.#toFit && status.is === "live") {
			this.#toFit = false
			noLongerNew(session)
			this.fit()
		}
	}

	#keep(): void {
		keepUnsent(this.#options.session, this.#mayType ? this.#viewing.pending : [])
	}

	#wouldLose(): boolean {
		const { pending, holding, status } = this.#viewing
		const bytes = pending.reduce((sum, part) => sum + part.bytes.length, 0)
		return bytes > 0 && (holding || status.is !== "live" || bytes > LARGE_PASTE_BYTES)
	}

	#recolour(): void {
		this.terminal.isDark = isDark()
	}

	/** Asks once a session; only for what the program says now, not for what is replayed. */
	#offered(text: string): void {
		if (this.#viewing.status.is !== "live" || this.#clipboard === "refused" || this.#clipboard === "asking") return
		if (this.#clipboard === "allowed") return void copyText(text)
		this.#clipboard = "asking"
		notify({
			tone: "good",
			text: words.session.clipboardOffer,
			action: {
				label: words.session.clipboardAllow,
				run: () => {
					this.#clipboard = "allowed"
					void copyText(text)
				},
			},
			dismissed: () => {
				if (this.#clipboard === "asking") this.#clipboard = "refused"
			},
		})
	}
}

const DARK = matchMedia("(prefers-color-scheme: dark)")

function isDark(): boolean {
	return theme.peek() === "system" ? DARK.matches : theme.peek() === "dark"
}

/** What is shown may not be where it leads: a link under other words is asked about first. */
function openLink(url: string, text: string): void {
	if (!/^https?:/i.test(url)) return notify({ tone: "bad", text: words.session.linkRefused(url) })
	if (url === text) window.open(url, "_blank", "noopener,noreferrer")
	else dialog.value = { is: "open-link", url }
}
