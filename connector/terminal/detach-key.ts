// The keys by which a person leaves a session: one control key, pressed twice. All others belong to the program.

/** A first press that no second one follows within this time was meant for the program. */
export const SECOND_PRESS_MS = 600

export interface DetachKey {
	/** As a person says it: "Ctrl-\". */
	name: string
	/** All that terminals send for it, by the keyboard protocol that the program has asked for. */
	codes: string[]
}

/** Reads "ctrl-x" or "^x". Undefined for what is no control key. */
export function detachKey(text: string): DetachKey | undefined {
	const letter = /^(?:ctrl-|c-|\^)([a-z\\\]^_])$/i.exec(text)?.[1]?.toLowerCase()
	if (letter === undefined) return undefined
	const point = letter.charCodeAt(0)
	return {
		name: `Ctrl-${letter.toUpperCase()}`,
		codes: [
			String.fromCharCode(point & 0x1f),
			// Kitty's protocol, without and with kinds of events.
			`\x1b[${point};5u`,
			`\x1b[${point};5:1u`,
			// xterm's modifyOtherKeys.
			`\x1b[27;5;${point}~`,
		],
	}
}

/** Kitty's protocol may also tell of the key's release, which is neither a press nor worth passing on. */
function releaseOf(code: string): string | undefined {
	return code.endsWith(":1u") ? code.replace(":1u", ":3u") : undefined
}

type Step = { is: "pass"; text: string } | { is: "detach" }

/** Finds the double press in what is typed. Text is one character a byte. */
export class DetachWatch {
	readonly #key: DetachKey
	/** The first press, held back until it is known what it was. */
	#first: string | undefined

	constructor(key: DetachKey) {
		this.#key = key
	}

	/** Whether a first press waits for the second one, or for `expire`. */
	get isWaiting(): boolean {
		return this.#first !== undefined
	}

	take(typed: string): Step {
		let passed = ""
		let rest = typed
		while (rest !== "") {
			const release = this.#key.codes.map(releaseOf).find((code) => code !== undefined && rest.startsWith(code))
			if (release !== undefined) {
				rest = rest.slice(release.length)
				continue
			}
			const code = this.#key.codes.find((one) => rest.startsWith(one))
			if (code !== undefined) {
				if (this.#first !== undefined) return { is: "detach" }
				this.#first = code
				rest = rest.slice(code.length)
				continue
			}
			passed += this.expire() + rest[0]
			rest = rest.slice(1)
		}
		return { is: "pass", text: passed }
	}

	/** No second press came: the first one goes to the program. */
	expire(): string {
		const held = this.#first ?? ""
		this.#first = undefined
		return held
	}
}
