// A request with enough around it to decide: the exact question, the command or change, where, and the ways to answer.
import { useEffect, useRef } from "preact/hooks"
import { type InboxItem, isAnsweredThere } from "../../protocol/attention.ts"
import { dismissRequest } from "../inbox.ts"
import { words } from "../messages.ts"
import { go, requestPath, sessionPath } from "../navigation.ts"
import { attempt } from "../run.ts"
import { isGoing } from "../shortcuts.ts"
import { may } from "../state.ts"
import { isOver } from "../waiting.ts"
import { Act } from "./act.tsx"
import { Options, Reply, SecretReply, useAnswer, useOptionKeys } from "./attention-answers.tsx"
import { KindMark, RiskMark } from "./attention-kind.tsx"
import { Deadline, Outcome } from "./attention-outcome.tsx"
import { Icon } from "./icon.tsx"
import { standingOf } from "./presence.tsx"
import { When } from "./when.tsx"

interface Props {
	item: InboxItem
	/** On a page of its own: everything is open, and keys go to it. */
	isAlone?: boolean
}

export function AttentionCard({ item, isAlone = false }: Props) {
	const card = useRef<HTMLElement>(null)
	const answering = useAnswer(item)
	const { armed, disarm, press } = useOptionKeys(item, answering)
	const { id, kind, machine, machineName, session, sessionName, runtime, cwd, state, takesText } = item
	useEffect(() => {
		if (isAlone) card.current?.focus({ preventScroll: true })
	}, [isAlone, id])
	const key = (event: KeyboardEvent) => {
		const isInField = event.target instanceof Element && event.target.closest("input, textarea, select") !== null
		if (event.defaultPrevented || isInField) {
			if (isInField && event.key === "Escape") card.current?.focus()
			return
		}
		if (press(event) || plainKey(event)) event.preventDefault()
	}
	const plainKey = (event: KeyboardEvent): boolean => {
		if (event.ctrlKey || event.metaKey || event.altKey || isGoing()) return false
		const reply = card.current?.querySelector<HTMLElement>("[data-reply]")
		if (event.key === "Enter" && event.target === card.current && !isAlone) go(requestPath(id))
		else if (event.key === "t") go(sessionPath(machine, session))
		else if (event.key === "r" && reply) reply.focus()
		else if (event.key === "x" && state.is === "open" && may("session:type")) void dismiss()
		else return false
		return true
	}
	const dismiss = () => attempt(() => dismissRequest(id))
	const isOpen = state.is === "open"
	const over = isOver(state)
	return (
		<article
			ref={card}
			class={`request ${kind} ${over ? "over" : ""}`}
			// biome-ignore lint/a11y/noNoninteractiveTabindex: one goes from request to request by keys.
			tabIndex={0}
			data-row
			data-request={id}
			aria-label={words.inbox.sessionAsks(sessionName, kind)}
			onKeyDown={key}
			onBlur={(event) => {
				if (!(event.relatedTarget instanceof Node && card.current?.contains(event.relatedTarget))) disarm()
			}}
		>
			<header class="request-head">
				<KindMark item={item} />
				<span class="request-whose">
					<a class="strong" href={sessionPath(machine, session)}>
						{sessionName}
					</a>
					<span class="dim">{runtime}</span>
					<span class="dim with-shape">
						<Icon name="server" />
						{machineName}
					</span>
				</span>
				<span class="spring" />
				<RiskMark item={item} />
				<span class="dim request-when">
					<When at={item.at} />
				</span>
			</header>
			{over && !isAlone ? null : <Question item={item} isAlone={isAlone} cwd={cwd} />}
			{isOpen && <MachineAway item={item} />}
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
					!(isOpen && answering.problem !== "") && <Outcome state={state} />
				)}
				<Deadline item={item} />
			</div>
			{!over && state.is !== "answered" && (
				<div class="request-answers">
					<Options item={item} answering={answering} armed={armed} hasKeys />
					{isAnsweredThere(item) && <p class="dim">{words.inbox.onlyThere}</p>}
					{kind === "secret" ? (
						<SecretReply item={item} answering={answering} />
					) : (
						takesText && <Reply item={item} answering={answering} />
					)}
				</div>
			)}
			<footer class="request-foot">
				<a
					class="button quiet"
					href={sessionPath(machine, session)}
					aria-label={words.inbox.openTerminalOf(sessionName)}
				>
					<Icon name="square-terminal" />
					{words.inbox.openTerminal}
				</a>
				{!isAlone && (
					<a class="button quiet" href={requestPath(id)} aria-label={words.inbox.openOf(sessionName)}>
						<Icon name="maximize" />
						{words.inbox.open}
					</a>
				)}
				{isOpen && (
					<Act may="session:type" class="quiet" title={words.inbox.dismissHint} onClick={() => void dismiss()}>
						<Icon name="x" />
						{words.inbox.dismiss}
					</Act>
				)}
			</footer>
		</article>
	)
}

function Question({ item, isAlone, cwd }: { item: InboxItem; isAlone: boolean; cwd: string }) {
	const { text, kind, subject, excerpt } = item
	return (
		<div class="request-question">
			<p class="question breaks">{text === "" ? words.inbox.noText[kind] : text}</p>
			{subject !== null && subject.text !== "" && (
				<figure class="subject">
					<figcaption class="unseen">{words.inbox.subject[subject.is]}</figcaption>
					<SubjectText is={subject.is} text={subject.text} />
					{!subject.isWhole && (
						<p class="note">
							<Icon name="triangle-alert" />
							{words.inbox.notWhole}
						</p>
					)}
				</figure>
			)}
			<p class="dim mono request-cwd breaks">{cwd}</p>
			{excerpt.length > 0 && (
				<details class="excerpt" open={isAlone || (subject === null && kind !== "idle")}>
					<summary>{words.inbox.excerpt}</summary>
					{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
					<pre tabIndex={0}>{excerpt.join("\n")}</pre>
				</details>
			)}
		</div>
	)
}

/** A change of files has its lines marked; a command stands as it is. */
function SubjectText({ is, text }: { is: "command" | "file" | "other"; text: string }) {
	const lines = text.split("\n")
	const isDiff = is === "file" && lines.some((line) => /^\s*(\d+\s+)?[+-]/.test(line))
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
		<pre class={isDiff ? "patch" : "command"} tabIndex={0}>
			{isDiff
				? lines.map((line, i) => (
						<span key={i} class={lineKind(line)}>
							{`${line}\n`}
						</span>
					))
				: text}
		</pre>
	)
}

/** As a patch has it, or as agents draw one, with the line's number before it. */
function lineKind(line: string): "added" | "removed" | "same" {
	const mark = /^\s*(?:\d+\s+)?([+-])/.exec(line)?.[1]
	return mark === "+" ? "added" : mark === "-" ? "removed" : "same"
}

function MachineAway({ item: { machine, machineName } }: { item: InboxItem }) {
	const stands = standingOf(machine).is
	if (stands !== "away" && stands !== "unproven") return null
	return (
		<p class="note">
			<Icon name="unplug" />
			{words.inbox.away(machineName)}
		</p>
	)
}
