// A rendered screen, as the classifier is given it and as it reads it.

export interface Screen {
	/** A string a row, from the first to the last; what is missing at the end is blank. */
	lines: readonly string[]
	/** From 0, in columns and rows of the screen. Past the last column where the next character would wrap. */
	cursor: { x: number; y: number }
	cols: number
	rows: number
	title: string
	/** The program draws on the alternate screen. */
	isAlternate?: boolean
	/** The program has asked for the application's cursor keys. */
	hasApplicationKeys?: boolean
	/** The program draws no cursor, or one of its own; undefined where it is not known. */
	isCursorHidden?: boolean | undefined
	/** For each row whether it continues the one above; a full row is taken to go on where it is not known. */
	isWrapped?: readonly boolean[]
	/** In which colour each row begins, as a number that is equal for equal ones; undefined where it is not known. */
	inks?: readonly number[] | undefined
	/** The runs of text that are drawn with a background, inverted or underlined: the chosen one of several buttons is known by that alone. */
	runs?: readonly Run[]
}

/** Text in one row that is drawn in one way, until it is drawn in another. */
export interface Run {
	row: number
	text: string
	/** Equal for runs that are drawn in the same way. */
	style: number
}

/** A row as it is read: without the box around it. */
export interface Line {
	/** Its row of the screen. */
	y: number
	/** What is left inside of the box, without the blanks at the end. */
	text: string
	/** Blanks before the text, from where the box's inside begins. */
	indent: number
	/** Columns of the screen up to the end of the text. */
	end: number
	/** Where the inside of its box ends, or the screen. */
	room: number
	/** A rule, or the edge of a box: it has no text. */
	isBorder: boolean
}

const LEFT = /^[\s]*[│┃║▌▏▎┆┊](?= |$|\S)/u
const RIGHT = /[│┃║▐▕┆┊]\s*$/u
const BORDER = /^[\s─━═╌┄┈╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝╠╣╒╓╕╖╘╙╛╜╞╡▀▄▁▔█░_╹╻╺╸╷╵╶╴┏┓┗┛┣┫┕┙┍┑|+=·-]{2,}$/u
/** A box's edge that has a title in it. */
const TITLED = /^\s*[╭┌┏╔╰└┗╚├┣╠][─━═╌ ].*[─━═╌][╮┐┓╗╯┘┛╝┤┫╣]?\s*$/u
const CORNER = /^\s*[╭┌┏╔╰└┗╚][─━═]*$/u

/** The screen's rows without the boxes around them. */
export function readLines(screen: Screen): Line[] {
	return Array.from({ length: screen.rows }, (_, y) => readLine(screen.lines[y] ?? "", y, screen.cols))
}

function readLine(raw: string, y: number, cols: number): Line {
	const whole = raw.slice(0, 2_000).trimEnd()
	if (whole === "") return { y, text: "", indent: 0, end: 0, room: cols, isBorder: false }
	if (isRule(whole))
		return {
			y,
			text: "",
			indent: whole.length - whole.trimStart().length,
			end: width(whole),
			room: cols,
			isBorder: true,
		}
	let inside = whole
	let room = cols
	for (let depth = 0; depth < 3; depth++) {
		const left = LEFT.exec(inside)?.[0]
		if (left === undefined) break
		// A bar in the text is no box: what stands before one is blank.
		inside = " ".repeat(left.length) + inside.slice(left.length)
		const right = RIGHT.exec(inside)
		if (right === null) continue
		room = width(inside.slice(0, right.index))
		inside = inside.slice(0, right.index)
	}
	const end = width(inside.trimEnd())
	const indent = inside.length - inside.trimStart().length
	if (inside !== whole && isRule(inside)) return { y, text: "", indent, end, room, isBorder: true }
	return { y, text: inside.trim(), indent, end, room, isBorder: false }
}

function isRule(text: string): boolean {
	return text.trim() !== "" && (BORDER.test(text) || TITLED.test(text) || CORNER.test(text))
}

const WIDE =
	/[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
const NARROW = /^[\x20-\x7e\u00a0-\u02ff\u2500-\u259f]*$/

/** In columns of a terminal. */
export function width(text: string): number {
	if (NARROW.test(text)) return text.length
	let columns = 0
	for (const character of text) columns += WIDE.test(character) ? 2 : /\p{Mn}|\u200d|\ufe0f/u.test(character) ? 0 : 1
	return columns
}
