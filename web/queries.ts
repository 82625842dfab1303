// What programs ask a terminal. The machine's own terminal answers; this one keeps silent, or the program hears twice.
import type { IDisposable, IParser } from "@xterm/xterm"

const CSI_QUERIES = [
	// Device attributes: primary, secondary, tertiary.
	{ final: "c" },
	{ prefix: ">", final: "c" },
	{ prefix: "=", final: "c" },
	// Status, cursor position, colour scheme.
	{ final: "n" },
	{ prefix: "?", final: "n" },
	// Modes: ANSI and DEC.
	{ intermediates: "$", final: "p" },
	{ prefix: "?", intermediates: "$", final: "p" },
	// Terminal parameters, name and version.
	{ final: "x" },
	{ prefix: ">", final: "q" },
]

const DCS_QUERIES = [
	// Settings (DECRQSS) and capabilities (XTGETTCAP).
	{ intermediates: "$", final: "q" },
	{ intermediates: "+", final: "q" },
]

/** Of the window operations only these concern the terminal itself: the title is pushed and popped. */
const TITLE_STACK = [22, 23]

/** Palette, foreground, background, cursor: they set colours, or ask for them by a question mark. */
const OSC_COLOURS = [4, 10, 11, 12]

/** What a terminal with focus reporting on sends by itself. Other screens may have focus too, so nobody reports it. */
const FOCUS_REPORTS = new Set(["\x1b[I", "\x1b[O"])

export function swallowQueries(parser: IParser): IDisposable[] {
	return [
		...CSI_QUERIES.map((id) => parser.registerCsiHandler(id, () => true)),
		parser.registerCsiHandler({ final: "t" }, ([operation]) => !TITLE_STACK.includes(Number(operation))),
		...DCS_QUERIES.map((id) => parser.registerDcsHandler(id, () => true)),
		...OSC_COLOURS.map((id) => parser.registerOscHandler(id, (data) => data.split(";").includes("?"))),
	]
}

export function isFocusReport(data: string): boolean {
	return FOCUS_REPORTS.has(data)
}
