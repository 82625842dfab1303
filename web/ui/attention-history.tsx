// What waited before: who has answered what from where, newest first, as far back as one asks.
import { useSignal } from "@preact/signals"
import type { InboxItem } from "../../protocol/attention.ts"
import type { SessionId } from "../../protocol/ids.ts"
import { api } from "../api.ts"
import { useAsked } from "../asked.ts"
import { words } from "../messages.ts"
import { requestPath } from "../navigation.ts"
import { attempt } from "../run.ts"
import { attentionChanges } from "../state.ts"
import { joined, overAt } from "../waiting.ts"
import { KindMark } from "./attention-kind.tsx"
import { Outcome } from "./attention-outcome.tsx"
import { Face, Here } from "./faces.tsx"
import { When } from "./when.tsx"

const PAGE = 50
const MOST = 200

/** Of one session, or of all. */
export function History({ session }: { session?: SessionId }) {
	const older = useSignal<InboxItem[]>([])
	const isAll = useSignal(false)
	const ofSession = session === undefined ? {} : { session }
	const asked = useAsked(() => api("listAttention", { query: { limit: PAGE, ...ofSession } }), { on: attentionChanges })
	return (
		<Here asked={asked} rows={6}>
			{({ items }) => {
				const all = joined(items, older.value)
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
					// What was over in the same moment comes again, and stands here once.
					const before = overAt(last) + 1
					const { items: next } = await api("listAttention", { query: { before, limit: MOST, ...ofSession } })
					older.value = joined(all, next)
					isAll.value = next.length < MOST
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
						{items.length === PAGE && !isAll.value && (
							<button type="button" class="more-button" onClick={() => void attempt(more)}>
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
	const { id, subject, text, kind, sessionName, machineName, state } = item
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
				<When at={overAt(item)} />
			</span>
		</a>
	)
}
