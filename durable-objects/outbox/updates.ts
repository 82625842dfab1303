// The core of what chats bring: each update is kept before the service is thanked, taken once, and in order in its chat.
import { logFault } from "../fault-log.ts"
import type { ChatUpdate, Outside } from "../outside.ts"

export interface Waiting {
	number: number
	workspaceId: string
	update: ChatUpdate
	/** How often it was begun. */
	tries: number
	nextAt: number
}

/** Whatever can carry the core. Every call is synchronous and durable. */
export interface UpdateStore {
	/** Keeps it and remembers its key: both, or neither. False where the key is remembered already. */
	add(workspaceId: string, update: ChatUpdate, now: number): boolean
	/** The oldest first. */
	waiting(): Waiting[]
	put(waiting: Waiting): void
	drop(number: number): void
	/** Forgets keys of updates that came before. */
	forget(before: number): void
}

interface Host {
	store: UpdateStore
	outside: Pick<Outside, "handle" | "giveUp">
	now: () => number
	/** Asks to be woken by `alarm` at that time. */
	wakeAt: (time: number) => void
}

export class Updates {
	readonly #host: Host
	/** Chats that something is being done for. */
	readonly #busy = new Map<string, Promise<void>>()

	constructor(host: Host) {
		this.#host = host
	}

	/** Kept when it returns; what is known already is passed over. Whether it was new. */
	received(workspaceId: string, update: ChatUpdate): boolean {
		const { store, now } = this.#host
		store.forget(now() - REMEMBERED_MS)
		const isNew = store.add(workspaceId, update, now())
		this.#go()
		return isNew
	}

	/** Begins what is due. */
	alarm(): void {
		this.#go()
	}

	/** Resolves when nothing is on its way any more. */
	async settled(): Promise<void> {
		while (this.#busy.size > 0) await Promise.all(this.#busy.values())
	}

	#go(): void {
		const { store, now, wakeAt } = this.#host
		const at = now()
		const seen = new Set<string>()
		let next = Number.POSITIVE_INFINITY
		for (const waiting of store.waiting()) {
			const chat = chatOf(waiting)
			// Only the oldest of a chat: what comes after it waits for it.
			if (seen.has(chat)) continue
			seen.add(chat)
			if (this.#busy.has(chat)) continue
			if (waiting.nextAt > at) next = Math.min(next, waiting.nextAt)
			else if (this.#busy.size < AT_ONCE) this.#begin(chat, waiting)
		}
		// An object that leaves memory on the way comes back to what it began.
		if (this.#busy.size > 0) next = Math.min(next, at + LOST_MS)
		if (next < Number.POSITIVE_INFINITY) wakeAt(Math.max(next, at + 1))
	}

	#begin(chat: string, waiting: Waiting): void {
		const working = this.#handle(waiting)
			.catch((error: unknown) => logFault("update", { error: String(error) }))
			.finally(() => {
				this.#busy.delete(chat)
				this.#go()
			})
		this.#busy.set(chat, working)
	}

	async #handle(waiting: Waiting): Promise<void> {
		const { store, outside, now } = this.#host
		const { number, workspaceId, update } = waiting
		const tries = waiting.tries + 1
		// Before it begins: whoever comes back to it knows that it may have been done.
		store.put({ ...waiting, tries, nextAt: now() })
		try {
			if (tries > TRIES) await outside.giveUp(workspaceId, update)
			else await outside.handle(workspaceId, update, tries > 1)
		} catch (error) {
			logFault("update", { error: String(error), tries })
			if (tries <= TRIES) return store.put({ ...waiting, tries, nextAt: now() + RETRY_MS * 4 ** (tries - 1) })
		}
		store.drop(number)
	}
}

function chatOf({ update }: Waiting): string {
	return `${update.channel} ${update.address}`
}

/** Services bring an update again for a day, where they were not thanked. */
const REMEMBERED_MS = 48 * 60 * 60_000
/** 1 s, 4 s; then it is told that it could not be done. */
const TRIES = 3
const RETRY_MS = 1_000
const LOST_MS = 60_000
/** A Worker has six connections at once. */
const AT_ONCE = 6
