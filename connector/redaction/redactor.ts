// Masks secrets in what leaves a session for keeping: the values that it was given, and tokens of well-known shapes.
import { findTokens } from "../../protocol/token-shapes.ts"
import type { Fingerprints } from "./fingerprints.ts"
import { readOutput } from "./reading.ts"

interface Options {
	/** Where the terminal wraps; 0 for text that no terminal has wrapped. */
	cols?: number
	/** The text goes on elsewhere: what may be the beginning of a secret at its end is masked, too. */
	isOpen?: boolean
}

/** A row of a terminal. */
export interface Row {
	text: string
	/** It continues the row above. */
	isWrapped: boolean
}

/** No secret of any shape is longer than this, with the sequences that a program may draw it with. */
export const MARGIN_BYTES = 32 * 1024

const STAR = 0x2a

export class Redactor {
	readonly #values: Fingerprints | null

	/** `values`: those of the session, where it was given any. */
	constructor(values: Fingerprints | null = null) {
		this.#values = values
	}

	/**
	 * Terminal output with an asterisk for each byte of a secret, sequences and blanks as they were: it has the same
	 * length. The very same bytes where there is no secret.
	 */
	output(bytes: Uint8Array, { cols = 0, isOpen = false }: Options = {}): Uint8Array {
		const { codes, at } = readOutput(bytes, cols)
		let masked = bytes
		const mask = (from: number, to: number) => {
			if (masked === bytes) masked = new Uint8Array(bytes)
			for (let i = from; i < to; i++) if ((codes[i] ?? 0) > 0x20) masked[at[i] ?? 0] = STAR
		}
		findTokens(Buffer.from(codes.buffer, 0, codes.length).toString("latin1"), mask, isOpen)
		this.#values?.find(codes, mask, isOpen)
		return masked
	}

	text(text: string): string {
		if (text === "") return text
		const bytes = Buffer.from(text)
		const masked = this.output(bytes)
		return masked === bytes ? text : Buffer.from(masked).toString()
	}

	/** The texts of the rows; what they have together is masked where it is wrapped, too. */
	rows(rows: readonly Row[], options: Options): string[] {
		const parts = rows.map(({ text }, index) => {
			const goesOn = rows[index + 1]?.isWrapped ?? true
			return Buffer.from(goesOn ? text : `${text}\n`)
		})
		const masked = Buffer.from(this.output(Buffer.concat(parts), options))
		let end = 0
		return parts.map((part) => {
			const start = end
			end += part.length
			return masked.toString("utf8", start, end).trimEnd()
		})
	}
}
