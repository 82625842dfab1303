// A session's state: a shape and a word, never colour alone.
import type { SessionState } from "../../protocol/session.ts"
import { words } from "../messages.ts"
import { Icon } from "./icon.tsx"
import type { IconName } from "./icons.ts"

interface Props {
	state: SessionState
	/** While its machine is away, running is only what was last known. */
	isKnown: boolean
}

export function StateMark({ state, isKnown }: Props) {
	if (state.is === "running")
		return (
			<span class={isKnown ? "state running" : "state"}>
				<Icon name={isKnown ? "play" : "history"} />
				{isKnown ? words.session.running : words.session.lastSeenRunning}
			</span>
		)
	if (state.is === "lost" || state.is === "failed")
		return (
			<span class="state lost" title={state.reason}>
				<Icon name="triangle-alert" />
				{state.is === "lost" ? words.session.lost : words.session.failed}
			</span>
		)
	const well = state.code === 0
	const asked = wasAsked(state)
	return (
		<span class={well || asked ? "state" : "state failed"}>
			<Icon name={endIcon(state)} />
			{state.signal !== null
				? words.session.killedBy(state.signal)
				: state.code === null || well
					? words.session.exited
					: words.session.exitedWith(state.code)}
		</span>
	)
}

/** A shape for how a session's program came to its end. */
export function endIcon(state: Exclude<SessionState, { is: "running" }>): IconName {
	if (state.is === "lost" || state.is === "failed") return "triangle-alert"
	if (wasAsked(state)) return "power"
	return state.code === 0 ? "circle-check" : "circle-x"
}

/** Signals by which people end programs, and what a shell makes of them: an end that was wanted is no failure. */
const ASKED = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

function wasAsked({ code, signal }: { code: number | null; signal: string | null }): boolean {
	return signal === null ? Object.values(ASKED).some((asked) => asked === code) : signal in ASKED
}
