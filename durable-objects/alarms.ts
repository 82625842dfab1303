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

	constructor(host: Host) {
		this.#host = host
	}

	/** Says what is called for that name, and answers the way to ask for it. Asked twice, the earlier time counts. */
	add(who: string, woken: () => Promise<void> | void): (time: number) => void {
		this.#woken.set(who, woken)
		return (time) => {
			const { store, now } = this.#host
			const wanted = store.wanted().get(who)
			// A time that has come is being answered to now: what is asked for meanwhile comes after it.
			if (wanted !== undefined && wanted > now() && wanted <= time) return
			store.want(who, time)
			this.#set()
		}
	}

	/** Calls everybody whose time has come. Whoever is cut short is called again. */
	async alarm(): Promise<void> {
		const { store, now, failed } = this.#host
		const due = [...store.wanted()].filter(([, at]) => at <= now())
		for (const [who, at] of due) {
			try {
				await this.#woken.get(who)?.()
				store.unwant(who, at)
			} catch (error) {
				failed(who, error)
				store.unwant(who, at)
				if (!store.wanted().has(who)) store.want(who, now() + RETRY_MS)
			}
		}
		this.#set()
	}

	#set(): void {
		const times = [...this.#host.store.wanted().values()]
		if (times.length > 0) this.#host.setAlarm(Math.min(...times))
	}
}

/** Whoever failed without a plan of their own is called again at this pace. */
const RETRY_MS = 30_000
