// What attempts that are over leave on this machine, and for how long: their sessions, their artifacts, and that they were.
import { FILES_KEPT_MS } from "../../protocol/limits.ts"
import type { Attempt } from "./attempt.ts"
import { sentence } from "./failed.ts"
import type { Sessions } from "./ports.ts"

/** Sessions of tasks that have ended; a machine has room for SESSIONS_PER_MACHINE of all kinds. */
const MOST_SESSIONS = 100
/** The ledger asks for none that is older. */
const KNOWN_MS = 2 * FILES_KEPT_MS

interface Host {
	sessions: Sessions
	now: () => number
	log: (line: string) => void
	/** Forgets that it was, and removes its folder. */
	forget: (attempt: Attempt) => Promise<void>
}

export class Tidy {
	readonly #host: Host
	/** Sessions that could not be removed, such as those whose changes are nowhere else: they stay until a person removes them. */
	readonly #staying = new Set<string>()
	#running: Promise<void> | null = null

	constructor(host: Host) {
		this.#host = host
	}

	/** Nothing that is under way, or that the ledger has not heard of, is touched. */
	run(attempts: Iterable<Attempt>): Promise<void> {
		const over = [...attempts].filter(({ isSettled }) => isSettled)
		over.sort((one, other) => (other.kept.endedAt ?? 0) - (one.kept.endedAt ?? 0))
		this.#running ??= this.#run(over).finally(() => {
			this.#running = null
		})
		return this.#running
	}

	async #run(latestFirst: Attempt[]): Promise<void> {
		const { sessions, now, log, forget } = this.#host
		let left = MOST_SESSIONS
		for (const attempt of latestFirst) {
			const { session, endedAt, isHanded } = attempt.kept
			const age = now() - (endedAt ?? 0)
			try {
				if (isHanded || age > FILES_KEPT_MS) await attempt.clear()
				const isThere = sessions.info(session) !== undefined
				if (isThere && left-- <= 0 && !this.#staying.has(session)) await sessions.remove(session)
				else if (!isThere && age > KNOWN_MS) await forget(attempt)
			} catch (error) {
				this.#staying.add(session)
				log(`${attempt.kept.assignment.task}: what it has left stays: ${sentence(error)}`)
			}
		}
	}
}
