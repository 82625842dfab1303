// A session's state: a shape and a word, never colour alone.
import type { SessionState } from "../../protocol/session.ts"
import { words } from "../messages.ts"
import { Icon } from "./icon.tsx"

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
	if (state.is === "lost")
		return (
			<span class="state lost" title={state.reason}>
				<Icon name="triangle-alert" />
				{words.session.lost}
			</span>
		)
	const well = state.code === 0
	return (
		<span class={well ? "state" : "state failed"}>
			<Icon name={well ? "circle-check" : "circle-x"} />
			{state.signal !== null
				? words.session.killedBy(state.signal)
				: state.code === null || well
					? words.session.exited
					: words.session.exitedWith(state.code)}
		</span>
	)
}
