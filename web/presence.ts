// Whether a machine is linked, as far as it is proven. Never a green that is older than its proof may be.
import { GONE_AFTER_MS } from "../protocol/limits.ts"
import type { Presence } from "../protocol/session.ts"

/** A presence and when it was told, by this clock. */
export interface Told {
	presence: Presence
	at: number
}

export type Standing =
	| { is: "unknown" }
	| { is: "never" }
	/** Proven `age` milliseconds ago. */
	| { is: "linked"; age: number }
	/** Linked when last told, and silent for longer than a live link may be. */
	| { is: "unproven"; age: number }
	/** `since` is by this clock. */
	| { is: "away"; since: number | null; age: number | null }

export function standing(told: readonly Told[], now: number): Standing {
	const latest = told.reduce<Told | null>(
		(best, next) => (best === null || next.presence.now > best.presence.now ? next : best),
		null,
	)
	if (latest === null) return { is: "unknown" }
	const { presence, at } = latest
	if (presence.provenAt === null) return { is: "never" }
	const age = Math.max(0, presence.now - presence.provenAt) + Math.max(0, now - at)
	if (presence.is === "away")
		return { is: "away", since: presence.since === null ? null : at - (presence.now - presence.since), age }
	return age > GONE_AFTER_MS ? { is: "unproven", age } : { is: "linked", age }
}
