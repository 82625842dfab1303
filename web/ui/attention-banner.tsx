// What the session on the screen waits for, over its terminal where that is free, with the same buttons as in the inbox.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import type { InboxItem } from "../../protocol/attention.ts"
import type { MachineId, RequestId, SessionId } from "../../protocol/ids.ts"
import { words } from "../messages.ts"
import { requestPath } from "../navigation.ts"
import type { OpenSession } from "../open-session.ts"
import { viewing } from "../state.ts"
import { Options, useAnswer } from "./attention-answers.tsx"
import { KindMark, RiskMark, waitingFor } from "./attention-kind.tsx"
import { Deadline, Outcome } from "./attention-outcome.tsx"
import { Icon } from "./icon.tsx"

interface Props {
	machine: MachineId
	session: SessionId
	open: OpenSession
}

export function AttentionBanner({ machine, session, open }: Props) {
	const hidden = useSignal<RequestId | null>(null)
	const item = waitingFor(machine, session)
	// An agent that is done says so itself.
	if (item === undefined || item.kind === "idle" || item.id === hidden.value) return null
	const hide = () => {
		hidden.value = item.id
		open.terminal.focus()
	}
	return <Waits key={item.id} item={item} open={open} hide={hide} />
}

function Waits({ item, open, hide }: { item: InboxItem; open: OpenSession; hide: () => void }) {
	const answering = useAnswer(item)
	/** What it asks stays to be seen: the banner lies at the other end. */
	const isBelow = useSignal(false)
	const status = viewing.value?.status.is
	useEffect(() => {
		isBelow.value = open.terminal.hasRoomBelow()
	}, [status])
	const { id, kind, text, state, takesText, subject } = item
	return (
		<section
			class={isBelow.value ? "asks-here below" : "asks-here"}
			aria-label={words.inbox.sessionAsks(item.sessionName, kind)}
		>
			<div class="asks-line">
				<KindMark item={item} />
				<RiskMark item={item} />
				<span class="asks-text" title={text}>
					{text === "" ? words.inbox.noText[kind] : text}
				</span>
				<a class="button quiet" href={requestPath(id)}>
					{words.inbox.open}
				</a>
				<button
					type="button"
					class="quiet square"
					aria-label={words.inbox.hide}
					title={words.inbox.hide}
					onClick={hide}
				>
					<Icon name="x" />
				</button>
			</div>
			{subject !== null && subject.text !== "" && (
				<p class="asks-about mono" title={subject.text}>
					{subject.text}
				</p>
			)}
			{takesText && state.is === "open" && <p class="dim">{words.inbox.typeBelow}</p>}
			{state.is === "open" && <Options item={item} answering={answering} armed={null} hasKeys={false} />}
			{answering.problem !== "" && (
				<p class="problem" role="alert">
					{answering.problem}
				</p>
			)}
			<div role="status" class="request-status">
				{answering.isPending ? (
					<span class="outcome busy">
						<span class="pulse" aria-hidden="true" />
						{words.inbox.sending(answering.sent)}
					</span>
				) : (
					!(state.is === "open" && answering.problem !== "") && <Outcome state={state} />
				)}
				<Deadline item={item} />
			</div>
		</section>
	)
}
