// What waited before: who has answered what from where, newest first, as far back as one asks.
import { useSignal } from "@preact/signals"
import type { InboxItem } from "../../protocol/attention.ts"
import type { SessionId } from "../../protocol/ids.ts"
import { api } from "../api.ts"
import { useAsked } from "../asked.ts"
import { words } from "../messages.ts"
import { requestPath } from "../navigation.ts"
import { attentionChanges } from "../state.ts"
import { KindMark } from "./attention-kind.tsx"
import { Outcome } from "./attention-outcome.tsx"
import { Face, Here } from "./faces.tsx"
import { When } from "./when.tsx"

const PAGE = 50
const MOST = 200

/** Of one session, or of all. */
export function History({ session }: { session?: SessionId }) {
	const limit = useSignal(PAGE)
	const older = useSignal<InboxItem[]>([])
	const asked = useAsked(
		() => api("listAttention", { query: { limit: PAGE, ...(session !== undefined && { session }) } }),
		{ on: attentionChanges },
	)
	return (
		<Here asked={asked} rows={6}>
			{({ items }) => {
				const first = new Set(items.map(({ id }) => id))
				const all = [...items, ...older.value.filter(({ id }) => !first.has(id))]
				const last = all.at(-1)
				if (last === undefined)
					return (
						<Face
							icon="history"
							title={words.inbox.noHistoryTitle}
							text={session === undefined ? words.inbox.noHistory : words.inbox.noHistoryHere}
						/>
					)
				const more = async () => {
					const { items: next } = await api("listAttention", {
						query: { before: last.raisedAt, limit: MOST, ...(session !== undefined && { session }) },
					})
					older.value = [...older.value, ...next]
					if (next.length < MOST) limit.value = 0
				}
				return (
					<>
						<ul class="rows past">
							{all.map((item) => (
								<li key={item.id}>
									<Past item={item} namesSession={session === undefined} />
								</li>
							))}
						</ul>
						{limit.value > 0 && items.length === PAGE && (
							<button type="button" class="more-button" onClick={() => void more()}>
								{words.inbox.older}
							</button>
						)}
					</>
				)
			}}
		</Here>
	)
}

function Past({ item, namesSession }: { item: InboxItem; namesSession: boolean }) {
	const { id, subject, text, kind, sessionName, machineName, state, at } = item
	return (
		<a class="row past-row" href={requestPath(id)} data-row>
			<KindMark item={item} />
			{namesSession && (
				<span class="past-who">
					<strong>{sessionName}</strong> <span class="dim">{machineName}</span>
				</span>
			)}
			<span class={subject === null ? "past-what" : "past-what mono"}>
				{(subject?.text || text || words.inbox.noText[kind]).split("\n")[0]}
			</span>
			<Outcome state={state} />
			<span class="dim past-when">
				<When at={state.is === "open" ? at : state.at} />
			</span>
		</a>
	)
}
