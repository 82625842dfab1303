// One alarm for everybody in an object who has to be woken: each has a name, and is called at the earliest time it asked for.

/** Whatever can carry it. Every call is synchronous and durable. */
export interface AlarmStore {
	/** Who wants to be woken when. */
	wanted(): Map<string, number>
	want(who: string, at: number): void
	/** Forgets that they want to be woken, if it is still at that time. */
	unwant(who: string, at: number): void
}

interface Host {
	store: AlarmStore
	now: () => number
	/** The platform's one alarm; a later call replaces an earlier one. */
	setAlarm: (time: number) => void
	/** Told of whoever failed; they are called again a while later. */
	failed: (who: string, error: unknown) => void
}

export class Alarms {
	readonly #host: Host
	readonly #woken = new Map<string, () => Promise<void> | void>()
	/** Who is being called now, for the time that they asked for: what they ask for meanwhile comes after it. */
	readonly #calling = new Map<string, number>()

	constructor(host: Host) {
		this.#host = host
	}

	/** Says what is called for that name, and answers the way to ask for it. Asked twice, the earlier time counts. */
	add(who: string, woken: () => Promise<void> | void): (time: number) => void {
		this.#woken.set(who, woken)
		return (time) => {
			const { store, now } = this.#host
			const wanted = store.wanted().get(who)
			const isAnswered = wanted === this.#calling.get(who)
			if (wanted !== undefined && !isAnswered && wanted > now() && wanted <= time) return
			// The same time again is another one, so that it is not forgotten with the first.
			store.want(who, isAnswered && wanted === time ? time + 1 : time)
			this.#set()
		}
	}

	/** Calls everybody whose time has come; who is first, also a little before it. Whoever is cut short is called again. */
	async alarm(): Promise<void> {
		const { store, now } = this.#host
		const wanted = [...store.wanted()]
		const until = Math.max(now(), Math.min(...wanted.map(([, at]) => at)))
		for (const [who, at] of wanted) if (at <= until) await this.#call(who, at)
		this.#set()
	}

	async #call(who: string, at: number): Promise<void> {
		const { store, now, failed } = this.#host
		this.#calling.set(who, at)
		try {
			await this.#woken.get(who)?.()
			store.unwant(who, at)
		} catch (error) {
			failed(who, error)
			store.unwant(who, at)
			if (!store.wanted().has(who)) store.want(who, now() + RETRY_MS)
		} finally {
			this.#calling.delete(who)
		}
	}

	#set(): void {
		const times = [...this.#host.store.wanted().values()]
		if (times.length > 0) this.#host.setAlarm(Math.min(...times))
	}
}

/** Whoever failed without a plan of their own is called again at this pace. */
const RETRY_MS = 30_000
