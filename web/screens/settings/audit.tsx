// The audit trail: who did what, when, from where, with refusals too; newest first, searched by words.
import { useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import type { AuditEntry } from "../../../protocol/audit.ts"
import { REFUSALS } from "../../../protocol/errors.ts"
import { routePath } from "../../../protocol/routes.ts"
import { api, load } from "../../api.ts"
import { words } from "../../messages.ts"
import { changes, LOADING, type Loaded, machines } from "../../state.ts"
import { Face, Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { When } from "../../ui/when.tsx"
import { inWorkspace } from "../../workspace-choice.ts"
import { Head } from "./page.tsx"

const PAGE = 50
/** Typing pauses for so long before it is searched. */
const PAUSE_MS = 250

export function AuditSettings() {
	const text = useSignal("")
	const found = useSignal<Loaded<AuditEntry[]>>(LOADING)
	const hasMore = useSignal(false)
	/** How often it was asked: an older answer must not stand in a newer one's place. */
	const asked = useRef(0)
	const ask = async (before?: AuditEntry[]) => {
		const number = ++asked.current
		const oldest = before?.at(-1)?.sequence
		const query = { text: text.peek().trim(), limit: PAGE, ...(oldest !== undefined && { before: oldest }) }
		const answer = await load(api("listAudit", { query }))
		if (number !== asked.current || answer.is === "loading") return
		if (answer.is === "refused") {
			found.value = answer
			return
		}
		const { entries } = answer.value
		hasMore.value = entries.length === PAGE
		found.value = { is: "loaded", value: [...(before ?? []), ...entries] }
	}
	/** What has been written since, before what is here already. */
	const askNewer = async () => {
		const number = ++asked.current
		const answer = await load(api("listAudit", { query: { text: text.peek().trim(), limit: PAGE } }))
		const known = found.peek()
		if (number !== asked.current || answer.is !== "loaded" || known.is !== "loaded") return
		const newest = known.value[0]?.sequence ?? 0
		const newer = answer.value.entries.filter(({ sequence }) => sequence > newest)
		// More has been written than one page holds: what lies between is not here.
		const isWhole = newer.length < PAGE
		if (!isWhole) hasMore.value = true
		if (newer.length > 0) found.value = { is: "loaded", value: isWhole ? [...newer, ...known.value] : newer }
	}
	useEffect(() => {
		const pause = setTimeout(() => void ask(), found.peek().is === "loaded" ? PAUSE_MS : 0)
		return () => clearTimeout(pause)
	}, [text.value])
	useEffect(() => {
		if (found.peek().is === "loaded") void askNewer()
	}, [changes.value])
	return (
		<>
			<Head title={words.audit.title} about={words.audit.explain}>
				<input
					type="search"
					class="filter"
					data-filter
					placeholder={words.audit.search}
					aria-label={words.audit.search}
					maxLength={128}
					value={text.value}
					onInput={(event) => {
						text.value = event.currentTarget.value
					}}
				/>
				<a class="button" href={inWorkspace(routePath("exportAudit"))} download="homeport-audit.jsonl">
					<Icon name="download" />
					{words.audit.export}
				</a>
			</Head>
			<Here asked={{ answer: found.value, again: () => void ask() }} rows={8}>
				{(entries) =>
					entries.length === 0 ? (
						<Face icon="scroll-text" title={words.audit.none} text={words.audit.noneText} />
					) : (
						<>
							<ol class="rows trail">
								{entries.map((entry) => (
									<li key={entry.sequence}>
										<Entry entry={entry} />
									</li>
								))}
							</ol>
							{hasMore.value && (
								<button type="button" class="more-button" onClick={() => void ask(entries)}>
									{words.audit.more}
								</button>
							)}
						</>
					)
				}
			</Here>
		</>
	)
}

function Entry({ entry }: { entry: AuditEntry }) {
	const { sequence, at, actor, action, target, outcome, address, detail, hash } = entry
	const isDone = outcome === "done"
	const things = Object.entries({ ...target, ...detail }).filter(([, value]) => value !== null)
	return (
		<details class="entry">
			<summary>
				<span class={isDone ? "state running" : "state failed"}>
					<Icon name={isDone ? "circle-check" : "circle-x"} />
					{isDone ? words.audit.done : words.audit.refused(outcome)}
				</span>
				<strong>{nameOf(actor)}</strong>
				<span class="what">{words.audit.deeds[action] ?? action}</span>
				<span class="dim thing-of">{nameThings(entry)}</span>
				<span class="dim when">
					<When at={at} />
				</span>
			</summary>
			<dl class="facts">
				<dt>{words.audit.who}</dt>
				<dd>
					{words.audit.actors[actor.is]} <span class="mono">{actor.id}</span>
				</dd>
				<dt>{words.audit.action}</dt>
				<dd class="mono">{action}</dd>
				{things.map(([name, value]) => (
					<Fact key={name} name={name} value={value} />
				))}
				<dt>{words.audit.outcome}</dt>
				<dd>{isDone ? words.audit.done : sayOutcome(outcome)}</dd>
				<dt>{words.audit.from}</dt>
				<dd class="mono">{address ?? words.unknownAddress}</dd>
				<dt>{words.audit.sequence}</dt>
				<dd>{sequence}</dd>
				<dt>{words.audit.hash}</dt>
				<dd class="mono breaks">{hash}</dd>
			</dl>
		</details>
	)
}

function Fact({ name, value }: { name: string; value: unknown }) {
	return (
		<>
			<dt>{name}</dt>
			<dd class="mono breaks">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
		</>
	)
}

function nameOf({ is, id, name }: AuditEntry["actor"]): string {
	if (is === "rule") return id === "deadline" ? words.inbox.byDeadline : words.inbox.byRule(id)
	return name === "" ? words.audit.actors[is] : name
}

/** Machines by the names that they have now; what is known by its id only, by that. */
function nameThings({ target, detail }: AuditEntry): string {
	const known = machines.value.is === "loaded" ? machines.value.value : []
	const named = Object.values(target).map((id) => known.find((machine) => machine.id === id)?.name ?? id)
	return [...named, typeof detail.name === "string" ? detail.name : ""].join(" ")
}

function sayOutcome(code: string): string {
	return code in REFUSALS ? words.refusals[code as keyof typeof REFUSALS] : code
}
