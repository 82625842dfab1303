// What is said about a session when there is something to say: unsent input, and the program's end.
import { useSignal } from "@preact/signals"
import type { MachineId, SessionId } from "../../protocol/ids.ts"
import { RESEND_WITHIN_MS } from "../../protocol/limits.ts"
import type { SessionInfo, SessionState } from "../../protocol/session.ts"
import { words } from "../messages.ts"
import type { OpenSession } from "../open-session.ts"
import { attempt } from "../run.ts"
import { mayTalk, startAgain } from "../starting.ts"
import { dialog, now, viewing } from "../state.ts"
import { exact } from "../times.ts"
import { Act } from "./act.tsx"
import { Icon } from "./icon.tsx"
import { endIcon } from "./session-state.tsx"

/** Lies over the terminal, so that no program is resized by it. */
export function Unsent({ open }: { open: OpenSession | null }) {
	const view = viewing.value
	if (open === null || view === null) return null
	if (view.dropped > 0)
		return (
			<div class="banner bad" role="alert">
				<Icon name="triangle-alert" />
				<span class="grow">{words.session.dropped(view.dropped)}</span>
				<button
					type="button"
					onClick={() => {
						open.forgetDropped()
						open.terminal.focus()
					}}
				>
					{words.dismiss}
				</button>
			</div>
		)
	if (view.pending === 0) return null
	if (!view.holding) {
		if (view.status.is === "live") return null
		const isOld = now.value - (view.pendingSince ?? now.value) > RESEND_WITHIN_MS
		return (
			<p class="banner" role="status">
				<Icon name="history" />
				{isOld ? words.session.unsentOld(view.pending) : words.session.unsentWaiting(view.pending)}
			</p>
		)
	}
	return (
		<div class="banner bad" role="alert">
			<Icon name="triangle-alert" />
			<strong>{words.session.unsent(view.pending)}</strong>
			<span class="grow">{words.session.heldQuestion(view.pending)}</span>
			<button
				type="button"
				onClick={() => {
					open.sendHeld()
					open.terminal.focus()
				}}
			>
				{words.session.send}
			</button>
			<button
				type="button"
				class="danger"
				onClick={() => {
					open.discardHeld()
					open.terminal.focus()
				}}
			>
				{words.session.discard}
			</button>
		</div>
	)
}

interface EndedProps {
	machine: MachineId
	session: SessionId
	info: SessionInfo | undefined
}

export function Ended({ machine, session, info }: EndedProps) {
	const isStarting = useSignal(false)
	if (info === undefined || info.state.is === "running") return null
	const { state, name } = info
	const again = async (resume: boolean) => {
		isStarting.value = true
		await attempt(() => startAgain(machine, info, resume))
		isStarting.value = false
	}
	const when = words.session.ago(now.value - state.at)
	return (
		<div class={state.is === "exited" ? "banner" : "banner bad"} role="status">
			<Icon name={endIcon(state)} />
			<span class="grow" title={exact(state.at)}>
				{sentenceOf(state, when)}
			</span>
			{mayTalk(info) && (
				<Act may="session:start" disabled={isStarting.value} onClick={() => void again(true)}>
					{words.session.againTalking}
				</Act>
			)}
			<Act may="session:start" disabled={isStarting.value} onClick={() => void again(false)}>
				{isStarting.value ? words.session.beginning : words.session.again}
			</Act>
			<Act
				may="session:end"
				class="danger"
				onClick={() => {
					dialog.value = { is: "remove-session", machine, session, name }
				}}
			>
				{words.session.remove}
			</Act>
		</div>
	)
}

function sentenceOf(state: Exclude<SessionState, { is: "running" }>, when: string): string {
	if (state.is === "lost") return words.session.bannerLost(state.reason, when)
	if (state.is === "failed") return words.session.bannerFailed(state.reason, when)
	return words.session.bannerExited(state.code, state.signal, when)
}
