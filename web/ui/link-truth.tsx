// What is true about the way between this terminal and the program, in a shape and few words.
import type { MachineId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { words } from "../messages.ts"
import { fleet, now, reachable, type ViewingView, viewing } from "../state.ts"
import { clock } from "../times.ts"
import { standingOf } from "./presence.tsx"

type Tone = "good" | "busy" | "bad"

export function LinkTruth({ machine, info }: { machine: MachineId; info: SessionInfo | undefined }) {
	const [tone, text] = truth(machine, info, viewing.value)
	return (
		<span class={`truth ${tone}`} role="status">
			<span class="shape" aria-hidden="true" />
			{text}
		</span>
	)
}

function truth(machine: MachineId, info: SessionInfo | undefined, view: ViewingView | null): [Tone, string] {
	const socket = fleet.value.get(machine)?.socket
	if (socket?.is === "refused") return ["bad", socket.refusal.message]
	if (socket?.is === "waiting" || !reachable.value) return ["bad", words.session.redialling]
	if (view === null) return ["busy", words.session.connecting]
	const stands = standingOf(machine)
	switch (view.status.is) {
		case "refused":
			return ["bad", view.status.refusal.message]
		case "away": {
			const since = stands.is === "away" && stands.since !== null ? clock(stands.since, now.value) : null
			return ["bad", words.session.away(since)]
		}
		case "connecting":
			return ["busy", words.session.connecting]
		case "catching-up":
			return ["busy", words.session.catchingUp(Math.max(0, (info?.sequence ?? 0) - view.sequence))]
		case "live":
			if (stands.is === "unproven") return ["busy", words.session.unproven(stands.age)]
			if (view.pending >= LARGE_BYTES) return ["busy", words.session.sending(view.pending)]
			return ["good", words.session.live]
	}
}

/** Less is written before anybody could read it. */
const LARGE_BYTES = 16_000
