// All that a terminal holds, as lines of text: two terminals are equal where these are.
import type { Core } from "../../connector/holder/xterm-core.ts"
import { stateOf } from "../holder/support/state.ts"
import type { Terminal } from "./terminal.ts"

export function screenState(terminal: Terminal): string {
	const { _core: core } = terminal as unknown as Inner
	const { normal, alt, ...rest } = stateOf({ core } as Parameters<typeof stateOf>[0])
	const buffers = Object.entries({ normal, alt }).flatMap(([name, buffer]) =>
		buffer === null
			? []
			: [
					...Object.entries(buffer).flatMap(([field, value]) =>
						field === "lines" ? [] : [`${name} ${field} ${JSON.stringify(value)}`],
					),
					...buffer.lines.map(withoutHalves),
				],
	)
	return [...Object.entries(rest).map(([field, value]) => `${field} ${JSON.stringify(value)}`), ...buffers].join("\n")
}

/** Half of a wide letter whose other half was overwritten is an empty cell to whoever looks. */
function withoutHalves(line: string): string {
	return line.replace(/(?<!›)‹/g, "·")
}

interface Inner {
	_core: Core
}

/** Where two states differ first, for a person; null where they do not. */
export function firstDifference(one: string, other: string): string | null {
	if (one === other) return null
	const left = one.split("\n")
	const right = other.split("\n")
	const at = left.findIndex((line, index) => line !== right[index])
	return `line ${at} of ${left.length}/${right.length}:\n- ${left[at] ?? "(nothing)"}\n+ ${right[at] ?? "(nothing)"}`
}
