// The cursor that the emulator saves: it keeps all of the pen, and stays with its line.

interface Pen {
	extended: Extended
	updateExtended(): void
}

/** An underline's style and colour, and the hyperlink. */
interface Extended {
	urlId: number
	clone(): Extended
}

interface Parser {
	registerCsiHandler(id: { final: string }, handler: (params: (number | number[])[]) => boolean): unknown
}

type Handle = (params: { params: number[] }) => boolean

/** As much of an xterm's inside as is touched here. */
export interface Saving {
	buffers: { active: { ybase: number; savedY: number; savedCurAttrData: Pen } }
	_inputHandler: {
		_curAttrData: Pen
		saveCursor: Handle
		restoreCursor: Handle
		softReset: Handle
		eraseInDisplay: Handle
	}
}

/** Else it would come back with the style that the pen has by then, and to another line: neither is told by a snapshot. */
export function keepSaved(parser: Parser, core: Saving): void {
	const { _inputHandler: handler } = core
	const save = () => {
		core.buffers.active.savedCurAttrData.extended = withLink(handler._curAttrData.extended, 0)
	}
	after(handler, "saveCursor", save)
	// It saves the pen that it has reset.
	after(handler, "softReset", save)
	after(handler, "restoreCursor", () => {
		const pen = handler._curAttrData
		// A link is not the pen's: it goes on.
		pen.extended = withLink(core.buffers.active.savedCurAttrData.extended, pen.extended.urlId)
		pen.updateExtended()
	})

	parser.registerCsiHandler({ final: "J" }, ([mode]) => {
		if (mode !== 3) return false
		const { active } = core.buffers
		const { ybase } = active
		handler.eraseInDisplay({ params: [3] })
		active.savedY = Math.max(0, active.savedY - (ybase - active.ybase))
		return true
	})
}

function after<Name extends string>(handler: Record<Name, Handle>, name: Name, then: () => void): void {
	const handle = handler[name].bind(handler)
	handler[name] = (params) => {
		const isHandled = handle(params)
		then()
		return isHandled
	}
}

function withLink(extended: Extended, urlId: number): Extended {
	const copy = extended.clone()
	copy.urlId = urlId
	return copy
}
