// The terminal of the session on the screen: xterm.js as wide and high as the session, never wider than its room.
import { signal } from "@preact/signals"
import { SearchAddon } from "@xterm/addon-search"
import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes"
import { WebLinksAddon } from "@xterm/addon-web-links"
import { WebglAddon } from "@xterm/addon-webgl"
import { Terminal as Xterm } from "@xterm/xterm"
import { mendEmulator } from "../protocol/emulator.ts"
import { SCROLLBACK_LINES } from "../protocol/limits.ts"
import type { Screen } from "../protocol/viewing.ts"
import { encodeKey, encodeLegacy, type Key, KittyKeyboard } from "./kitty.ts"
import { isFocusReport, swallowQueries } from "./queries.ts"
import { LINE_HEIGHT, leastFontSize, MINIMUM_CONTRAST, terminalTheme } from "./themes.ts"
import { touch } from "./touch.ts"

interface Options {
	room: HTMLElement
	fontSize: number
	isDark: boolean
	screenReader: boolean
	/** What the person typed or pasted, for the program. */
	input: (bytes: Uint8Array) => void
	/** True for a key that belongs to the console, not to the program. */
	isOurs: (event: KeyboardEvent) => boolean
	title: (title: string) => void
	bell: () => void
	/** The program offers text for the clipboard. */
	clipboard: (text: string) => void
	/** The person copies the selection by its key. */
	copy: (text: string) => void
	/** A link that the person clicked. */
	open: (url: string, shown: string) => void
	/** The person changes the size of the font by two fingers. */
	pinch: (fontSize: number) => void
	/** All bytes before the returned sequence will have been parsed when this write is. */
	sequence: () => number
}

export interface Size {
	cols: number
	rows: number
}

export class Terminal implements Screen {
	readonly #options: Options
	readonly #xterm: Xterm
	readonly #search = new SearchAddon()
	readonly #keyboard: KittyKeyboard
	readonly #disposals: (() => void)[] = []
	/** Size of a cell at the person's font size, in CSS pixels. */
	#cell: { width: number; height: number }
	/** The font size that the person wants; a session that does not fit is drawn smaller. */
	#fontSize: number
	/** The font size of a session of another window's size, where the person has chosen one. */
	#zoom: number | null = null
	/** Size of the session, the font and the room when the room last showed the newest lines. */
	#drawn = ""
	/** The rows before a reset. */
	#drawnBefore: Element | null = null
	/** Modifiers held on the key bar, for the next key. */
	readonly held = signal({ ctrl: false, alt: false })

	constructor(options: Options) {
		this.#options = options
		this.#fontSize = options.fontSize
		const { room } = options
		this.#xterm = new Xterm({
			allowProposedApi: true,
			scrollback: SCROLLBACK_LINES,
			fontFamily: getComputedStyle(room).getPropertyValue("--mono"),
			fontSize: options.fontSize,
			lineHeight: LINE_HEIGHT,
			theme: terminalTheme(options.isDark),
			minimumContrastRatio: MINIMUM_CONTRAST,
			cursorBlink: false,
			overviewRuler: { width: SCROLLBAR_PX },
			screenReaderMode: options.screenReader,
			windowOptions: { pushTitle: true, popTitle: true },
			linkHandler: { activate: (_, url) => options.open(url, "") },
		})
		const xterm = this.#xterm
		this.#keyboard = new KittyKeyboard(() => xterm.buffer.active.type)
		mendEmulator(xterm)
		swallowQueries(xterm.parser)
		this.#keyboard.register(xterm.parser)
		xterm.parser.registerOscHandler(52, (data) => this.#offered(data))
		xterm.loadAddon(new UnicodeGraphemesAddon())
		xterm.loadAddon(this.#search)
		xterm.loadAddon(new WebLinksAddon((_, url) => options.open(url, url)))
		xterm.attachCustomKeyEventHandler((event) => this.#key(event))
		xterm.onData((data) => {
			if (!isFocusReport(data)) options.input(encoder.encode(this.#withHeld(data)))
		})
		xterm.onBinary((data) => options.input(Uint8Array.from(data, (char) => char.charCodeAt(0))))
		xterm.onTitleChange(options.title)
		xterm.onBell(options.bell)
		xterm.open(room)
		useGpu(xterm)
		this.#cell = this.#measure()
		const resized = new ResizeObserver(() => this.resized())
		resized.observe(room)
		this.#disposals.push(() => resized.disconnect())
		this.#disposals.push(
			touch(room, {
				fontSize: () => this.drawnSize,
				pinch: options.pinch,
				cellHeight: () => this.#cell.height,
				scrolls: () => xterm.buffer.active.type === "normal" && xterm.modes.mouseTrackingMode === "none",
				scroll: (lines) => xterm.scrollLines(lines),
			}),
		)
	}

	/** Called when the room has another size. */
	resized: () => void = () => {}

	// Screen: in order with what is still being parsed, so that each byte is parsed at the size that it was written for.

	reset(cols: number, rows: number): void {
		this.#keepDrawn()
		this.#xterm.write(FULL_RESET)
		this.resize(cols, rows)
	}

	resize(cols: number, rows: number): void {
		this.#xterm.write("", () => {
			this.#xterm.resize(cols, rows)
			this.resized()
		})
	}

	write(bytes: Uint8Array, parsed: () => void): void {
		const sequence = this.#options.sequence()
		const drawn = this.#drawnBefore
		this.#drawnBefore = null
		this.#xterm.write(bytes, () => {
			parsed()
			if (drawn !== null) this.#afterRender(() => drawn.remove())
			this.#options.room.dataset.sequence = String(sequence)
		})
	}

	/**
	 * A reset takes away the rows at once where no GPU draws: what they showed lies over them until what follows the reset
	 * has been drawn. A GPU's picture stays by itself.
	 */
	#keepDrawn(): void {
		const rows = this.#options.room.querySelector(".xterm-rows")
		if (rows === null) return
		this.#drawnBefore?.remove()
		this.#drawnBefore = rows.cloneNode(true) as Element
		this.#drawnBefore.classList.add("drawn-before")
		rows.after(this.#drawnBefore)
	}

	#afterRender(then: () => void): void {
		const rendered = this.#xterm.onRender(() => {
			rendered.dispose()
			then()
		})
	}

	/** The columns and rows that fit the room at the person's font size; the session's own while there is no room. */
	fits(): Size {
		if (this.#options.room.clientWidth === 0) return this.size
		const { width, height } = this.#room()
		return {
			cols: Math.max(2, Math.floor(width / this.#cell.width)),
			rows: Math.max(1, Math.floor(height / this.#cell.height)),
		}
	}

	/**
	 * Draws the session at the person's font size, or as much smaller as it must be to show all of it. Where that would
	 * be too small to read, the room shows a part, which fingers move.
	 */
	scale(): void {
		if (this.#options.room.clientWidth === 0) return
		if (this.#zoom !== null) return this.#draw(this.#zoom)
		const { cols, rows } = this.#xterm
		const { width, height } = this.#room()
		const factor = Math.min(1, width / (cols * this.#cell.width), height / (rows * this.#cell.height))
		const least = Math.min(this.#fontSize, leastFontSize())
		let size = Math.max(least, Math.floor(this.#fontSize * factor * 4) / 4)
		this.#draw(size)
		// Cells are whole pixels, so that a smaller font does not always make smaller cells.
		for (; size > least && !this.#isWithin(width, height); size -= 0.25) this.#draw(size - 0.25)
		this.#showPresent()
	}

	/** Of what is larger than the room, the newest lines, which are the lowest; until a finger moves them. */
	#showPresent(): void {
		const { room } = this.#options
		const drawn = `${this.#xterm.cols} ${this.#xterm.rows} ${this.drawnSize} ${room.clientHeight}`
		if (drawn === this.#drawn) return
		this.#drawn = drawn
		room.scrollTop = room.scrollHeight
	}

	#isWithin(width: number, height: number): boolean {
		const screen = this.#options.room.querySelector(".xterm-screen")?.getBoundingClientRect()
		return screen === undefined || (screen.width <= width && screen.height <= height)
	}

	/** The font size that is drawn with. */
	get drawnSize(): number {
		return this.#xterm.options.fontSize ?? this.#fontSize
	}

	/** Draws a session of another window's size larger or smaller than fits. */
	zoom(fontSize: number): void {
		this.#zoom = fontSize
		this.#draw(fontSize)
	}

	/** Draws the session at the person's font size, because the session has or will have this room's size. */
	unscale(): void {
		this.#zoom = null
		this.#draw(this.#fontSize)
	}

	get size(): Size {
		return { cols: this.#xterm.cols, rows: this.#xterm.rows }
	}

	set fontSize(size: number) {
		this.#fontSize = size
		this.#draw(size)
		this.#cell = this.#measure()
	}

	set isDark(isDark: boolean) {
		this.#xterm.options.theme = terminalTheme(isDark)
	}

	set screenReader(on: boolean) {
		this.#xterm.options.screenReaderMode = on
	}

	/** An ended program takes no input. */
	set takesInput(takes: boolean) {
		this.#xterm.options.disableStdin = !takes
		this.#xterm.options.cursorInactiveStyle = takes ? "outline" : "none"
	}

	focus(): void {
		this.#xterm.focus()
	}

	/** Pastes as the browser would: wrapped, where the program has asked for that. */
	paste(text: string): void {
		this.#xterm.paste(text)
		this.#xterm.scrollToBottom()
	}

	/** A key of the key bar, with the modifiers held there. */
	press(name: string): void {
		const key: Key = { key: name, code: "", shift: false, ...this.held.value }
		const bytes = encodeKey(key, this.#keyboard.flags) ?? encodeLegacy(key, this.#xterm.modes.applicationCursorKeysMode)
		this.#release()
		if (bytes !== null) this.#xterm.input(bytes)
	}

	hold(modifier: "ctrl" | "alt"): void {
		this.held.value = { ...this.held.value, [modifier]: !this.held.value[modifier] }
	}

	/** The selected text; empty where nothing is selected. */
	selection(): string {
		return this.#xterm.getSelection()
	}

	/** Everything that the terminal holds, scrollback and screen, as lines without trailing blanks. */
	text(): string {
		const buffer = this.#xterm.buffer.active
		const lines: string[] = []
		for (let y = 0; y < buffer.length; y++) {
			const line = buffer.getLine(y)
			const text = line?.translateToString(true) ?? ""
			if (line?.isWrapped) lines.push((lines.pop() ?? "") + text)
			else lines.push(text)
		}
		return lines.join("\n").trimEnd()
	}

	/** Whether the lower part of the screen is blank, so that something may lie over it. */
	hasRoomBelow(): boolean {
		const buffer = this.#xterm.buffer.active
		const { rows } = this.#xterm
		for (let y = Math.floor(rows * ROOM_FROM); y < rows; y++)
			if (
				buffer
					.getLine(buffer.baseY + y)
					?.translateToString(true)
					.trim()
			)
				return false
		return true
	}

	find(text: string, back: boolean): boolean {
		const options = { decorations: MATCHES }
		return back ? this.#search.findPrevious(text, options) : this.#search.findNext(text, options)
	}

	endFind(): void {
		this.#search.clearDecorations()
		this.#xterm.clearSelection()
	}

	/** `index` is -1 where there are more matches than are counted. */
	onMatches(then: (index: number, count: number) => void): void {
		this.#search.onDidChangeResults(({ resultIndex, resultCount }) => then(resultIndex, resultCount))
	}

	dispose(): void {
		for (const dispose of this.#disposals) dispose()
		this.#xterm.dispose()
	}

	#key(event: KeyboardEvent): boolean {
		if (this.#options.isOurs(event)) return false
		// While a composition runs its keys belong to the input method.
		if (event.type !== "keydown" || event.isComposing || event.keyCode === COMPOSING) return true
		if (event.metaKey || event.getModifierState("AltGraph")) return true
		if (IS_MAC && event.altKey && !event.ctrlKey && event.key.length === 1) return true
		if (isCopy(event) && this.#xterm.hasSelection()) {
			event.preventDefault()
			this.#options.copy(this.#xterm.getSelection())
			return false
		}
		const { key, code, shiftKey, altKey, ctrlKey } = event
		const held = this.held.value
		const pressed: Key = { key, code, shift: shiftKey, alt: altKey || held.alt, ctrl: ctrlKey || held.ctrl }
		const bytes = encodeKey(pressed, this.#keyboard.flags)
		if (bytes === null) return true
		event.preventDefault()
		this.#release()
		this.#xterm.input(bytes)
		return false
	}

	/** A character from an on-screen keyboard, with the modifiers held on the key bar. */
	#withHeld(data: string): string {
		if (!this.#holds() || [...data].length !== 1) return data
		const key: Key = { key: data, code: "", shift: false, ...this.held.value }
		this.#release()
		return encodeKey(key, this.#keyboard.flags) ?? encodeLegacy(key, false) ?? data
	}

	#release(): void {
		if (this.#holds()) this.held.value = { ctrl: false, alt: false }
	}

	#holds(): boolean {
		return this.held.value.ctrl || this.held.value.alt
	}

	/** OSC 52: the clipboard may be offered text, and is never read out. */
	#offered(data: string): boolean {
		const encoded = data.slice(data.indexOf(";") + 1)
		if (encoded === "?" || encoded === "") return true
		try {
			this.#options.clipboard(decoder.decode(Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0))))
		} catch {
			// Not base64: nothing was offered.
		}
		return true
	}

	#draw(size: number): void {
		if (this.#xterm.options.fontSize !== size) this.#xterm.options.fontSize = size
	}

	#measure(): { width: number; height: number } {
		const { width, height } =
			this.#options.room.querySelector(".xterm-screen")?.getBoundingClientRect() ?? new DOMRect()
		const { cols, rows } = this.#xterm
		// Without a layout, as in a hidden tab, the proportions of common fonts serve until the next measure.
		if (width === 0 || height === 0) return { width: this.#fontSize * 0.6, height: this.#fontSize * 1.35 }
		return { width: width / cols, height: height / rows }
	}

	#room(): { width: number; height: number } {
		const { clientWidth, clientHeight } = this.#options.room
		const style = getComputedStyle(this.#options.room)
		const x = Number.parseFloat(style.paddingLeft) + Number.parseFloat(style.paddingRight)
		const y = Number.parseFloat(style.paddingTop) + Number.parseFloat(style.paddingBottom)
		return { width: clientWidth - x - SCROLLBAR_PX, height: clientHeight - y }
	}
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
/** ESC c. As bytes, so that it also ends a character that was cut in two. */
const FULL_RESET = Uint8Array.of(0x1b, 0x63)
const SCROLLBAR_PX = 10
/** Of a screen, the part above what a few buttons take. */
const ROOM_FROM = 0.6
/** What keyCode says for every key that an input method handles. */
const COMPOSING = 229
const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform)
/** With a selection this is the console's; without one the program gets it. */
const isCopy = ({ ctrlKey, shiftKey, code }: KeyboardEvent) => ctrlKey && shiftKey && code === "KeyC"
const MATCHES = {
	matchBackground: "#8a6d1f",
	matchOverviewRuler: "#c9a227",
	activeMatchBackground: "#c9821f",
	activeMatchColorOverviewRuler: "#ff9f43",
}

/** Draws with WebGL where a GPU does it; the browser may take it away at any time. */
function useGpu(xterm: Xterm): void {
	if (!hasGpu()) return
	try {
		const webgl = new WebglAddon()
		webgl.onContextLoss(() => webgl.dispose())
		xterm.loadAddon(webgl)
	} catch {
		// No WebGL after all: xterm.js draws by DOM, which is slower and otherwise the same.
	}
}

/** WebGL that the processor emulates is slower than the DOM. */
function hasGpu(): boolean {
	const gl = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true })
	if (gl === null) return false
	const names = gl.getExtension("WEBGL_debug_renderer_info")
	const renderer = String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER))
	gl.getExtension("WEBGL_lose_context")?.loseContext()
	return !/swiftshader|llvmpipe|software/i.test(renderer)
}
