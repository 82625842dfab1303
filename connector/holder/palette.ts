// The colours that the terminal answers with: the ones of the console's dark terminal, and what the program has changed.
import type { Color } from "./xterm-core.ts"

export type Rgb = [red: number, green: number, blue: number]

const FOREGROUND = 256
const BACKGROUND = 257
const CURSOR = 258

export class Palette {
	/** Only what the program has set; by index, as the terminal numbers them. */
	readonly #set = new Map<number, Rgb>()

	/** Takes a request of the program; answers the reply to a question, or nothing. */
	take({ type, index, color }: Color): string {
		if (type === 1 && index !== undefined && color !== undefined) this.#set.set(index, color)
		if (type === 2) this.#restore(index)
		return type === 0 && index !== undefined ? this.#report(index) : ""
	}

	/** Sequences that give any palette these colours. */
	restore(): string {
		let text = "\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\"
		for (const [index, color] of this.#set) text += `\x1b]${name(index)};${spell(color)}\x1b\\`
		return text
	}

	#restore(index: number | undefined): void {
		if (index !== undefined) this.#set.delete(index)
		else for (const set of this.#set.keys()) if (set < FOREGROUND) this.#set.delete(set)
	}

	#report(index: number): string {
		return `\x1b]${name(index)};${spell(this.#set.get(index) ?? standard(index))}\x1b\\`
	}
}

function name(index: number): string {
	return index < FOREGROUND ? `4;${index}` : String(index - FOREGROUND + 10)
}

/** As xterm answers: four digits a channel. */
function spell(color: Rgb): string {
	return `rgb:${color.map((channel) => channel.toString(16).padStart(2, "0").repeat(2)).join("/")}`
}

function standard(index: number): Rgb {
	if (index === FOREGROUND || index === CURSOR) return hex("e6e6e6")
	if (index === BACKGROUND) return hex("101214")
	const basic = BASIC[index]
	if (basic !== undefined) return hex(basic)
	if (index >= 232) return Array(3).fill(8 + (index - 232) * 10) as Rgb
	const cube = index - 16
	return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) =>
		step === 0 ? 0 : 55 + step * 40,
	) as Rgb
}

function hex(text: string): Rgb {
	return [0, 2, 4].map((at) => Number.parseInt(text.slice(at, at + 2), 16)) as Rgb
}

/** xterm.js's own sixteen. */
const BASIC = [
	"2e3436",
	"cc0000",
	"4e9a06",
	"c4a000",
	"3465a4",
	"75507b",
	"06989a",
	"d3d7cf",
	"555753",
	"ef2929",
	"8ae234",
	"fce94f",
	"729fcf",
	"ad7fa8",
	"34e2e2",
	"eeeeec",
]
