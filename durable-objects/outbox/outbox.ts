// The core of what people are told beside the console: one message for each request and place, until what it shows is true.
import { InboxItem } from "../../protocol/attention.ts"
import type { ChannelId, DestinationId, RequestId } from "../../protocol/ids.ts"
import { logFault } from "../fault-log.ts"
import type { Delivered, Delivery, Outside, Told } from "../outside.ts"

/** Why people are told now; `changed` is for those who were told before. */
export type Because = Delivery["because"]

/** A request as it is now. */
export interface Subject {
	workspaceId: string
	item: InboxItem
	/** Counts what was told of it: 1 for the first. */
	revision: number
}

/** That people must be told of a request, and it is not known yet which places they have. */
export interface News {
	number: number
	request: RequestId
	because: Exclude<Because, "changed">
	/** Only these; null for everybody who may answer. */
	people: readonly string[] | null
	tries: number
	nextAt: number
}

/** What one place shows of one request. */
export interface Letter {
	request: RequestId
	destination: DestinationId
	channel: ChannelId | null
	/** What the service calls the message; null before it is sent, or where the service does not say. */
	message: string | null
	/** The revision that it shows; 0 before it is sent. */
	shown: number
	/** Why it must ring; null where it has rung. */
	rings: News["because"] | null
	/** Failures in a row, and since when. */
	tries: number
	failingSince: number | null
	nextAt: number
}

/** Whatever can carry the core. Every call is synchronous and durable. */
export interface OutboxStore {
	subject(request: RequestId): Subject | null
	putSubject(subject: Subject): void
	addNews(news: Omit<News, "number">): void
	news(): News[]
	putNews(news: News): void
	dropNews(number: number): void
	/** Of one request, in the order in which they were made. */
	letters(request: RequestId): Letter[]
	/**
	 * Those of all requests that must be sent or edited, in that order: not sent yet; to ring, where the request is not over;
	 * or showing an older revision, unless an answer is on its way, since what comes of it follows.
	 */
	owed(): Letter[]
	/** Forgets what this place shows, of all requests. */
	dropPlace(destination: DestinationId): void
	putLetter(letter: Letter): void
	dropLetter(request: RequestId, destination: DestinationId): void
	/** Until when this place or bot must be left alone. */
	pausedUntil(whose: string): number
	pause(whose: string, until: number): void
	/** Forgets requests that were over before, and pauses that are. */
	forget(before: number, now: number): void
	isEmpty(): boolean
}

interface Host {
	store: OutboxStore
	outside: Pick<Outside, "audience" | "deliver">
	/** A message was sent that is about this session: replies to it go there. */
	sent: (destination: DestinationId, message: string, item: InboxItem) => void
	now: () => number
	/** Asks to be woken by `alarm` at that time. */
	wakeAt: (time: number) => void
}

export class Outbox {
	readonly #host: Host
	/** Places that something is on its way to: one thing at a time, so that a chat keeps its order. */
	readonly #busy = new Map<string, Promise<void>>()

	constructor(host: Host) {
		this.#host = host
	}

	/** Kept when it returns; the first try begins at once. */
	tell(workspaceId: string, item: InboxItem, because: Because, people: readonly string[] | null): void {
		const { store, now } = this.#host
		const before = store.subject(item.id)
		// Told again as it is, it is no reason to edit what shows it.
		if (before === null || JSON.stringify(before.item) !== JSON.stringify(InboxItem.parse(item)))
			store.putSubject({ workspaceId, item, revision: (before?.revision ?? 0) + 1 })
		if (because !== "changed") store.addNews({ request: item.id, because, people, tries: 0, nextAt: now() })
		this.#go()
	}

	/** Begins what is due. */
	alarm(): void {
		this.#go()
	}

	/** Resolves when nothing is on its way any more. */
	async settled(): Promise<void> {
		while (this.#busy.size > 0) await Promise.all(this.#busy.values())
	}

	/** Begins everything that is due. */
	#go(): void {
		const { store, now, wakeAt } = this.#host
		const at = now()
		store.forget(at - KEPT_MS, at)
		/** When something is due that is not due yet. */
		let next = Number.POSITIVE_INFINITY
		for (const news of store.news()) {
			if (news.nextAt <= at) this.#begin(`news ${news.number}`, () => this.#find(news))
			else next = Math.min(next, news.nextAt)
		}
		for (const { request, destination, channel, nextAt } of store.owed()) {
			const free = Math.max(nextAt, store.pausedUntil(destination), channel === null ? 0 : store.pausedUntil(channel))
			if (free <= at) this.#begin(destination, () => this.#deliver(request, destination))
			else next = Math.min(next, free)
		}
		// An object that leaves memory on the way comes back to what it began.
		if (this.#busy.size > 0) next = Math.min(next, at + LOST_MS)
		else if (next === Number.POSITIVE_INFINITY && !store.isEmpty()) next = at + KEPT_MS
		if (next < Number.POSITIVE_INFINITY) wakeAt(Math.max(next, at + 1))
	}

	#begin(key: string, work: () => Promise<void>): void {
		if (this.#busy.has(key)) return
		const working = work()
			.catch((error: unknown) => logFault("outbox", { error: String(error) }))
			.finally(() => {
				this.#busy.delete(key)
				this.#go()
			})
		this.#busy.set(key, working)
	}

	/** Finds the places of those who must be told. */
	async #find(news: News): Promise<void> {
		const { store, outside, now } = this.#host
		const before = store.subject(news.request)
		if (before === null || isOver(before.item)) return store.dropNews(news.number)
		let told: Told[]
		try {
			told = await outside.audience(before.workspaceId, before.item)
		} catch (error) {
			logFault("audience", { error: String(error) })
			const tries = news.tries + 1
			if (tries > AUDIENCE_TRIES) store.dropNews(news.number)
			else store.putNews({ ...news, tries, nextAt: now() + backOff(tries) })
			return
		}
		store.dropNews(news.number)
		const known = new Map(store.letters(news.request).map((letter) => [letter.destination, letter]))
		for (const { id, channel, userId } of told) {
			if (news.people !== null && !news.people.includes(userId)) continue
			const letter = known.get(id)
			if (letter !== undefined && news.because !== "reminded") continue
			const fresh = { message: null, shown: 0, tries: 0, failingSince: null, nextAt: now() }
			store.putLetter({
				...(letter ?? { ...fresh, request: news.request, destination: id, channel }),
				rings: news.because,
			})
		}
	}

	async #deliver(request: RequestId, destination: DestinationId): Promise<void> {
		const { store, outside, sent, now } = this.#host
		const find = () => store.letters(request).find((letter) => letter.destination === destination)
		const letter = find()
		const subject = store.subject(request)
		if (letter === undefined || subject === null) return
		if (letter.shown === 0 && isOver(subject.item)) return store.dropLetter(request, destination)
		const { workspaceId, item, revision } = subject
		const { message, rings } = letter
		const because = isOver(item) ? "changed" : (rings ?? "changed")
		const delivered = await outside
			.deliver({ workspaceId, destination, item, because, message })
			.catch((error: unknown): Delivered => ({ is: "failed", reason: String(error) }))
		const current = find()
		if (current === undefined) return
		switch (delivered.is) {
			case "sent": {
				const at = delivered.message ?? current.message
				if (at !== null && at !== current.message) sent(destination, at, item)
				const rung = current.rings === rings ? null : current.rings
				return store.putLetter({
					...current,
					message: at,
					shown: revision,
					rings: rung,
					tries: 0,
					failingSince: null,
					nextAt: now(),
				})
			}
			case "later": {
				store.pause(destination, now() + delivered.afterMs)
				// The service does not say whether the chat or the whole bot is meant: its other chats wait a moment, too.
				if (current.channel !== null) store.pause(current.channel, now() + Math.min(delivered.afterMs, BOT_PAUSE_MS))
				return
			}
			case "gone": {
				return store.dropPlace(destination)
			}
			case "failed": {
				const failingSince = current.failingSince ?? now()
				const tries = current.tries + 1
				if (now() - failingSince >= GIVE_UP_MS) return store.dropLetter(request, destination)
				return store.putLetter({ ...current, tries, failingSince, nextAt: now() + backOff(tries) })
			}
		}
	}
}

function isOver({ state }: InboxItem): boolean {
	return state.is === "answered" || state.is === "gone"
}

/** 2 s, doubling to half an hour. */
function backOff(tries: number): number {
	return Math.min(1_000 * 2 ** tries, 30 * 60_000)
}

const GIVE_UP_MS = 24 * 60 * 60_000
/** Who was told is still told what came of it so much later. */
const KEPT_MS = 24 * 60 * 60_000
/** With their back-off, a good half of a day. */
const AUDIENCE_TRIES = 30
/** Longer than any call that is not lost. */
const LOST_MS = 60_000
const BOT_PAUSE_MS = 1_000
