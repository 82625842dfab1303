// A session's state in a few words for a person.
import { never } from "../protocol/errors.ts"
import type { SessionState } from "../protocol/session.ts"
import { style } from "./output.ts"

export function describeState(state: SessionState): string {
	switch (state.is) {
		case "running":
			return style("green", "running")
		case "exited":
			return state.signal === null ? `exited ${state.code}` : `ended by ${state.signal}`
		case "lost":
			return style("red", "lost")
		case "failed":
			return style("red", "failed")
		default:
			return never(state)
	}
}
