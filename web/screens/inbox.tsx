// The inbox: everything that waits for a person, across machines, most urgent first; and what waited before.
import { useLayoutEffect, useRef } from "preact/hooks"
import { useRoute } from "preact-iso"
import { RequestId } from "../../protocol/ids.ts"
import { api } from "../api.ts"
import { useAsked } from "../asked.ts"
import { needsCount, refreshInbox } from "../inbox.ts"
import { words } from "../messages.ts"
import { HISTORY, INBOX, sessionPath } from "../navigation.ts"
import { attentionChanges, inbox, machines, type Waiting } from "../state.ts"
import { percent } from "../times.ts"
import { AttentionCard } from "../ui/attention-card.tsx"
import { History } from "../ui/attention-history.tsx"
import { Elsewhere } from "../ui/elsewhere.tsx"
import { Face, Here, Refused, Skeleton } from "../ui/faces.tsx"
import { Icon } from "../ui/icon.tsx"
import { StateMark } from "../ui/session-state.tsx"
import { Shell } from "../ui/shell.tsx"
import { When } from "../ui/when.tsx"
import { sessionsOf } from "./fleet.tsx"
import { NotFound } from "./not-found.tsx"

export function Inbox() {
	const { path } = useRoute()
	return (
		<Shell title={words.inbox.title}>
			<div class="inbox">
				<header class="page-head">
					<h1>{words.inbox.title}</h1>
					<nav class="segments" aria-label={words.inbox.views}>
						<a href={INBOX} aria-current={path === INBOX ? "page" : undefined}>
							{words.inbox.waiting}
						</a>
						<a href={HISTORY} aria-current={path === HISTORY ? "page" : undefined}>
							{words.inbox.history}
						</a>
					</nav>
				</header>
				{path === HISTORY ? <History /> : <Everything />}
			</div>
		</Shell>
	)
}

function Everything() {
	const { value: loaded } = inbox
	if (loaded.is === "loading") return <Skeleton rows={6} />
	if (loaded.is === "refused") return <Refused refusal={loaded.refusal} retry={() => void refreshInbox()} />
	const urgent = loaded.value.filter(({ item }) => item.kind !== "idle")
	const done = loaded.value.filter(({ item }) => item.kind === "idle")
	return (
		<>
			<p class="unseen" role="status">
				{words.inbox.needs(needsCount())}
			</p>
			{urgent.length === 0 ? <Nothing /> : <Cards rows={urgent} />}
			{done.length > 0 && (
				<section aria-labelledby="inbox-done" class="inbox-done">
					<h2 id="inbox-done">{words.inbox.done}</h2>
					<Cards rows={done} />
				</section>
			)}
		</>
	)
}

/** So long after the list has moved, a finger that was already on its way presses nothing. */
const STEADY_MS = 350

function Cards({ rows }: { rows: readonly Waiting[] }) {
	const list = useRef<HTMLUListElement>(null)
	const order = rows.map(({ item }) => item.id).join()
	useLayoutEffect(() => {
		const element = list.current
		element?.classList.add("moves")
		const timer = setTimeout(() => element?.classList.remove("moves"), STEADY_MS)
		return () => clearTimeout(timer)
	}, [order])
	return (
		<ul ref={list} class="requests">
			{rows.map(({ item }) => (
				<li key={item.id}>
					<AttentionCard item={item} />
				</li>
			))}
		</ul>
	)
}

function Nothing() {
	const known = machines.value.is === "loaded" ? machines.value.value : []
	const running = known.flatMap(({ id, name }) =>
		(sessionsOf(id) ?? []).flatMap((session) =>
			session.state.is === "running" ? [{ machine: id, name, session }] : [],
		),
	)
	return (
		<>
			<Face icon="inbox" title={words.inbox.emptyTitle} text={words.inbox.empty(running.length)} />
			{running.length > 0 && (
				<section aria-labelledby="inbox-running" class="inbox-running">
					<h2 id="inbox-running">{words.inbox.running}</h2>
					<ul class="rows">
						{running.map(({ machine, name, session }) => (
							<li key={session.id}>
								<a class="row" href={sessionPath(machine, session.id)} data-row>
									<StateMark state={session.state} isKnown />
									<strong>{session.name}</strong>
									<span class="dim">{session.runtime}</span>
									<span class="spring" />
									<span class="dim">{name}</span>
								</a>
							</li>
						))}
					</ul>
				</section>
			)}
		</>
	)
}

export function RequestScreen() {
	const { params } = useRoute()
	const id = RequestId.safeParse(params.request)
	return id.success ? <OneRequest key={id.data} id={id.data} /> : <NotFound />
}

function OneRequest({ id }: { id: RequestId }) {
	const asked = useAsked(() => api("showRequest", { params: { request: id } }), { on: attentionChanges })
	const rows = inbox.value.is === "loaded" ? inbox.value.value : []
	/** What the inbox knows of it is newer while an answer is on its way. */
	const known = rows.find(({ item }) => item.id === id)?.item
	const others = rows.filter(({ item }) => item.id !== id && item.state.is === "open")
	const { answer } = asked
	const isMissing = answer.is === "refused" && answer.refusal.code === "not_found" && known === undefined
	return (
		<Shell title={words.inbox.title}>
			<div class="inbox">
				<header class="request-bar">
					<a class="button quiet" href={INBOX}>
						<Icon name="arrow-left" />
						{words.inbox.toInbox}
					</a>
					<span class="spring" />
					{others.length > 0 && <span class="dim">{words.inbox.more(others.length)}</span>}
				</header>
				{isMissing ? (
					<Face icon="inbox" title={words.inbox.missingTitle} text={words.inbox.missing}>
						<Elsewhere />
					</Face>
				) : (
					<Here
						asked={
							known === undefined ? asked : { answer: { is: "loaded", value: { item: known } }, again: asked.again }
						}
					>
						{({ item }) => (
							<>
								<h1 class="unseen">{words.inbox.sessionAsks(item.sessionName, item.kind)}</h1>
								<AttentionCard item={item} isAlone />
								<dl class="facts request-facts">
									<div>
										<dt>{words.inbox.facts.asked}</dt>
										<dd>
											<When at={item.at} />
										</dd>
									</div>
									<div>
										<dt>{words.inbox.how}</dt>
										<dd>
											{words.inbox.sources[item.source]}
											{item.rule !== null && (
												<span class="dim"> {words.inbox.sure(item.rule, percent(item.confidence))}</span>
											)}
										</dd>
									</div>
								</dl>
							</>
						)}
					</Here>
				)}
			</div>
		</Shell>
	)
}
