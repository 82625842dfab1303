// What a request is of: a shape and a word, and how urgent it looks.
import type { AttentionKind, InboxItem } from "../../protocol/attention.ts"
import type { MachineId, SessionId } from "../../protocol/ids.ts"
import { words } from "../messages.ts"
import { inbox } from "../state.ts"
import { needsSomebody, ofSession } from "../waiting.ts"
import { Icon } from "./icon.tsx"
import type { IconName } from "./icons.ts"

const ICONS: Record<AttentionKind, IconName> = {
	approval: "shield-question-mark",
	question: "message-circle-question-mark",
	choice: "list-checks",
	secret: "key-round",
	idle: "circle-check",
	stuck: "hourglass",
}

export function KindMark({ item }: { item: Pick<InboxItem, "kind" | "state"> }) {
	return (
		<span class={needsSomebody(item) ? "kind needs" : "kind"}>
			<Icon name={ICONS[item.kind]} />
			{words.inbox.kinds[item.kind]}
		</span>
	)
}

/** Nothing where it does little. */
export function RiskMark({ item: { risk, kind, state } }: { item: Pick<InboxItem, "risk" | "kind" | "state"> }) {
	if (risk !== "high" || state.is !== "open" || (kind !== "approval" && kind !== "choice")) return null
	return (
		<span class="risk" title={words.inbox.riskHint}>
			<Icon name="triangle-alert" />
			{words.inbox.risks.high}
		</span>
	)
}

/** What a session waits for, if it does. */
export function waitingFor(machine: MachineId, session: SessionId): InboxItem | undefined {
	return inbox.value.is === "loaded" ? ofSession(inbox.value.value, machine, session) : undefined
}
