// Grows while text is written to it as UTF-8.

export class ByteWriter {
	#bytes = new Uint8Array(16 * 1024)
	length = 0

	byte(value: number): void {
		if (this.length === this.#bytes.length) this.#grow(1)
		this.#bytes[this.length++] = value
	}

	codePoint(code: number): void {
		if (code < 0x80) return this.byte(code)
		if (code < 0x800) {
			this.byte(0xc0 | (code >> 6))
		} else if (code < 0x10000) {
			this.byte(0xe0 | (code >> 12))
			this.byte(0x80 | ((code >> 6) & 63))
		} else {
			this.byte(0xf0 | (code >> 18))
			this.byte(0x80 | ((code >> 12) & 63))
			this.byte(0x80 | ((code >> 6) & 63))
		}
		this.byte(0x80 | (code & 63))
	}

	text(text: string): void {
		for (const character of text) this.codePoint(character.codePointAt(0) ?? 0)
	}

	/** What was written; shares memory with the writer. */
	bytes(): Uint8Array {
		return this.#bytes.subarray(0, this.length)
	}

	#grow(least: number): void {
		const bigger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + least))
		bigger.set(this.#bytes)
		this.#bytes = bigger
	}
}
