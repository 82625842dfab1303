// All that waits for a person on this machine: a watcher a session, the report of it all, and the answers to it.
import type { Answered, Asked } from "../../protocol/ask.ts"
import type { Attention, AttentionReport } from "../../protocol/attention.ts"
import { REQUESTS_PER_MACHINE } from "../../protocol/attention.ts"
import { Refusal } from "../../protocol/errors.ts"
import { newClaimId, type SessionId } from "../../protocol/ids.ts"
import { MESSAGE_BYTES } from "../../protocol/limits.ts"
import { CUSTOM, type SessionInfo } from "../../protocol/session.ts"
import type { Signal } from "../holder/signals.ts"
import type { HolderAnswered, HolderAsk, HolderAskedOf, Shown } from "../holder/wire.ts"
import { type Ended, type Kept, NOTHING_KEPT, readKept, writeKept } from "./kept.ts"
import { type Keys, keysFor } from "./keys.ts"
import { printOf } from "./request.ts"
import { type About, asksWords, Watcher } from "./watcher.ts"

/** A session as its requests need it. */
export interface Watched {
	readonly info: SessionInfo
	readonly folder: string
	readonly key: string
	/** Its holder tells its screen and types answers. */
	readonly canBeAttended: boolean
	ask<A extends HolderAsk>(ask: A, of: HolderAskedOf<A>): Promise<HolderAnswered<A>>
}

/** What a session's holder tells who attends. */
export type Told = { type: "shown"; shown: Shown } | { type: "typed" } | { type: "signal"; signal: Signal; at: number }

interface Options {
	/** The control plane's clock. */
	now: () => number
	/** A profile's own expressions. */
	waits: (runtime: string) => Promise<RegExp[]>
	/** By which the session's agent is known. */
	word: (session: Watched) => string | null
	/** The report is another one. */
	changed: () => void
	log: (line: string) => void
}

/** What is over is told for so long: an object that has heard of it once knows it. */
const ENDED_KEPT_MS = 10 * 60 * 1_000
const MOST_ENDED = 50
/** An animation moves the screen ten times a second, and somebody's key holds an answer up for a second. */
const TRIES = 40
const TRY_EVERY_MS = 60
/** A program takes an answer at once, or is busy. */
const CONFIRM_MS = 3_000

interface Desk {
	session: Watched
	watcher: Watcher
	ended: Ended[]
	answered: Kept["answered"]
	timer: NodeJS.Timeout | null
	/** Called after everything that its screen shows. */
	waiting: Set<() => void>
	/** The newest screen. */
	newest: Shown | null
	/** Whether the terminal hides what is typed at this prompt, by its print: asked once for all that it is drawn. */
	hides: { print: string; hides: boolean } | null
}

export class Requests {
	readonly #options: Options
	readonly #desks = new Map<SessionId, Desk>()
	/** Answers under way, by claim: one that is asked again meanwhile is the same. */
	readonly #answering = new Map<string, Promise<Answered<"answer">>>()
	#isChanging = false

	constructor(options: Options) {
		this.#options = options
	}

	/** All that waits now, and what is over lately. */
	report(): AttentionReport {
		const now = this.#options.now()
		const desks = [...this.#desks.values()]
		const open: Attention[] = desks.flatMap(({ watcher }) => watcher.open.map(({ attention }) => attention))
		const ended = desks.flatMap(({ ended }) => ended).filter(({ at }) => at + ENDED_KEPT_MS > now)
		return {
			open: fitting(open.toSorted((one, other) => other.at - one.at).slice(0, REQUESTS_PER_MACHINE)),
			ended: ended.toSorted((one, other) => other.at - one.at).slice(0, REQUESTS_PER_MACHINE),
		}
	}

	/** A session is there, has changed, or has ended. */
	changed(session: Watched): void {
		const { id, run, state } = session.info
		const desk = this.#desks.get(id)
		if (desk === undefined) {
			// What ended before anybody watched has nothing that waits, but what was kept of it.
			if (state.is === "running" && !session.canBeAttended) return
			const opened = this.#open(session)
			if (state.is !== "running" || opened.watcher.open.some(({ attention }) => attention.run !== run))
				opened.watcher.exited(this.#options.now())
			return
		}
		desk.session = session
		if (state.is !== "running" || desk.watcher.about.run !== run) {
			desk.watcher.exited(this.#options.now())
			this.#wake(desk)
		}
		if (desk.watcher.about.run !== run && state.is === "running") {
			this.#close(desk)
			this.#desks.delete(id)
			this.#open(session, { ended: desk.ended, answered: desk.answered })
		}
	}

	removed(id: SessionId): void {
		const desk = this.#desks.get(id)
		if (desk === undefined) return
		this.#close(desk)
		this.#desks.delete(id)
		this.#tell()
	}

	/** What its holder tells. */
	told(session: Watched, told: Told): void {
		const desk = this.#desks.get(session.info.id) ?? this.#open(session)
		const now = this.#options.now()
		switch (told.type) {
			case "shown":
				return void this.#see(desk, told.shown)
			case "typed":
				desk.watcher.typed(now)
				break
			case "signal":
				desk.watcher.signal(told.signal, now, Date.now() - told.at)
				break
		}
		this.#settle(desk)
	}

	dismiss({ session, request }: Asked<"dismiss">): void {
		const desk = this.#desks.get(session)
		if (desk?.watcher.dismissed(request, this.#options.now()) !== true) throw new Refusal("request_gone")
		this.#settle(desk)
	}

	notify(session: Watched, text: string): void {
		if (session.info.state.is !== "running") throw new Refusal("session_ended")
		const desk = this.#desks.get(session.info.id) ?? this.#open(session)
		desk.watcher.notice(text, this.#options.now())
		this.#settle(desk)
	}

	/** Throws Refusal: request_gone, answer_invalid, not_chosen, session_ended, version_too_old. */
	answer(session: Watched, asked: Asked<"answer">): Promise<Answered<"answer">> {
		const { claim } = asked
		const under = this.#answering.get(claim)
		if (under !== undefined) return under
		const tried = { hasMoved: false }
		const answer = this.#answer(session, asked, tried)
			.catch((error: unknown) => {
				// What says that nothing was typed would not be true.
				if (tried.hasMoved && error instanceof Refusal && TYPED_NOTHING.has(error.code)) throw new Refusal("not_chosen")
				throw error
			})
			.finally(() => this.#answering.delete(claim))
		this.#answering.set(claim, answer)
		return answer
	}

	/** `tried`: told what was typed that is no answer yet. */
	async #answer(session: Watched, asked: Asked<"answer">, tried: { hasMoved: boolean }): Promise<Answered<"answer">> {
		const { claim, request, choice } = asked
		if (!session.canBeAttended)
			throw new Refusal("version_too_old", "An older connector began this session: answer it on its screen.")
		const { id } = session.info
		const nothing = { until: 0, text: "", paste: false, enter: false }
		const { is } = await session.ask("press", { session: id, claim, on: null, ...nothing })
		if (is === "already") return { isConfirmed: await this.#hasMoved(session, request, claim) }
		if (session.info.state.is !== "running") throw new Refusal("session_ended")
		const desk = this.#desks.get(id)
		const open = () => desk?.watcher.open.find(({ attention }) => attention.id === request)
		for (let tries = 0; tries < TRIES; tries++) {
			if (desk === undefined || open() === undefined) throw new Refusal("request_gone")
			const { keys, on } = await this.#look(desk, request, choice)
			const { moves, ...choosing } = keys
			const isMove = moves !== ""
			// Nothing is chosen until the marker is seen to be there; moved once, it may only not be drawn yet.
			if (isMove && tried.hasMoved) {
				await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS))
				continue
			}
			const until = Date.now() + (asked.until - this.#options.now())
			const typed = isMove ? { claim: newClaimId(), text: moves, paste: false, enter: false } : { claim, ...choosing }
			const pressed = await session.ask("press", { session: id, on, until, ...typed })
			if (isMove && pressed.is === "pressed") {
				tried.hasMoved = true
				continue
			}
			switch (pressed.is) {
				case "pressed":
				case "already":
					return { isConfirmed: await this.#applied(desk, request, claim, pressed.dropped) }
				case "late":
					throw new Refusal("request_gone", "The time for this answer is over.")
				case "moved":
				case "unknown":
					await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS))
			}
		}
		throw new Refusal("request_gone", "Its screen does not hold still.")
	}

	/**
	 * Lets its watcher see the screen, unless a newer one has come meanwhile. `isSure`: what was known of its terminal before does not count.
	 */
	async #see(desk: Desk, shown: Shown, isSure = false): Promise<void> {
		desk.newest = shown
		const verdict = desk.watcher.read(shown)
		const isWords = asksWords(verdict)
		const hides = isWords && (await this.#hides(desk, printOf(verdict), isSure))
		if (!isWords) desk.hides = null
		const { id, state } = desk.session.info
		if (desk.newest !== shown || this.#desks.get(id) !== desk || (isWords && state.is !== "running")) return
		desk.watcher.shown(shown, this.#options.now(), hides)
		this.#settle(desk)
	}

	async #hides(desk: Desk, print: string, isSure: boolean): Promise<boolean> {
		if (desk.hides?.print === print && !isSure) return desk.hides.hides
		const session = desk.session.info.id
		// A holder that is gone shows nothing to answer.
		const { hides } = await desk.session.ask("hides", { session }).catch(() => ({ hides: false }))
		desk.hides = { print, hides }
		return hides
	}

	/** The keys that answer it on the screen as it is now. Throws Refusal where that asks for something else. */
	async #look(desk: Desk, request: string, choice: Asked<"answer">["choice"]): Promise<{ keys: Keys; on: Shown }> {
		const shown = await desk.session.ask("look", { session: desk.session.info.id })
		await this.#see(desk, shown, true)
		const { verdict } = desk.watcher
		const open = desk.watcher.open.find(({ attention }) => attention.id === request)
		if (open === undefined) throw new Refusal("request_gone")
		// What is known by an event alone has no keys: only its screen knows.
		if (verdict.is !== "request" || open.print === null || printOf(verdict) !== open.print)
			throw open.print === null ? new Refusal("answer_invalid", ON_SCREEN) : new Refusal("request_gone")
		return { keys: keysFor({ ...verdict, bracketsPastes: shown.bracketsPastes }, choice), on: shown }
	}

	/** Resolves when the screen has moved on, or has not for a while; answers whether it has. */
	async #applied(desk: Desk, request: string, claim: string, dropped: number): Promise<boolean> {
		const open = desk.watcher.open.find(({ attention }) => attention.id === request)
		const print = open?.print ?? null
		if (open !== undefined) {
			desk.answered = [...desk.answered, { claim, request: open.attention.id, print }].slice(-MOST_ENDED)
			desk.watcher.answered(open.attention.id, this.#options.now())
			this.#settle(desk)
		}
		return dropped === 0 && this.#movesOn(desk, print)
	}

	/** Whether the screen has moved on since a claim that was pressed before. */
	async #hasMoved(session: Watched, request: string, claim: string): Promise<boolean> {
		const desk = this.#desks.get(session.info.id)
		if (desk === undefined || session.info.state.is !== "running") return true
		// A connector that ended just after it pressed does not know that it did.
		if (desk.watcher.open.some(({ attention }) => attention.id === request))
			return this.#applied(desk, request, claim, 0)
		return this.#movesOn(desk, desk.answered.find((answered) => answered.claim === claim)?.print ?? null)
	}

	async #movesOn(desk: Desk, print: string | null): Promise<boolean> {
		const until = Date.now() + CONFIRM_MS
		for (;;) {
			if (print === null || desk.session.info.state.is !== "running" || desk.watcher.print !== print) return true
			const left = until - Date.now()
			if (left <= 0) return false
			await new Promise<void>((resolve) => {
				const done = () => {
					clearTimeout(timer)
					desk.waiting.delete(done)
					resolve()
				}
				const timer = setTimeout(done, left)
				desk.waiting.add(done)
			})
		}
	}

	#open(session: Watched, known?: Pick<Kept, "ended" | "answered">): Desk {
		const kept = known === undefined ? readKept(session) : { ...NOTHING_KEPT, ...known }
		const { id, run, runtime } = session.info
		const about: About = {
			session: id,
			run,
			runtime: runtime === CUSTOM ? null : runtime,
			waits: [],
			word: this.#options.word(session),
		}
		this.#options.waits(runtime).then(
			(waits) => {
				about.waits = waits
			},
			// A damaged profile is told to whoever uses it.
			() => {},
		)
		const desk: Desk = {
			session,
			watcher: new Watcher({
				about,
				open: kept.open,
				dealt: kept.dealt,
				changed: () => this.#tell(desk),
				ended: (id, because, at) => {
					desk.ended = [...desk.ended, { id, because, at }].slice(-MOST_ENDED)
				},
			}),
			ended: kept.ended,
			answered: kept.answered,
			timer: null,
			waiting: new Set(),
			newest: null,
			hides: null,
		}
		this.#desks.set(id, desk)
		this.#settle(desk)
		return desk
	}

	/** After everything that its watcher was told. */
	#settle(desk: Desk): void {
		if (desk.timer !== null) clearTimeout(desk.timer)
		desk.timer = null
		const { due } = desk.watcher
		if (due !== null) {
			const wait = Math.min(Math.max(due - this.#options.now(), 1), LONGEST_WAIT_MS)
			desk.timer = setTimeout(() => {
				desk.watcher.tick(this.#options.now())
				this.#settle(desk)
			}, wait)
			desk.timer.unref()
		}
		this.#wake(desk)
	}

	#wake(desk: Desk): void {
		for (const done of [...desk.waiting]) done()
	}

	#close(desk: Desk): void {
		if (desk.timer !== null) clearTimeout(desk.timer)
		desk.timer = null
		this.#wake(desk)
	}

	/** Once for all that changes in a moment. */
	#tell(desk?: Desk): void {
		if (desk !== undefined) this.#unkept.add(desk)
		if (this.#isChanging) return
		this.#isChanging = true
		setImmediate(() => {
			this.#isChanging = false
			for (const desk of this.#unkept) this.#keep(desk)
			this.#unkept.clear()
			this.#options.changed()
		})
	}

	readonly #unkept = new Set<Desk>()

	#keep({ session, watcher, ended, answered }: Desk): void {
		if (this.#desks.get(session.info.id)?.watcher !== watcher) return
		try {
			writeKept(session, { open: watcher.places, dealt: watcher.dealt, ended, answered })
		} catch (error) {
			// Without it a connector that begins again calls them by other names.
			this.#options.log(`${session.info.name}: its requests are not kept: ${String(error)}`)
		}
	}
}

/** As much as one message holds: the oldest are told without what is only to be read, rather than not at all. */
export function fitting(requests: Attention[]): Attention[] {
	let left = REPORT_CHARS
	return requests.map((request, index) => {
		const others = requests.length - index - 1
		const whole = JSON.stringify(request).length
		const told = whole <= left - others * SHORT_CHARS ? request : short(request)
		left -= told === request ? whole : SHORT_CHARS
		return told
	})
}

function short(request: Attention): Attention {
	const { text, subject, options } = request
	const cut = (words: string) => words.slice(0, SHORT_CHARS / 20)
	return {
		...request,
		text: cut(text),
		subject: subject === null ? null : { ...subject, text: cut(subject.text), isWhole: false },
		options: JSON.stringify(options).length > SHORT_CHARS / 4 ? [] : options,
		excerpt: [],
	}
}

/** Half of what a message may have, since what is over is in it, too. */
const REPORT_CHARS = MESSAGE_BYTES / 2
/** More than a request has that is told short, however its characters are spelled. */
const SHORT_CHARS = 2_000

const TYPED_NOTHING = new Set(["request_gone", "answer_invalid"])
const ON_SCREEN = "It can be answered on its screen only."
/** Timers hold no longer times than some 24 days. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1_000
