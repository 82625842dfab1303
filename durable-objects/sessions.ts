// The machine's sessions as the object knows them: changes on disk, activity in memory, the machine's list the truth.
import type { SessionId } from "../protocol/ids.ts"
import type { SessionInfo } from "../protocol/session.ts"
import type { Store } from "./store.ts"

export class Sessions {
	readonly #store: Store
	/** As last told, activity included, which is not worth a row. */
	readonly #fresh = new Map<SessionId, SessionInfo>()

	constructor(store: Store) {
		this.#store = store
	}

	get(id: SessionId): SessionInfo | undefined {
		return this.#fresh.get(id) ?? this.#store.sessions().get(id)
	}

	all(): SessionInfo[] {
		return [...this.#store.sessions().keys()].flatMap((id) => this.get(id) ?? [])
	}

	put(session: SessionInfo): void {
		const known = this.#store.sessions().get(session.id)
		if (known === undefined || differs(known, session)) this.#store.putSession(session)
		this.#fresh.set(session.id, session)
	}

	drop(id: SessionId): void {
		this.#store.dropSession(id)
		this.#fresh.delete(id)
	}

	/** What a hello's list makes of those that it does not name: a running one is lost, an ended one was removed. */
	missing(told: SessionInfo[], now: number): { lost: SessionInfo[]; removed: SessionId[] } {
		const named = new Set(told.map(({ id }) => id))
		const unnamed = this.all().filter(({ id }) => !named.has(id))
		const state = { is: "lost", reason: "The machine no longer has it.", at: now } as const
		return {
			lost: unnamed.filter((session) => session.state.is === "running").map((session) => ({ ...session, state })),
			removed: unnamed.filter((session) => session.state.is !== "running").map(({ id }) => id),
		}
	}
}

function differs(known: SessionInfo, told: SessionInfo): boolean {
	return (
		known.state.is !== told.state.is ||
		known.name !== told.name ||
		known.cols !== told.cols ||
		known.rows !== told.rows ||
		known.title !== told.title ||
		known.run !== told.run ||
		known.comesBack !== told.comesBack ||
		known.tags.join() !== told.tags.join()
	)
}
