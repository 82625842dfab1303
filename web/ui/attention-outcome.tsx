// What has become of a request, or is becoming of it: who has answered what from where.
import { type Answerer, type InboxItem, optionMeaning, type RequestState } from "../../protocol/attention.ts"
import { never, refusalCode } from "../../protocol/errors.ts"
import { words } from "../messages.ts"
import { me, now } from "../state.ts"
import { Icon } from "./icon.tsx"
import type { IconName } from "./icons.ts"

/** Nothing while it is open, unless an answer has just failed. */
export function Outcome({ state }: { state: RequestState }) {
	if (state.is === "open") {
		if (state.refused === undefined) return null
		const { by, code } = state.refused
		return (
			<span class="outcome bad">
				<Icon name="triangle-alert" />
				<span class="breaks">{words.inbox.refused(nameOf(by), words.refusals[refusalCode(code)])}</span>
			</span>
		)
	}
	const { icon, tone } = looks(state)
	return (
		<span class={`outcome ${tone}`}>
			{state.is === "answering" || tone === "busy" ? <span class="pulse" aria-hidden="true" /> : <Icon name={icon} />}
			<span class="breaks">{outcome(state)}</span>
		</span>
	)
}

/** What happens by itself if nobody does anything, and when. */
export function Deadline({ item: { deadline, kind, options, state } }: { item: InboxItem }) {
	if (deadline === null || state.is !== "open") return null
	const ms = Math.max(0, deadline - now.value)
	const isNo = kind === "approval" && optionMeaning(options, "no") !== undefined
	return <span class="warn">{isNo ? words.inbox.deadline.no(ms) : words.inbox.deadline.gone(ms)}</span>
}

function outcome(state: Exclude<RequestState, { is: "open" }>): string {
	switch (state.is) {
		case "answering":
			return words.inbox.answering(nameOf(state.by), state.answer, state.by.via)
		case "answered":
			if (!state.isConfirmed) return words.inbox.typed(nameOf(state.by), state.answer, state.by.via)
			if (state.by.is === "rule") return words.inbox.answeredByRule(nameOf(state.by), state.answer)
			return words.inbox.answered(nameOf(state.by), state.answer, state.by.via)
		case "gone":
			return words.inbox.gone[state.because]
		default:
			return never(state)
	}
}

function nameOf({ is, id, name }: Answerer): string {
	if (is === "rule") return id === "deadline" ? words.inbox.byDeadline : words.inbox.byRule(id)
	return is === "person" && me.value.is === "loaded" && me.value.value.id === id ? words.inbox.you : name
}

function looks(state: Exclude<RequestState, { is: "open" }>): { icon: IconName; tone: "good" | "busy" | "still" } {
	if (state.is === "answering" || (state.is === "answered" && !state.isConfirmed)) return { icon: "send", tone: "busy" }
	return state.is === "answered" ? { icon: "check", tone: "good" } : { icon: "minus", tone: "still" }
}
