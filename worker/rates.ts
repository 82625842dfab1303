// How often a caller may come: counted by the platform where it can, in memory where it cannot.
import type { Env } from "../durable-objects/env.ts"
import { Refusal } from "../protocol/errors.ts"
import { RATES } from "../protocol/limits.ts"
import type { Rate } from "../protocol/route.ts"

/** Counts one call of `who`. Throws Refusal("rate_limited"). */
export async function count(env: Env, rate: Rate, who: string): Promise<void> {
	const platform = { api: env.RATE_API, "sign-in": env.RATE_SIGN_IN, enroll: env.RATE_ENROLL, make: env.RATE_MAKE }[
		rate
	]
	const isWithin =
		platform === undefined ? countHere(`${rate} ${who}`, RATES[rate]) : await platform.limit({ key: who })
	if (!(typeof isWithin === "boolean" ? isWithin : isWithin.success)) throw new Refusal("rate_limited")
}

/** Whole seconds until a caller who came too often may come again. */
export function retryAfter(now: number): number {
	return Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1000)
}

const MINUTE_MS = 60_000
let minute = 0
const counted = new Map<string, number>()

/** One process serves a home of one's own, so that its memory is enough. */
function countHere(key: string, most: number): boolean {
	const now = Math.floor(Date.now() / MINUTE_MS)
	if (now !== minute) counted.clear()
	minute = now
	const calls = (counted.get(key) ?? 0) + 1
	counted.set(key, calls)
	return calls <= most
}
