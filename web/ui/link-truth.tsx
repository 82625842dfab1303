// What is true about the way between this terminal and the program, in a shape and few words.
import { never } from "../../protocol/errors.ts"
import type { MachineId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { sentence } from "../api.ts"
import { words } from "../messages.ts"
import { fleet, now, reachable, type ViewingView, viewing } from "../state.ts"
import { clock } from "../times.ts"
import { standingOf } from "./presence.tsx"

type Tone = "good" | "busy" | "bad" | "still"

interface Props {
	machine: MachineId
	info: SessionInfo | undefined
}

export function LinkTruth({ machine, info }: Props) {
	const { tone, text, short } = truth(machine, info, viewing.value)
	return (
		<span class={`truth ${tone}`} role="status">
			<span class="shape" aria-hidden="true" />
			<span class={short === undefined ? undefined : "wide-only"}>{text}</span>
			{short !== undefined && <span class="narrow-only">{short}</span>}
		</span>
	)
}

/** On a narrow screen the bar has room for a word; the whole sentence stands under it. */
export function LinkNote({ machine, info }: Props) {
	const { tone, text, short } = truth(machine, info, viewing.value)
	if (tone !== "bad" || short === undefined) return null
	return <p class="banner bad narrow-only">{text}</p>
}

interface Truth {
	tone: Tone
	text: string
	short?: string
}

function truth(machine: MachineId, info: SessionInfo | undefined, view: ViewingView | null): Truth {
	const { session } = words
	const { short } = session
	const socket = fleet.value.get(machine)?.socket
	if (socket?.is === "refused") return { tone: "bad", text: sentence(socket.refusal), short: short.refused }
	if (socket?.is === "waiting" || !reachable.value)
		return { tone: "bad", text: session.redialling, short: short.redialling }
	if (view === null) return { tone: "busy", text: session.connecting }
	const stands = standingOf(machine)
	const hasEnded = info !== undefined && info.state.is !== "running"
	switch (view.status.is) {
		case "refused":
			return { tone: "bad", text: sentence(view.status.refusal), short: short.refused }
		case "away": {
			const since = stands.is === "away" && stands.since !== null ? clock(stands.since, now.value) : null
			return { tone: "bad", text: session.away(since), short: short.away }
		}
		case "connecting":
			return { tone: "busy", text: session.connecting }
		case "catching-up": {
			if (hasEnded) return { tone: "still", text: session.ended }
			const behind = Math.max(0, (info?.sequence ?? 0) - view.sequence)
			return { tone: "busy", text: session.catchingUp(behind), short: short.catchingUp }
		}
		case "live":
			if (hasEnded) return { tone: "still", text: session.ended }
			if (view.stalledSince !== null) {
				const text = session.unacknowledged(view.pending, now.value - view.stalledSince)
				return { tone: "bad", text, short: short.unacknowledged }
			}
			if (stands.is === "unproven") return { tone: "busy", text: session.unproven(stands.age), short: session.live }
			if (view.pending >= LARGE_BYTES) return { tone: "busy", text: session.sending(view.pending) }
			return { tone: "good", text: session.live }
		default:
			return never(view.status)
	}
}

/** Less is written before anybody could read it. */
const LARGE_BYTES = 16_000
