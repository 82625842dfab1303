// What is true about the way between this terminal and the program, in a shape and few words.
import { never } from "../../protocol/errors.ts"
import type { MachineId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { words } from "../messages.ts"
import { fleet, now, reachable, type ViewingView, viewing } from "../state.ts"
import { clock } from "../times.ts"
import { standingOf } from "./presence.tsx"

type Tone = "good" | "busy" | "bad" | "still"

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
	const hasEnded = info !== undefined && info.state.is !== "running"
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
			if (hasEnded) return ["still", words.session.ended]
			return ["busy", words.session.catchingUp(Math.max(0, (info?.sequence ?? 0) - view.sequence))]
		case "live":
			if (hasEnded) return ["still", words.session.ended]
			if (stands.is === "unproven") return ["busy", words.session.unproven(stands.age)]
			if (view.pending >= LARGE_BYTES) return ["busy", words.session.sending(view.pending)]
			return ["good", words.session.live]
		default:
			return never(view.status)
	}
}

/** Less is written before anybody could read it. */
const LARGE_BYTES = 16_000
