// What every terminal emulator here must have, so that the machine's and all viewers' make the same of the same bytes.

/** As much of an xterm, of the pinned version, as is touched here. */
interface Emulator {
	readonly cols: number
	readonly parser: {
		registerCsiHandler(id: { final: string }, handler: (params: (number | number[])[]) => boolean): unknown
	}
}

interface Inner {
	buffers: { active: { x: number; y: number; lines: { length: number } } }
	_inputHandler: { eraseInDisplay(params: { params: number[] }): boolean }
}

/**
 * Erasing up to a cursor that stands at the very end of the buffer makes the emulator throw, and parse nothing ever
 * after. It is the same as erasing all of the screen, which does not.
 */
export function mendEmulator(terminal: Emulator): void {
	const { _core: core } = terminal as unknown as { _core: Inner }
	terminal.parser.registerCsiHandler({ final: "J" }, ([mode]) => {
		const { x, y, lines } = core.buffers.active
		if (mode !== 1 || x + 1 < terminal.cols || y + 1 < lines.length) return false
		return core._inputHandler.eraseInDisplay({ params: [2] })
	})
}
