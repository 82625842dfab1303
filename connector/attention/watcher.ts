// What one session waits for a person for, from its agent's events, its terminal's signals and its screen, in this order
// of trust. It decides, and is told everything: the time, too.
import type { Attention, GoneBecause, Subject } from "../../protocol/attention.ts"
import { newRequestId, type RequestId, type SessionId } from "../../protocol/ids.ts"
import type { Signal } from "../holder/signals.ts"
import type { Shown } from "../holder/wire.ts"
import { type AgentEvent, readEvent, readNotification } from "./agent-event.ts"
import { classify } from "./classify/classify.ts"
import type { Found, Verdict } from "./classify/verdict.ts"
import { Progress } from "./progress.ts"
import { agreed, bounded, printOf, type Request } from "./request.ts"

/** What may be open at once, one of each: what the screen asks for; that the agent is done or gets nowhere. */
const PLACES = ["prompt", "rest"] as const
type Place = (typeof PLACES)[number]

export interface About {
	session: SessionId
	run: number
	/** Null for one that nobody has rules for. */
	runtime: string | null
	/** A profile's own expressions. */
	waits: readonly RegExp[]
	/** By which its agent's events are known; null where it has none. */
	word: string | null
}

/** What is open, by its place, and the notices that were given in so many words, the oldest first. */
export type Open = { [P in Place]?: Request | undefined } & { notices?: Request[] }

interface Options {
	about: About
	/** What was open when an earlier process watched, and what it knew of as dealt with. */
	open?: Open
	dealt?: Dealt | null
	/** Something was raised, has changed, or is over. */
	changed: () => void
	ended: (id: RequestId, because: GoneBecause, at: number) => void
}

/** A menu is drawn at the same time as its event is given; what is not on the screen by then cannot be answered there. */
const SHOWN_WITHIN_MS = 1_500
/** An event for which no menu has come is about something else by then. */
const EVENT_KEPT_MS = 10_000
/** What is still on the screen so long after somebody's last key was left standing. */
const LEFT_STANDING_MS = 30_000
/** What is still on the screen so long after an answer did not take it. */
const NOT_TAKEN_MS = 5_000
/** A notice that nobody has looked at so long. */
const NOTICE_MS = 24 * 60 * 60 * 1_000
/** A prompt that goes away so soon after somebody's key was answered by it. */
const ANSWERED_BY_KEY_MS = 3_000
/** So many prompts may come and go unanswered within a minute; each after that must stand twice as long to be told. */
const FLEETING_MS = 60_000
const MOST_FLEETING = 4
const STANDS_MS = 1_000
const STANDS_MOST_MS = 8_000
/** A bell so soon after a key is about that key. */
const BELL_AFTER_MS = 10_000
const MOST_EVENTS = 8
const MOST_NOTICES = 8
const CONFIDENCE = { hook: 1, signal: 0.9, screen: 0.7 }

/** A prompt that is dealt with and may still be on the screen: it counts as new after `until`, null for never. */
export interface Dealt {
	print: string
	until: number | null
}

type Said = Partial<Attention> & Pick<Attention, "kind" | "text" | "source" | "confidence">
type Asks = Extract<AgentEvent, { is: "asks" }>

/** What is to be told if the screen does not tell more by `at`. */
interface Hint {
	place: "prompt" | "notice"
	kind: Attention["kind"]
	text: string
	source: "hook" | "signal"
	at: number
}

export class Watcher {
	readonly about: About
	readonly #options: Options
	readonly #open: { [P in Place]?: Request | undefined }
	#notices: readonly Request[]
	readonly #progress = new Progress()
	#verdict: Verdict = { is: "nothing", isWorking: false }
	/** What was read last, so that it is read once. */
	#read: { shown: Shown; verdict: Verdict } | null = null
	#hasSeen = false
	#dealt: Dealt | null
	/** Leave that was asked for by events and not found on the screen yet. */
	#asks: { event: Asks; at: number; isUnseen: boolean; isOld: boolean }[] = []
	/** What lately over prompts were about: an event that comes too late for one is about that one. */
	#over: { subject: Subject; at: number }[] = []
	#hint: Hint | null = null
	/** It has worked since it last rested, so that it can be done. */
	#hasWorked = false
	#typedAt = Number.NEGATIVE_INFINITY
	/** When prompts went away without an answer. */
	#fleeting: number[] = []
	/** What the screen asks for and is not told yet: it may be gone in a moment, as those before it. */
	#standing: { print: string; until: number } | null = null

	constructor(options: Options) {
		this.#options = options
		this.about = options.about
		const { notices = [], ...open } = options.open ?? {}
		this.#open = open
		this.#notices = notices
		this.#dealt = options.dealt ?? null
	}

	get open(): readonly Request[] {
		return [...PLACES.flatMap((place) => this.#open[place] ?? []), ...this.#notices]
	}

	/** For keeping. */
	get places(): Open & Required<Pick<Open, "notices">> {
		return { ...this.#open, notices: [...this.#notices] }
	}

	get dealt(): Dealt | null {
		return this.#dealt
	}

	/** What the screen said last. */
	get verdict(): Verdict {
		return this.#verdict
	}

	/** Of what the screen asks for now; null where it asks for nothing. */
	get print(): string | null {
		return this.#verdict.is === "request" ? printOf(this.#verdict) : null
	}

	/** When `tick` is to be called next; null for never. */
	get due(): number | null {
		const times = [
			this.#hint?.at ?? null,
			this.#standing?.until ?? null,
			(this.#hasSeen ? this.#dealt?.until : null) ?? null,
			...(this.#open.prompt === undefined ? this.#asks : []).map(
				({ at, isUnseen }) => at + (isUnseen ? EVENT_KEPT_MS : SHOWN_WITHIN_MS),
			),
			...this.#notices.map(({ attention }) => attention.at + NOTICE_MS),
		].filter((time) => time !== null)
		return times.length === 0 ? null : Math.min(...times)
	}

	/** What the screen says, and nothing else. */
	read(shown: Shown): Verdict {
		const { runtime, waits } = this.about
		if (this.#read?.shown !== shown) this.#read = { shown, verdict: classify(shown, runtime, waits) }
		return this.#read.verdict
	}

	/** The screen as it is now; `hides`: its terminal does not show what is typed. Answers what it says. */
	shown(shown: Shown, now: number, hides = false): Verdict {
		this.#hasSeen = true
		const verdict = this.read(shown)
		this.#verdict = hides && asksWords(verdict) ? { ...verdict, kind: "secret" } : verdict
		const isWorking = this.#verdict.is === "nothing" && this.#verdict.isWorking
		const isAtWork = isWorking && !this.#hasJustRested(now)
		if (isAtWork) this.#hasWorked = true
		this.#judge(now)
		if (this.#progress.isStuck(shown, isWorking, now))
			this.#rest("stuck", "It has shown no progress for a quarter of an hour.", "screen", now)
		else if (isAtWork && !this.#progress.isKnown) this.#end("rest", "moved", now)
		return this.#verdict
	}

	/** Agents tell that they are done while their screens still show for a moment that they work. */
	#hasJustRested(now: number): boolean {
		const told = this.#open.rest?.attention
		return told?.kind === "idle" && told.source !== "screen" && now - told.at < SHOWN_WITHIN_MS
	}

	/** Somebody types who does not answer by this process. */
	typed(now: number): void {
		this.#typedAt = now
		this.#hint = null
		const { prompt } = this.#open
		// A key need not answer: what is shown after it tells, but of words that are not shown.
		const isKept = prompt !== undefined && prompt.print !== null && prompt.attention.kind !== "secret"
		if (prompt?.print != null && !isKept) this.#dealt = { print: prompt.print, until: now + LEFT_STANDING_MS }
		else if (this.#dealt?.until != null) this.#dealt = { ...this.#dealt, until: now + LEFT_STANDING_MS }
		for (const place of PLACES) if (place !== "prompt" || !isKept) this.#end(place, "input", now)
		this.#endNotices("input", now)
	}

	/** `ago`: milliseconds since it was given; nobody may have listened then. */
	signal(signal: Signal, now: number, ago = 0): void {
		const isOld = ago > SHOWN_WITHIN_MS
		if (signal.is === "event") {
			const event = readEvent(signal.from, signal.event, this.about.word)
			if (event !== null) this.#event(event, now, isOld, "hook")
			return
		}
		const event = signal.is === "notification" ? readNotification(this.about.runtime, signal.text) : null
		if (event !== null) return this.#event(event, now, isOld, "signal")
		if (isOld || this.#open.prompt !== undefined || this.#open.rest !== undefined) return
		const text = signal.is === "bell" ? this.#rung(now) : signal.text
		if (text === null) return
		this.#hint ??= { place: "notice", kind: "idle", text, source: "signal", at: now + SHOWN_WITHIN_MS }
	}

	/** The program has ended, or another run of it begins. */
	exited(now: number): void {
		for (const place of PLACES) this.#end(place, "exited", now)
		this.#endNotices("exited", now)
		this.#verdict = { is: "nothing", isWorking: false }
		this.#undealt()
		this.#standing = null
		this.#hint = null
		this.#asks = []
		this.#hasWorked = false
	}

	/** Answers whether there was such a request. */
	dismissed(id: RequestId, now: number): boolean {
		const place = PLACES.find((place) => this.#open[place]?.attention.id === id)
		if (place === undefined) return this.#endNotices("dismissed", now, (notice) => notice.attention.id === id)
		const print = this.#open[place]?.print
		if (place === "prompt" && print != null) this.#dealt = { print, until: null }
		this.#end(place, "dismissed", now)
		return true
	}

	/** Its answer was typed: it is over, and whoever asked for that is told by the answer. */
	answered(id: RequestId, now: number): void {
		const place = PLACES.find((place) => this.#open[place]?.attention.id === id)
		if (place === undefined) return
		const print = this.#open[place]?.print
		if (place === "prompt") {
			if (print != null) this.#dealt = { print, until: now + NOT_TAKEN_MS }
			this.#hasWorked = true
		}
		this.#forget(place, now)
		this.#options.changed()
	}

	/** Whoever says something wants somebody to come. */
	notice(text: string, now: number): void {
		this.#noticed({ kind: "question", text, source: "hook", confidence: 1 }, now)
	}

	/** The time that `due` said has come. */
	tick(now: number): void {
		// Those that stand behind what is shown wait for their turn.
		if (this.#open.prompt === undefined)
			this.#asks = this.#asks
				.filter(({ at }) => at + EVENT_KEPT_MS > now)
				.map((asks) => ({ ...asks, isUnseen: asks.isUnseen || asks.at + SHOWN_WITHIN_MS <= now }))
		const hint = this.#hint
		if (hint !== null && hint.at <= now) {
			this.#hint = null
			this.#hinted(hint, now)
		}
		this.#endNotices("expired", now, ({ attention }) => attention.at + NOTICE_MS <= now)
		this.#judge(now)
	}

	#judge(now: number): void {
		const verdict = this.#verdict
		if (verdict.is === "request" && verdict.kind !== "idle") return this.#asked(verdict, now)
		this.#standing = null
		if (this.#hasSeen) this.#undealt()
		const { prompt } = this.#open
		const isAtWork = verdict.is === "nothing" && verdict.isWorking
		// One that is known by an event alone is over when the agent goes on.
		if (this.#hasSeen && prompt !== undefined && (prompt.print !== null || isAtWork || verdict.is === "request"))
			this.#end("prompt", "moved", now)
		this.#askedUnseen(now)
		if (verdict.is === "request") this.#restShown(verdict, now)
		else if (this.#open.rest?.attention.source === "screen" && this.#open.rest.attention.kind === "idle")
			this.#end("rest", "moved", now)
	}

	/** Whether it has been there for as long as it must to be told. */
	#stands(print: string, now: number): boolean {
		this.#fleeting = this.#fleeting.filter((at) => at + FLEETING_MS > now)
		const more = this.#fleeting.length - MOST_FLEETING
		const wait = more < 0 ? 0 : Math.min(STANDS_MS * 2 ** more, STANDS_MOST_MS)
		this.#standing ??= { print, until: now + wait }
		if (now < this.#standing.until) return false
		this.#standing = null
		return true
	}

	/** What was dealt with is not on the screen any more: the same again is another. */
	#undealt(): void {
		if (this.#dealt === null) return
		this.#dealt = null
		// What is kept of it is as old.
		this.#options.changed()
	}

	/** The screen asks for something. */
	#asked(found: Found, now: number): void {
		const print = printOf(found)
		if (this.#standing?.print !== print) this.#standing = null
		const { prompt } = this.#open
		if (prompt !== undefined && (prompt.print === null || prompt.print === print))
			return this.#upgrade(prompt, found, now)
		this.#end("prompt", "moved", now)
		if (this.#dealt?.print === print) {
			if (this.#dealt.until === null || now < this.#dealt.until) return
		}
		if (!this.#stands(print, now)) return
		this.#dealt = null
		this.#hint = null
		this.#end("rest", "moved", now)
		this.#hasWorked = true
		this.#raise("prompt", { ...this.#asScreen(found), ...this.#said(found) }, print, now)
	}

	/** What is known of it already, and what the screen or an event adds. */
	#upgrade(prompt: Request, found: Found, now: number): void {
		const isFirst = prompt.print === null
		const said = this.#said(found)
		if (said === null && !isFirst) return
		// The screen asks for something else than the event did.
		if (said === null && prompt.attention.subject !== null) {
			this.#end("prompt", "moved", now)
			return this.#asked(found, now)
		}
		const { text } = prompt.attention
		const screen = this.#asScreen(found)
		const attention = { ...prompt.attention, ...screen, ...(screen.text === "" ? { text } : {}), ...said }
		this.#open.prompt = { attention: bounded(attention), print: printOf(found) }
		this.#options.changed()
	}

	#asScreen({ kind, text, subject, options, takesText, rule, confidence, excerpt }: Found) {
		return { kind, text, subject, options, takesText, rule, confidence, excerpt, source: "screen" as const }
	}

	/** What an event has said of this very prompt; it is used up. */
	#said(found: Found): Pick<Attention, "subject" | "source" | "confidence"> | null {
		const all = this.#asks.flatMap(({ event }, index) => {
			const subject = event.subject === null ? null : agreed(event.subject, found.subject, event.beside)
			return subject === null ? [] : [{ subject, index }]
		})
		const [first, ...others] = all
		if (first === undefined) return null
		this.#asks.splice(first.index, 1)
		// Of several that could be meant none is surely the one.
		const isSure = others.every(({ subject }) => subject.text === first.subject.text)
		const subject = isSure ? first.subject : { ...first.subject, isWhole: false }
		return { subject, source: "hook", confidence: 1 }
	}

	/** Leave that an event asks for, and no menu shows. */
	#askedUnseen(now: number): void {
		if (this.#open.prompt !== undefined) return
		const unseen = this.#asks.find(({ isUnseen, isOld }) => isUnseen && !isOld)
		if (unseen === undefined) return
		// Its menu may still come.
		unseen.isOld = true
		// An agent that goes on has had its answer.
		if (this.#verdict.is === "nothing" && this.#verdict.isWorking) return
		const { text, subject } = unseen.event
		this.#raise("prompt", { kind: "approval", text, subject, source: "hook", confidence: 1 }, null, now)
	}

	/** `isOld`: of what it asked for then, only what the screen shows counts. */
	#event(event: AgentEvent, now: number, isOld: boolean, source: "hook" | "signal"): void {
		switch (event.is) {
			case "asks": {
				this.#over = this.#over.filter(({ at }) => at + EVENT_KEPT_MS > now)
				const { subject } = event
				const late = this.#over.findIndex(
					(over) => subject !== null && agreed(subject, over.subject, event.beside) !== null,
				)
				if (late !== -1) return void this.#over.splice(late, 1)
				this.#asks = [...this.#asks, { event, at: now, isUnseen: false, isOld }].slice(-MOST_EVENTS)
				this.#hasWorked = true
				return this.#judge(now)
			}
			case "waits":
				if (isOld || this.#open.prompt !== undefined || this.#dealt !== null) return
				this.#hint = { place: "prompt", kind: event.kind, text: event.text, source, at: now + SHOWN_WITHIN_MS }
				return
			case "works":
				this.#hasWorked = true
				this.#asks = []
				this.#over = []
				this.#hint = null
				return this.#end("rest", "moved", now)
			case "rests":
				// Who asks on its screen is not done: some part of it is.
				if (this.#open.prompt?.print != null) return
				this.#asks = []
				if (this.#open.prompt?.print === null) this.#end("prompt", "moved", now)
				if (event.isNews || this.#hasWorked || this.#open.rest !== undefined)
					this.#rest("idle", event.text, source, now)
				return
			case "fails":
				this.#asks = []
				return this.#rest("stuck", event.text, source, now)
			case "notice":
				return this.notice(event.text, now)
		}
	}

	/** It says or shows that it is done, or gets nowhere. */
	#rest(kind: "idle" | "stuck", text: string, source: Attention["source"], now: number): void {
		this.#hasWorked = false
		this.#hint = null
		const { rest } = this.#open
		if (rest !== undefined && rest.attention.kind === kind) {
			if (rest.attention.source !== "screen" || source === "screen") return
			const attention = bounded({
				...rest.attention,
				text: text || rest.attention.text,
				source,
				confidence: CONFIDENCE[source],
			})
			this.#open.rest = { ...rest, attention }
			return this.#options.changed()
		}
		this.#end("rest", "moved", now)
		const words = text.trim() === "" ? "It is done and waits for work." : text
		this.#raise("rest", { kind, text: words, source, confidence: CONFIDENCE[source] }, null, now)
		const verdict = this.#verdict
		if (verdict.is === "request" && verdict.kind === "idle") this.#restShown(verdict, now)
	}

	/** The screen shows that it waits for work, and by which words it takes that. */
	#restShown(found: Found, now: number): void {
		const { rest } = this.#open
		if (rest === undefined) {
			if (!this.#hasWorked) return
			this.#hasWorked = false
			return this.#raise("rest", this.#asScreen(found), printOf(found), now)
		}
		if (rest.print !== null) return
		const { options, takesText, rule, excerpt } = found
		const attention = bounded({ ...rest.attention, options, takesText, rule, excerpt })
		this.#open.rest = { attention, print: printOf(found) }
		this.#options.changed()
	}

	/** The screen has not told more of it. */
	#hinted({ place, kind, text, source }: Hint, now: number): void {
		if (this.#open.prompt !== undefined || (place === "notice" && this.#open.rest !== undefined)) return
		const said = { kind, text, source, confidence: CONFIDENCE[source] / 2 }
		if (place === "notice") this.#noticed(said, now)
		else this.#raise(place, said, null, now)
	}

	/** What a bell says: nothing, but of an agent whose screen nobody understands. */
	#rung(now: number): string | null {
		const isAgent = this.about.runtime !== null && this.about.runtime !== "shell"
		if (!isAgent || this.#verdict.is !== "unknown" || now - this.#typedAt < BELL_AFTER_MS) return null
		return "It rang the bell."
	}

	#raise(place: Place, said: Said, print: string | null, now: number): void {
		this.#open[place] = { attention: this.#attention(said, now), print }
		this.#options.changed()
	}

	/** Of more than a person reads, the oldest have had their time, and so has one that is said again in the same words. */
	#noticed(said: Said, now: number): void {
		this.#endNotices("expired", now, ({ attention }) => attention.text === said.text)
		const [oldest] = this.#notices
		if (this.#notices.length >= MOST_NOTICES) this.#endNotices("expired", now, (notice) => notice === oldest)
		this.#notices = [...this.#notices, { attention: this.#attention(said, now), print: null }]
		this.#options.changed()
	}

	#attention(said: Said, now: number): Attention {
		const { session, run } = this.about
		const blank = { subject: null, options: [], takesText: false, rule: null, excerpt: [] }
		return bounded({ ...blank, ...said, id: newRequestId(), session, run, at: Math.max(0, Math.round(now)) })
	}

	/** Answers whether there were such. */
	#endNotices(because: GoneBecause, now: number, which: (notice: Request) => boolean = () => true): boolean {
		const over = this.#notices.filter(which)
		if (over.length === 0) return false
		this.#notices = this.#notices.filter((notice) => !over.includes(notice))
		for (const { attention } of over) this.#options.ended(attention.id, because, Math.max(0, Math.round(now)))
		this.#options.changed()
		return true
	}

	#end(place: Place, because: GoneBecause, now: number): void {
		const request = this.#open[place]
		if (request === undefined) return
		const isByKey = place === "prompt" && because === "moved" && now - this.#typedAt < ANSWERED_BY_KEY_MS
		if (place === "prompt" && because === "moved" && !isByKey)
			this.#fleeting = [...this.#fleeting, now].slice(-MOST_EVENTS)
		this.#forget(place, now)
		this.#options.ended(request.attention.id, isByKey ? "input" : because, Math.max(0, Math.round(now)))
		this.#options.changed()
	}

	#forget(place: Place, now: number): void {
		const subject = this.#open[place]?.attention.subject ?? null
		if (place === "prompt" && subject !== null) this.#over = [...this.#over, { subject, at: now }].slice(-MOST_EVENTS)
		delete this.#open[place]
		// What stood behind it comes next.
		if (place === "prompt") this.#asks = this.#asks.map((asks) => ({ ...asks, at: now, isUnseen: false }))
	}
}

/** Whether it depends on the terminal if this asks for a secret: what one asks for in words of its own, nobody knows. */
export function asksWords(verdict: Verdict): verdict is Found {
	return verdict.is === "request" && verdict.kind === "question" && verdict.takesText
}
