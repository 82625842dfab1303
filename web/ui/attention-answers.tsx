// The ways to answer a request: its options by label, words, or a secret that is kept nowhere.
import { useSignal } from "@preact/signals"
import { useEffect, useId, useRef } from "preact/hooks"
import { ANSWER_CHARS, type Choice, type InboxItem, type Option } from "../../protocol/attention.ts"
import { answerRequest } from "../inbox.ts"
import { words } from "../messages.ts"
import { forbidden } from "../permission.ts"
import { useRun } from "../run.ts"
import { isGoing } from "../shortcuts.ts"
import { isGrave } from "../waiting.ts"
import { Act } from "./act.tsx"
import { Icon } from "./icon.tsx"

interface Answering {
	/** What is on its way from here; null for a secret. */
	sent: string | null
	isPending: boolean
	problem: string
	answer: (choice: Choice) => Promise<boolean>
}

export function useAnswer(item: InboxItem): Answering {
	const choice = useRef<Choice>(undefined)
	const { isPending, problem, run } = useRun(() => {
		if (choice.current === undefined) throw new Error("invariant: there is an answer to send")
		return answerRequest(item.id, choice.current)
	})
	const answer = async (chosen: Choice) => {
		choice.current = chosen
		const isDone = await run()
		// Words of a secret stay nowhere.
		choice.current = undefined
		return isDone
	}
	const said = choice.current
	return {
		sent:
			item.kind === "secret" || said === undefined
				? null
				: said.is === "option"
					? said.label
					: said.text || words.inbox.replyEmpty,
		isPending,
		problem,
		answer,
	}
}

/** Which option waits for its key to be pressed again, before it does lasting harm. */
export function useOptionKeys(item: InboxItem, { isPending, answer }: Answering) {
	const armed = useSignal<number | null>(null)
	const isOpen = item.state.is === "open"
	useEffect(() => {
		if (!isOpen) armed.value = null
	}, [isOpen])
	/** True where the key was one of these. */
	const press = (event: KeyboardEvent): boolean => {
		if (!isOpen || isPending || isGoing() || forbidden("session:type") !== undefined) return false
		if (event.key === "Escape" && armed.value !== null) {
			armed.value = null
			return true
		}
		const index = Number(event.key) - 1
		const option = /^[1-9]$/.test(event.key) ? item.options[index] : undefined
		if (option === undefined || event.ctrlKey || event.metaKey || event.altKey) return false
		// A key that is held down answers nothing.
		if (event.repeat) return true
		if (isGrave(item, option.means) && armed.value !== index) armed.value = index
		else {
			armed.value = null
			void answer({ is: "option", label: option.label })
		}
		return true
	}
	return { armed: armed.value, disarm: () => (armed.value = null), press }
}

interface OptionsProps {
	item: InboxItem
	answering: Answering
	armed: number | null
	/** Whether its number chooses an option. */
	hasKeys: boolean
}

export function Options({ item, answering: { isPending, answer }, armed, hasKeys }: OptionsProps) {
	if (item.options.length === 0) return null
	const why = armed === null ? undefined : item.options[armed]
	return (
		<fieldset class="answers">
			<legend class="unseen">{words.inbox.options}</legend>
			{item.options.map((option, i) => (
				<Act
					key={option.label}
					may="session:type"
					class={`${looks(item, option)} ${armed === i ? "armed" : ""}`}
					disabled={isPending || item.state.is !== "open"}
					onClick={() => void answer({ is: "option", label: option.label })}
				>
					{hasKeys && i < 9 && (
						<span class="option-key fine-only" aria-hidden="true">
							{i + 1}
						</span>
					)}
					<span class="answer-label">{option.label}</span>
				</Act>
			))}
			<span role="status" class="armed-note">
				{why && words.inbox.again(why.label)}
			</span>
		</fieldset>
	)
}

function looks(item: InboxItem, { means }: Option): string {
	if (isGrave(item, means)) return "danger"
	return means === "yes" ? "primary" : ""
}

/** A line that grows; Enter sends it. */
export function Reply({ item, answering: { isPending, answer } }: { item: InboxItem; answering: Answering }) {
	const id = useId()
	const text = useSignal("")
	const why = forbidden("session:type")
	const cannot = isPending || item.state.is !== "open" || text.value.trim() === ""
	const send = async () => {
		if (!cannot && (await answer({ is: "text", text: text.value }))) text.value = ""
	}
	const label =
		item.kind === "idle" ? words.inbox.replyIdle : item.options.length > 0 ? words.inbox.replyOr : words.inbox.reply
	return (
		<form
			class="reply"
			onSubmit={(event) => {
				event.preventDefault()
				void send()
			}}
		>
			<label for={id}>{label}</label>
			<div class="reply-line">
				<textarea
					id={id}
					data-reply
					rows={1}
					maxLength={ANSWER_CHARS}
					disabled={why !== undefined || item.state.is !== "open"}
					title={why}
					value={text.value}
					onInput={(event) => {
						text.value = event.currentTarget.value
					}}
					onKeyDown={(event) => {
						if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
						event.preventDefault()
						void send()
					}}
				/>
				<Act may="session:type" type="submit" disabled={cannot} aria-busy={isPending}>
					<Icon name="corner-down-left" />
					{words.inbox.send}
				</Act>
				{item.kind === "question" && text.value === "" && (
					<Act
						may="session:type"
						class="quiet"
						disabled={isPending || item.state.is !== "open"}
						title={words.inbox.replyEmptyHint}
						onClick={() => void answer({ is: "text", text: "" })}
					>
						{words.inbox.replyEmpty}
					</Act>
				)}
			</div>
		</form>
	)
}

/** The field's own value is all there is of it, and is gone as it is sent. */
export function SecretReply({ item, answering: { isPending, answer } }: { item: InboxItem; answering: Answering }) {
	const id = useId()
	const field = useRef<HTMLInputElement>(null)
	const isShown = useSignal(false)
	const isClosed = isPending || item.state.is !== "open"
	const why = forbidden("session:type")
	const clear = () => {
		if (field.current !== null) field.current.value = ""
	}
	useEffect(() => {
		if (item.state.is !== "open") clear()
	}, [item.state.is])
	return (
		<form
			class="reply"
			onSubmit={(event) => {
				event.preventDefault()
				const text = field.current?.value ?? ""
				clear()
				isShown.value = false
				if (text !== "" && !isClosed) void answer({ is: "text", text })
			}}
		>
			<label for={id}>{words.inbox.secret}</label>
			<div class="reply-line">
				<input
					{...SHOWN[isShown.value ? "text" : "password"]}
					ref={field}
					id={id}
					data-reply
					class="mono"
					required
					maxLength={ANSWER_CHARS}
					// A browser offers to keep what it takes for a password of this site.
					autocomplete="new-password"
					autocapitalize="off"
					spellcheck={false}
					disabled={why !== undefined || isClosed}
					title={why}
					aria-describedby={`${id}-hint`}
				/>
				<Act may="session:type" type="submit" class="primary" disabled={isClosed} aria-busy={isPending}>
					<Icon name="corner-down-left" />
					{words.inbox.send}
				</Act>
			</div>
			<small id={`${id}-hint`} class="dim">
				{words.inbox.secretHint}
			</small>
			<label class="check">
				<input
					type="checkbox"
					checked={isShown.value}
					onChange={(event) => {
						isShown.value = event.currentTarget.checked
					}}
				/>
				{words.inbox.reveal}
			</label>
		</form>
	)
}

const SHOWN = { text: { type: "text" }, password: { type: "password" } } as const
