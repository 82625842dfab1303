// Takes terminal queries out of a program's output: the holder's terminal answers them, so no viewer's may.

/*
 * The person's own terminal would answer each query on its standard input, where it would look like typing and reach
 * the program as a second answer. Queries change nothing on the screen, so leaving them out is invisible.
 * What a query looks like: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */

const ESC = 0x1b
const BEL = 0x07
const ENQ = 0x05
/** An escape sequence longer than this is passed on as it is; images and clipboard texts are. */
const SEQUENCE_BYTES = 64 * 1024

type State = "ground" | "escape" | "csi" | "string" | "string-escape"

export class QueryFilter {
	#state: State = "ground"
	/** The sequence that has begun and not ended. */
	#held: number[] = []

	/** What of these bytes is to be shown; a sequence that is cut off waits for the rest. */
	filter(bytes: Uint8Array): Uint8Array {
		if (this.#state === "ground" && !bytes.includes(ESC) && !bytes.includes(ENQ)) return bytes
		const shown: number[] = []
		for (const byte of bytes) {
			if (this.#state === "ground") {
				if (byte === ESC) this.#begin(byte)
				else if (byte !== ENQ) shown.push(byte)
				continue
			}
			this.#step(byte, shown)
		}
		return Uint8Array.from(shown)
	}

	/** Begins anew, as the terminal does. */
	reset(): void {
		this.#state = "ground"
		this.#held = []
	}

	#begin(byte: number): void {
		this.#state = "escape"
		this.#held = [byte]
	}

	#step(byte: number, shown: number[]): void {
		const cancels = byte === 0x18 || byte === 0x1a
		if (byte === ESC && this.#state !== "string" && this.#state !== "string-escape") {
			// A new sequence abandons the one that was open.
			shown.push(...this.#held)
			return this.#begin(byte)
		}
		this.#held.push(byte)
		if (cancels || this.#held.length > SEQUENCE_BYTES) return this.#end(shown, false)
		switch (this.#state) {
			case "escape":
				if (byte === 0x5b) this.#state = "csi"
				else if (byte === 0x5d || byte === 0x50 || byte === 0x5f || byte === 0x5e || byte === 0x58)
					this.#state = "string"
				else if (byte >= 0x30) this.#end(shown, byte === 0x5a)
				return
			case "csi":
				if (byte >= 0x40 && byte <= 0x7e) this.#end(shown, isCsiQuery(this.#text(2)))
				return
			case "string":
				if (byte === ESC) this.#state = "string-escape"
				else if (byte === BEL) this.#end(shown, isStringQuery(this.#text(1, 1)))
				return
			case "string-escape":
				if (byte === 0x5c) return this.#end(shown, isStringQuery(this.#text(1, 2)))
				// Not the string's end after all: whatever began with this ESC goes on as a sequence of its own.
				this.#held.length -= 2
				shown.push(...this.#held)
				this.#begin(ESC)
				return this.#step(byte, shown)
			case "ground":
				return
		}
	}

	#end(shown: number[], isQuery: boolean): void {
		if (!isQuery) for (const byte of this.#held) shown.push(byte)
		this.reset()
	}

	/** What is held, without its first and last bytes. */
	#text(first: number, last = 0): string {
		return String.fromCharCode(...this.#held.slice(first, this.#held.length - last))
	}
}

/** By what follows `ESC [`. */
function isCsiQuery(text: string): boolean {
	return CSI_QUERIES.some((query) => query.test(text))
}

const CSI_QUERIES = [
	// Device attributes.
	/^[>=]?[\d;]*c$/,
	// Device status and cursor position.
	/^\??[\d;]*n$/,
	// Kitty keyboard flags.
	/^\?\d*u$/,
	// Modes (DECRQM).
	/^\??[\d;]*\$p$/,
	// Name and version of the terminal.
	/^>\d*q$/,
	// Size and place of the window.
	/^(?:1[13-689]|2[01])(?:;\d*)*t$/,
	// Terminal parameters.
	/^[\d;]*x$/,
	// Graphics limits; keys that are modified.
	/^\?[\d;]*[Sm]$/,
	// Presentation, checksum, locator, preferred supplement.
	/^[\d;]*(?:\$w|\*y|'\||&u)$/,
]

/** By the string's kind (the byte after ESC) and its text. */
function isStringQuery(text: string): boolean {
	const kind = text[0]
	const said = text.slice(1)
	// Settings (DECRQSS) and capabilities (XTGETTCAP).
	if (kind === "P") return said.startsWith("$q") || said.startsWith("+q")
	// Kitty graphics answer every command; the screens of others do not show them either.
	if (kind === "_") return said.startsWith("G")
	if (kind !== "]") return false
	const [code = "", ...values] = said.split(";")
	if (ASKED_BY_MARK.test(code)) return values.includes("?")
	return code === "1337" && /^(?:Report|RequestUpload|Capabilities)/.test(values[0] ?? "")
}

/** Colours, fonts, pointer, clipboard: asked for by a question mark in place of the value. */
const ASKED_BY_MARK = /^(?:4|5|1\d|2[12]|50|52|60|61|104)$/
