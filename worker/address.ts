// The address that a caller comes from, as far as somebody vouches for it.
import type { Env } from "../durable-objects/env.ts"

/** Null in a home of one's own: no edge stands before it, and anybody could send the header. */
export function addressOf(request: Request, env: Env): string | null {
	return env.SELF_MIGRATE === undefined ? request.headers.get("cf-connecting-ip") : null
}
