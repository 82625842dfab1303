// A request as a message in a chat: what is asked, its answers as buttons, and what came of it.
import { riskOfAnswer } from "../../durable-objects/inbox/risk.ts"
import { type Choice, type InboxItem, isAnsweredThere, type Option } from "../../protocol/attention.ts"
import type { DestinationSettings } from "../../protocol/channel.ts"
import type { RequestId } from "../../protocol/ids.ts"
import type { Policy } from "../../protocol/policy.ts"
import { maskTokens } from "../../protocol/token-shapes.ts"
import type { Block, Button, Message } from "./provider.ts"
import { cut } from "./split.ts"
import { timeText, WORDS, type Words } from "./words/words.ts"

interface Of {
	item: InboxItem
	settings: DestinationSettings
	/** What this channel may answer. */
	mayAnswer: Policy["mayAnswer"]["telegram"]
	/** Where the console is; null where that is not known. */
	origin: string | null
	because?: "raised" | "reminded" | "escalated" | "changed"
}

export function requestMessage({ item, settings, mayAnswer, origin, because = "raised" }: Of): Message {
	const words = WORDS[settings.language]
	const { state } = item
	const isOpen = state.is === "open"
	const link = origin === null ? null : `${origin}/inbox/${item.id}`
	const heading = headingOf(item, words)
	if (!settings.showsContent)
		return {
			blocks: isOpen
				? [text(words.waiting), text(words.openConsole(link))]
				: [text(state.is === "answering" ? words.answering(state.by.name) : words.over)],
			buttons: [],
		}
	const asked: Block[] = [
		{ is: "heading", text: heading },
		...(item.text === "" ? [] : [text(cut(shown(item.text), TEXT_CHARS))]),
		...(item.subject === null || item.subject.text === ""
			? []
			: [{ is: "code" as const, text: cut(shown(item.subject.text), SUBJECT_CHARS) }]),
	]
	if (!isOpen) return { blocks: [...asked, ...outcome(item, words).map(text)], buttons: [] }
	const mayAs = (choice: Choice) => mayBeAnswered(item, choice, mayAnswer)
	const buttons = answerButtons(item, (option) => mayAs({ is: "option", label: option.label }))
	const takesWords = item.takesText && mayAs({ is: "text", text: "" })
	const isThere = item.kind === "secret" || isAnsweredThere(item)
	const isLess = isThere || buttons.length < item.options.length || takesWords !== item.takesText
	const notes = [
		...(because === "reminded" ? [words.reminded] : []),
		...(because === "escalated" ? [words.escalated] : []),
		...(takesWords ? [words.replyWithWords] : []),
		...(isLess ? [buttons.length > 0 ? words.restInConsole : words.inConsole, ...(link === null ? [] : [link])] : []),
		...(item.deadline === null ? [] : [words.deadline(timeText(item.deadline))]),
	]
	return {
		blocks: [...asked, ...notes.map(text)],
		buttons: [...buttons, { label: words.screenButton, data: `s:${item.machine}:${item.session}` }],
	}
}

/** What an old message says when the same is asked again further down. */
export function remindedMessage(item: InboxItem, settings: DestinationSettings): Message {
	const words = WORDS[settings.language]
	const heading: Block[] = settings.showsContent ? [{ is: "heading", text: headingOf(item, words) }] : []
	return { blocks: [...heading, text(words.remindedBelow)], buttons: [], isQuiet: true }
}

export function headingOf({ kind, sessionName, machineName }: InboxItem, words: Words): string {
	return `${words.kinds[kind]} · ${shown(sessionName)} @ ${shown(machineName)}`
}

/** Whether the policy lets this be said here: the inbox asks the same when it is. */
function mayBeAnswered(item: InboxItem, choice: Choice, mayAnswer: Of["mayAnswer"]): boolean {
	if (item.kind === "secret" || mayAnswer === "nothing") return false
	return mayAnswer === "high" || riskOfAnswer(item, choice) === "low"
}

/** A button names the option by its place, and proves by a part of its hash that it is still that one. */
function answerButtons({ id, options }: InboxItem, mayBe: (option: Option) => boolean): Button[] {
	return options
		.slice(0, BUTTONS)
		.flatMap((option, at) =>
			mayBe(option)
				? [{ label: cut(shown(option.label), LABEL_CHARS), data: `a:${id}:${at}:${fingerprint(option)}` }]
				: [],
		)
}

/** The option that a button meant; undefined where it is another one by now, or was none of ours. */
export function pressedOption(item: InboxItem, place: string, mark: string): Option | undefined {
	const option = item.options[Number(place)]
	return option !== undefined && fingerprint(option) === mark ? option : undefined
}

/** `a:REQUEST:PLACE:MARK` */
export const ANSWER_DATA = /^a:(req_[0-9a-f]{20}):(\d{1,2}):([0-9a-z]{1,7})$/
export type AnswerData = [whole: string, request: RequestId, place: string, mark: string]

/** FNV-1a: it tells two options of one request apart, and proves nothing. */
function fingerprint({ label, means }: Option): string {
	let hash = 0x811c9dc5
	for (const byte of new TextEncoder().encode(`${means} ${label}`)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
	return hash.toString(36)
}

function outcome({ state }: InboxItem, words: Words): string[] {
	switch (state.is) {
		case "open":
			return []
		case "answering":
			return [words.answering(shown(state.by.name))]
		case "answered": {
			const { by, answer, isConfirmed } = state
			// Enter alone has no words.
			const said = answer === null || answer === "" ? null : cut(shown(answer), LABEL_CHARS)
			return [words.answered(shown(by.name), words.vias[by.via], said), ...(isConfirmed ? [] : [words.unconfirmed])]
		}
		case "gone":
			return [words.gone[state.because]]
	}
}

/** As a chat may have it: without tokens, and without what steers a screen or turns text around. */
export function shown(said: string): string {
	return maskTokens(said).replace(/[^\P{C}\n\t\u200d]/gu, "")
}

function text(said: string): Block {
	return { is: "text", text: said }
}

const TEXT_CHARS = 900
const SUBJECT_CHARS = 2_400
const LABEL_CHARS = 200
/** More than that nobody reads as buttons; the console has them all. */
const BUTTONS = 10
