// What stands between bar and terminal when there is something to say: the program's end, and unsent input.
import { useSignal } from "@preact/signals"
import type { MachineId, SessionId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { words } from "../messages.ts"
import type { OpenSession } from "../open-session.ts"
import { startAgain } from "../starting.ts"
import { dialog, may, now, viewing } from "../state.ts"
import { exact } from "../times.ts"
import { Icon } from "./icon.tsx"

interface Props {
	machine: MachineId
	session: SessionId
	info: SessionInfo | undefined
	open: OpenSession | null
}

export function SessionBanners(props: Props) {
	return (
		<>
			<Unsent open={props.open} />
			<Ended {...props} />
		</>
	)
}

function Unsent({ open }: { open: OpenSession | null }) {
	const view = viewing.value
	if (open === null || view === null || view.pending === 0) return null
	if (!view.holding) {
		if (view.status.is === "live") return null
		return (
			<p class="banner" role="status">
				<Icon name="history" />
				{words.session.unsentWaiting(view.pending)}
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

function Ended({ machine, session, info }: Props) {
	const isStarting = useSignal(false)
	if (info === undefined || info.state.is === "running") return null
	const { state, name } = info
	const when = words.session.ago(now.value - state.at)
	return (
		<div class={state.is === "lost" ? "banner bad" : "banner"} role="status">
			<Icon name={state.is === "lost" ? "triangle-alert" : "circle-check"} />
			<span class="grow" title={exact(state.at)}>
				{state.is === "lost"
					? words.session.bannerLost(state.reason, when)
					: words.session.bannerExited(state.code, state.signal, when)}
			</span>
			<button
				type="button"
				disabled={!may("session:start") || isStarting.value}
				onClick={async () => {
					isStarting.value = true
					await startAgain(machine, info)
					isStarting.value = false
				}}
			>
				{isStarting.value ? words.start.pending : words.session.again}
			</button>
			<button
				type="button"
				class="danger"
				disabled={!may("session:end")}
				onClick={() => {
					dialog.value = { is: "remove-session", machine, session, name }
				}}
			>
				{words.session.remove}
			</button>
		</div>
	)
}
