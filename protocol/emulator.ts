// What every terminal emulator here must have, so that the machine's and all viewers' make the same of the same bytes.
import { keepWhole, type Writing } from "./emulator-halves.ts"
import { keepLinks, type Linking } from "./emulator-links.ts"
import { type Resizing, settleResizes } from "./emulator-resize.ts"
import { keepSaved, type Saving } from "./emulator-saved.ts"

/** As much of an xterm, of the pinned version, as is touched here. */
interface Emulator {
	readonly cols: number
	readonly rows: number
	readonly parser: {
		registerCsiHandler(
			id: { intermediates?: string; final: string },
			handler: (params: (number | number[])[]) => boolean,
		): unknown
	}
}

type Handle = (params: { params: number[] }) => boolean

type Inner = Handling & Writing & Linking & Saving & Resizing

interface Handling {
	buffers: { active: { x: number; y: number; lines: { length: number } } }
	_inputHandler: {
		eraseInDisplay: Handle
		insertLines: Handle
		deleteLines: Handle
		scrollUp: Handle
		scrollDown: Handle
		cursorForwardTab: Handle
		cursorBackwardTab: Handle
		repeatPrecedingCharacter: Handle
	}
}

/** Before any output. No output then stops the emulator for good, or for hours, and a snapshot can tell all that it holds. */
export function mendEmulator(terminal: Emulator): void {
	const { _core: core } = terminal as unknown as { _core: Inner }
	eraseAtTheEnd(terminal, core)
	boundRepeats(terminal, core)
	keepWhole(terminal.parser, core)
	keepLinks(core)
	keepSaved(terminal.parser, core)
	settleResizes(core)
}

/**
 * Erasing up to a cursor that stands at the very end of the buffer makes the emulator throw, and parse nothing ever
 * after. It is the same as erasing all of the screen, which does not.
 */
function eraseAtTheEnd(terminal: Emulator, core: Inner): void {
	terminal.parser.registerCsiHandler({ final: "J" }, ([mode]) => {
		const { x, y, lines } = core.buffers.active
		if (mode !== 1 || x + 1 < terminal.cols || y + 1 < lines.length) return false
		return core._inputHandler.eraseInDisplay({ params: [2] })
	})
}

/**
 * The emulator does these as often as a program says, up to two thousand million times. What is beyond the screen's size
 * changes nothing more; a character fills the screen once at most, as in xterm.
 */
function boundRepeats(terminal: Emulator, core: Inner): void {
	const bound = (final: string, most: () => number, handle: Handle) =>
		terminal.parser.registerCsiHandler({ final }, ([count]) => {
			if (typeof count !== "number" || count <= most()) return false
			return handle.call(core._inputHandler, { params: [most()] })
		})
	const { _inputHandler: handler } = core
	bound("L", () => terminal.rows, handler.insertLines)
	bound("M", () => terminal.rows, handler.deleteLines)
	bound("S", () => terminal.rows, handler.scrollUp)
	bound("T", () => terminal.rows, handler.scrollDown)
	bound("I", () => terminal.cols, handler.cursorForwardTab)
	bound("Z", () => terminal.cols, handler.cursorBackwardTab)
	bound("b", () => terminal.cols * terminal.rows, handler.repeatPrecedingCharacter)
}
