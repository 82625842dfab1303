// What to type for an answer: the keys of an option as the screen has it now, or a person's words.
import type { Choice, Option } from "../../protocol/attention.ts"
import { Refusal } from "../../protocol/errors.ts"
import { steps } from "./classify/option.ts"

export interface Keys {
	/** What moves a menu's marker to the option, and is seen to have before anything is chosen. */
	moves: string
	text: string
	paste: boolean
	enter: boolean
}

interface Asked {
	options: readonly Option[]
	takesText: boolean
	kind: string
	/** Whether the program takes several lines as one paste. */
	bracketsPastes: boolean
}

/** Throws Refusal("answer_invalid") for what is not an answer to it. */
export function keysFor({ options, takesText, kind, bracketsPastes }: Asked, choice: Choice): Keys {
	if (choice.is === "option") {
		const option = options.find(({ label }) => label === choice.label)
		if (option === undefined || option.keys === "") throw new Refusal("answer_invalid", otherwise(options))
		const { moves, choose } = steps(option.keys)
		return { moves, text: choose, paste: false, enter: false }
	}
	if (!takesText) throw new Refusal("answer_invalid", otherwise(options))
	// A question's Enter key alone takes what it offers.
	if (choice.text === "" && kind === "question") return { moves: "", text: "", paste: false, enter: true }
	const text = plainWords(choice.text)
	if (text === "") throw new Refusal("answer_invalid", "There are no words in it.")
	// What asks for a secret reads its terminal as it is.
	const isPasted = kind !== "secret"
	if (text.includes("\n") && !(isPasted && bracketsPastes)) throw new Refusal("answer_invalid", ONE_LINE)
	return { moves: "", text, paste: isPasted, enter: true }
}

/** What is typed as lines, one after the other, would answer whatever is asked next, too. */
const ONE_LINE = "It takes one line: of several, each would be an answer of its own."

/** Without what a terminal would take for a key: whoever answers by words presses nothing. */
function plainWords(text: string): string {
	return text.replaceAll("\r\n", "\n").replaceAll(CONTROLS, "").replace(/\n+$/, "")
}

const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g

function otherwise(options: readonly Option[]): string {
	if (options.length === 0) return "It can be answered on its screen only."
	return `Its answers are: ${options.map(({ label }) => `"${label}"`).join(", ")}.`
}
