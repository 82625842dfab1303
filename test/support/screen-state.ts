// All that a terminal holds, as lines of text: two terminals are equal where these are.
import type { Core } from "../../connector/holder/xterm-core.ts"
import { stateOf } from "../holder/support/state.ts"
import type { Terminal } from "./terminal.ts"

export function screenState(terminal: Terminal): string {
	return coreState((terminal as unknown as { _core: Core })._core)
}

export function coreState(core: Core): string {
	const { normal, alt, ...rest } = stateOf({ core })
	const buffers = Object.entries({ normal, alt }).flatMap(([name, buffer]) =>
		buffer === null
			? []
			: [
					...Object.entries(buffer).flatMap(([field, value]) =>
						field === "lines" ? [] : [`${name} ${field} ${JSON.stringify(value)}`],
					),
					...buffer.lines,
				],
	)
	return [...Object.entries(rest).map(([field, value]) => `${field} ${JSON.stringify(value)}`), ...buffers].join("\n")
}

/** Where two states differ first, for a person; null where they do not. */
export function firstDifference(one: string, other: string): string | null {
	if (one === other) return null
	const left = one.split("\n")
	const right = other.split("\n")
	const at = left.findIndex((line, index) => line !== right[index])
	return `line ${at} of ${left.length}/${right.length}:\n- ${left[at] ?? "(nothing)"}\n+ ${right[at] ?? "(nothing)"}`
}
