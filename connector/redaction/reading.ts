// Terminal output read as text: what is written, without the sequences between, and where in the output each byte stands.

/** Lines end with \n. What sequences carry, such as titles and links, follows after the last line. */
export interface Reading {
	/** Bytes of UTF-8 text. */
	codes: Uint8Array
	/** Where in the output each of them stands. */
	at: Uint32Array
}

/** `cols`: where the terminal wraps; a line that just fills it goes on in the next one. 0 where lines are as they are. */
export function readOutput(output: Uint8Array, cols: number): Reading {
	return new Reader(output, cols).read()
}

const BEL = 0x07
const TAB = 0x09
const LF = 0x0a
const VT = 0x0b
const FF = 0x0c
const CR = 0x0d
const CAN = 0x18
const SUB = 0x1a
const ESC = 0x1b
const SPACE = 0x20
/** UTF-8 spells C1 controls with this byte and one more. */
const C1 = 0xc2
const CSI = 0x9b
/** DCS, SOS, OSC, PM, APC; and as they follow ESC. */
const C1_STRINGS = new Set([0x90, 0x98, 0x9d, 0x9e, 0x9f])
const STRINGS = new Set(Buffer.from("PX]^_"))
const C1_END = 0x9c
/** IND, NEL, RI after ESC. */
const LINE_MOVES = new Set(Buffer.from("DEM"))
/** Cursor movements, scrolling and the like after CSI: what follows stands elsewhere. */
const MOVES = new Set(Buffer.from("ABDEFHLMSTGadefrsu`"))

class Reader {
	readonly #output: Uint8Array
	readonly #cols: number
	readonly #codes: Uint8Array
	readonly #at: Uint32Array
	#length = 0
	#column = 0
	/** Where the bytes of sequences' strings stand; -1 between two strings. */
	readonly #aside: number[] = []

	constructor(output: Uint8Array, cols: number) {
		this.#output = output
		this.#cols = cols
		// Nothing adds more than it had itself, but for the end of the last line.
		this.#codes = new Uint8Array(output.length + 1)
		this.#at = new Uint32Array(output.length + 1)
	}

	read(): Reading {
		const output = this.#output
		for (let at = 0; at < output.length; ) {
			const byte = output[at] ?? 0
			if (byte < SPACE || byte === 0x7f || byte === C1) {
				at = this.#control(byte, at)
				continue
			}
			this.#put(byte, at++)
			if ((byte & 0xc0) !== 0x80) this.#column++
		}
		if (this.#aside.length > 0) this.#put(LF, output.length)
		for (const at of this.#aside) this.#put(at === -1 ? LF : (output[at] ?? 0), at)
		return { codes: this.#codes.subarray(0, this.#length), at: this.#at.subarray(0, this.#length) }
	}

	#put(code: number, at: number): void {
		this.#codes[this.#length] = code
		this.#at[this.#length++] = at
	}

	/** Each of these answers where to read on. */
	#control(byte: number, at: number): number {
		switch (byte) {
			case LF:
			case VT:
			case FF:
				return this.#endLine(at)
			case CR:
				return this.#return(at)
			case TAB:
				this.#put(TAB, at)
				this.#column = (this.#column | 7) + 1
				return at + 1
			case ESC:
				return this.#escape(at)
			case C1:
				return this.#c1(at)
			default:
				return at + 1
		}
	}

	#endLine(at: number): number {
		if (!this.#isFull(this.#column)) this.#put(LF, at)
		this.#column = 0
		return at + 1
	}

	#return(at: number): number {
		let next = at + 1
		while (this.#output[next] === CR) next++
		if (this.#output[next] === LF) return this.#endLine(next)
		// A blank past the end and a return are how line editors, and our own snapshots, make the terminal wrap.
		if (this.#codes[this.#length - 1] === SPACE && this.#isFull(this.#column - 1)) this.#length--
		else this.#put(CR, at)
		this.#column = 0
		return next
	}

	#isFull(column: number): boolean {
		return this.#cols > 0 && column > 0 && column % this.#cols === 0
	}

	#escape(at: number): number {
		const next = this.#output[at + 1]
		if (next === undefined) return at + 1
		if (next === 0x5b) return this.#csi(at + 2)
		if (STRINGS.has(next)) return this.#string(at + 2)
		if (LINE_MOVES.has(next)) return this.#endLine(at + 1)
		let end = at + 1
		while ((this.#output[end] ?? 0) >> 4 === 2) end++
		return (this.#output[end] ?? 0) >= SPACE ? end + 1 : end
	}

	#c1(at: number): number {
		const next = this.#output[at + 1] ?? 0
		if (next === CSI) return this.#csi(at + 2)
		if (C1_STRINGS.has(next)) return this.#string(at + 2)
		this.#put(C1, at)
		this.#column++
		return at + 1
	}

	#csi(from: number): number {
		let end = from
		while ((this.#output[end] ?? 0) >= SPACE && (this.#output[end] ?? 0) < 0x40) end++
		const final = this.#output[end] ?? 0
		if (final < 0x40 || final > 0x7e) return end
		const [first = 0, second = 0] = this.#parameters(from, end)
		if (final === 0x43) {
			// Cells that are passed over are blank, or were written before.
			this.#put(SPACE, end)
			this.#column += first || 1
		} else if (MOVES.has(final)) {
			const isHome = final === 0x48 || final === 0x66
			// Programs that draw their whole screen go to the next row by its number.
			if (!(isHome && second < 2 && this.#isFull(this.#column))) this.#put(LF, end)
			if (isHome) this.#column = Math.max(0, second - 1)
			else if (final === 0x47 || final === 0x60) this.#column = Math.max(0, first - 1)
			else if (final === 0x45 || final === 0x46) this.#column = 0
		}
		return end + 1
	}

	#parameters(from: number, end: number): number[] {
		const text = String.fromCharCode(...this.#output.subarray(from, Math.min(end, from + 16)))
		return text.split(";").map((number) => Number.parseInt(number, 10) || 0)
	}

	#string(from: number): number {
		let end = from
		for (; end < this.#output.length; end++) {
			const byte = this.#output[end] ?? 0
			if (byte === BEL || byte === ESC || byte === CAN || byte === SUB) break
			if (byte === C1 && this.#output[end + 1] === C1_END) break
			if (byte >= SPACE || byte === LF) this.#aside.push(end)
		}
		this.#aside.push(-1)
		const isEnded = end < this.#output.length
		if (isEnded && this.#output[end] === C1) return end + 2
		return isEnded && this.#output[end] !== ESC ? end + 1 : end
	}
}
