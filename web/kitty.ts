// The kitty keyboard protocol, as far as agents use it: a program may ask for keys that the old encoding cannot tell apart.
// https://sw.kovidgoyal.net/kitty/keyboard-protocol/
import type { IDisposable, IParser } from "@xterm/xterm"

/** Keys that the old encoding confuses, such as Escape, Shift+Enter, Ctrl+I, are told apart. */
const DISAMBIGUATE = 1
/** Every key is told as an escape code, also those that make text. */
const ALL_KEYS = 8
/** Such a code carries the text that the key makes. */
const WITH_TEXT = 16
/** What the machine's terminal keeps, too; a push beyond it drops the oldest. */
const DEPTH = 8

/** What of a keyboard event counts. */
export interface Key {
	/** The character or name, as in KeyboardEvent. */
	key: string
	/** The place on the keyboard, as in KeyboardEvent; empty when there is none. */
	code: string
	shift: boolean
	alt: boolean
	ctrl: boolean
}

/** The flags that programs have set; the main and the alternate screen each have their own. */
export class KittyKeyboard {
	#stacks = { normal: [] as number[], alternate: [] as number[] }
	readonly #screen: () => "normal" | "alternate"

	constructor(screen: () => "normal" | "alternate") {
		this.#screen = screen
	}

	get flags(): number {
		return this.#stacks[this.#screen()].at(-1) ?? 0
	}

	register(parser: IParser): IDisposable[] {
		return [
			parser.registerCsiHandler({ prefix: ">", final: "u" }, ([flags]) => this.#push(number(flags, 0))),
			parser.registerCsiHandler({ prefix: "<", final: "u" }, ([count]) => this.#pop(number(count, 1))),
			parser.registerCsiHandler({ prefix: "=", final: "u" }, ([flags, mode]) =>
				this.#set(number(flags, 0), number(mode, 1)),
			),
			// The query: the machine answers it.
			parser.registerCsiHandler({ prefix: "?", final: "u" }, () => true),
			parser.registerEscHandler({ final: "c" }, () => {
				this.#stacks = { normal: [], alternate: [] }
				// The terminal resets itself, too.
				return false
			}),
		]
	}

	#push(flags: number): boolean {
		const stack = this.#stacks[this.#screen()]
		stack.push(flags)
		if (stack.length > DEPTH) stack.shift()
		return true
	}

	#pop(count: number): boolean {
		const stack = this.#stacks[this.#screen()]
		stack.length = Math.max(0, stack.length - Math.max(1, count))
		return true
	}

	/** `how`: 1 replaces the flags, 2 adds these, 3 removes these. */
	#set(flags: number, how: number): boolean {
		const stack = this.#stacks[this.#screen()]
		const before = stack.pop() ?? 0
		stack.push(how === 3 ? before & ~flags : how === 2 ? before | flags : flags)
		return true
	}
}

/** The key's bytes under `flags`; null where the old encoding stands. */
export function encodeKey(key: Key, flags: number): string | null {
	const all = (flags & ALL_KEYS) !== 0
	if ((flags & DISAMBIGUATE) === 0 && !all) return null
	const modifiers = (key.shift ? 1 : 0) | (key.alt ? 2 : 0) | (key.ctrl ? 4 : 0)
	if (key.key === "Escape") return csiU(27, modifiers)
	const named = NAMED[key.key]
	// Alone they stay what they were, so that `reset` can still be typed when a program has died with the flag set.
	if (named !== undefined) return modifiers === 0 && !all ? null : csiU(named, modifiers)
	if ([...key.key].length !== 1) return null
	const makesText = (modifiers & ~1) === 0
	if (makesText && !all) return null
	return csiU(plainCode(key), modifiers, makesText && (flags & WITH_TEXT) !== 0 ? key.key.codePointAt(0) : undefined)
}

/** The key's bytes in the old encoding, for keys that no keyboard event brings; null where there are none. */
export function encodeLegacy({ key, shift, alt, ctrl }: Key, applicationCursor: boolean): string | null {
	const modifier = 1 + ((shift ? 1 : 0) | (alt ? 2 : 0) | (ctrl ? 4 : 0))
	const cursor = CURSOR[key]
	if (cursor !== undefined)
		return modifier > 1 ? `\x1b[1;${modifier}${cursor}` : applicationCursor ? `\x1bO${cursor}` : `\x1b[${cursor}`
	const tilde = TILDE[key]
	if (tilde !== undefined) return modifier > 1 ? `\x1b[${tilde};${modifier}~` : `\x1b[${tilde}~`
	if (key === "Tab" && shift) return "\x1b[Z"
	const named = NAMED[key] ?? (key === "Escape" ? 27 : undefined)
	const plain = named !== undefined ? String.fromCharCode(named) : [...key].length === 1 ? key : null
	if (plain === null) return null
	return (alt ? "\x1b" : "") + (ctrl ? control(plain) : plain)
}

const NAMED: Record<string, number> = { Enter: 13, Tab: 9, Backspace: 127 }
const CURSOR: Record<string, string> = {
	ArrowUp: "A",
	ArrowDown: "B",
	ArrowRight: "C",
	ArrowLeft: "D",
	Home: "H",
	End: "F",
}
const TILDE: Record<string, number> = { Insert: 2, Delete: 3, PageUp: 5, PageDown: 6 }

/** What the keys of a US keyboard give without Shift: the protocol names keys by that. */
const UNSHIFTED: Record<string, string> = {
	Minus: "-",
	Equal: "=",
	BracketLeft: "[",
	BracketRight: "]",
	Backslash: "\\",
	Semicolon: ";",
	Quote: "'",
	Backquote: "`",
	Comma: ",",
	Period: ".",
	Slash: "/",
}

function plainCode({ key, code, shift }: Key): number {
	const digit = /^Digit(\d)$/.exec(code)?.[1]
	const unshifted = shift ? (digit ?? UNSHIFTED[code] ?? key) : key
	return unshifted.toLowerCase().codePointAt(0) ?? 0
}

function csiU(code: number, modifiers: number, text?: number): string {
	if (text !== undefined) return `\x1b[${code};${modifiers === 0 ? "" : modifiers + 1};${text}u`
	return modifiers === 0 ? `\x1b[${code}u` : `\x1b[${code};${modifiers + 1}u`
}

/** The control character that Ctrl makes of `char`; the character itself where it makes none. */
function control(char: string): string {
	const code = char.toUpperCase().charCodeAt(0)
	if (char === " ") return "\0"
	if (char === "?") return "\x7f"
	return code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : char
}

function number(parameter: number | number[] | undefined, otherwise: number): number {
	return typeof parameter === "number" && parameter >= 0 ? parameter : otherwise
}
