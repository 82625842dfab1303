// What a snapshot reads of the terminal's inside. The version of @xterm/headless is pinned; the fidelity test guards this.

/** Attributes of one or more cells: underline style and colour, and the hyperlink. */
export interface ExtendedAttributes {
	/** The underline's style is in bits 26 to 28. */
	_ext: number
	underlineColor: number
	/** 0 without a link. */
	urlId: number
}

export interface Attributes {
	fg: number
	bg: number
	extended: ExtendedAttributes
}

export interface BufferLine {
	/** Three numbers a cell: content, fg, bg. */
	readonly _data: Uint32Array
	/** Cells of more than one code point, by column. */
	readonly _combined: Record<number, string>
	readonly _extendedAttrs: Record<number, ExtendedAttributes | undefined>
	readonly isWrapped: boolean
	translateToString(trimRight: boolean, start?: number, end?: number): string
}

export type Charset = Record<string, string> | undefined

export interface Buffer {
	readonly lines: { readonly length: number; get(index: number): BufferLine | undefined }
	readonly x: number
	readonly y: number
	/** The screen's first line. */
	readonly ybase: number
	readonly scrollTop: number
	readonly scrollBottom: number
	readonly tabs: Record<number, boolean | undefined>
	readonly savedX: number
	/** Counted from the first line of the scrollback. */
	readonly savedY: number
	readonly savedCurAttrData: Attributes
	readonly savedCharset: Charset
}

export interface Color {
	/** 0 to 255, then foreground 256, background 257, cursor 258; undefined for all of the palette. */
	index?: number
	/** 0 asks, 1 sets, 2 restores. */
	type: 0 | 1 | 2
	color?: [number, number, number]
}

type Listen<T> = (listener: (value: T) => void) => unknown

export interface Core {
	readonly cols: number
	readonly rows: number
	readonly buffers: { readonly normal: Buffer; readonly alt: Buffer; readonly active: Buffer }
	readonly coreService: {
		readonly isCursorHidden: boolean
		readonly modes: { readonly insertMode: boolean }
		readonly decPrivateModes: {
			readonly applicationCursorKeys: boolean
			readonly applicationKeypad: boolean
			readonly bracketedPasteMode: boolean
			readonly cursorBlink: boolean | undefined
			readonly cursorStyle: "block" | "underline" | "bar" | undefined
			readonly origin: boolean
			readonly reverseWraparound: boolean
			readonly sendFocus: boolean
			readonly synchronizedOutput: boolean
			readonly wraparound: boolean
		}
	}
	readonly coreMouseService: { readonly activeProtocol: string; readonly activeEncoding: string }
	readonly unicodeService: { charProperties(codePoint: number, preceding: number): number }
	readonly optionsService: { readonly rawOptions: { readonly cursorBlink: boolean; readonly convertEol: boolean } }
	readonly _charsetService: { charset: Charset; readonly glevel: number; _charsets: Charset[] }
	readonly _oscLinkService: { getLinkData(id: number): { id?: string; uri: string } | undefined }
	resize(cols: number, rows: number): void
	readonly _inputHandler: {
		parse(bytes: Uint8Array): void
		selectCharset(designation: string): boolean
		readonly _parser: { readonly currentState: number; readonly precedingJoinState: number; reset(): void }
		/** Bytes of an unfinished UTF-8 character, padded with 0. */
		readonly _utf8Decoder: { readonly interim: Uint8Array; clear(): void }
		readonly _curAttrData: Attributes
		readonly _windowTitle: string
		readonly _windowTitleStack: readonly string[]
		readonly onColor: Listen<Color[]>
		/** 0: the window's size in pixels is asked for, 1: a cell's. */
		readonly onRequestWindowsOptionsReport: Listen<number>
	}
}

/** Bits of the three numbers of a cell. */
export const CELL = {
	CODE_POINT: 0x1fffff,
	COMBINED: 0x200000,
	HAS_CONTENT: 0x3fffff,
	WIDTH_SHIFT: 22,
} as const

export const COLOR = { MODE: 0x3000000, P16: 0x1000000, P256: 0x2000000, RGB: 0x3000000, VALUE: 0xffffff } as const

export const FG = {
	INVERSE: 0x4000000,
	BOLD: 0x8000000,
	UNDERLINE: 0x10000000,
	BLINK: 0x20000000,
	INVISIBLE: 0x40000000,
	STRIKETHROUGH: 0x80000000,
} as const

export const BG = {
	ITALIC: 0x4000000,
	DIM: 0x8000000,
	HAS_EXTENDED: 0x10000000,
	PROTECTED: 0x20000000,
	OVERLINE: 0x40000000,
} as const
