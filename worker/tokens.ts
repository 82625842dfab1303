// Making a token: its secret, and that it may no more than whoever makes it.
import { Refusal } from "../protocol/errors.ts"
import type { Scope, Token } from "../protocol/routes/tokens.ts"
import { allowedTo, type Principal, TOKEN_PREFIX } from "./access.ts"
import { newSecret } from "./codes.ts"
import { hash } from "./hash.ts"
import type { Membership } from "./registry/members.ts"
import type { Registry } from "./registry.ts"

/** What a maker may pass on: all that they may themself. */
export type Maker = Pick<Principal, "membership" | "actions" | "tags" | "expiresAt">

/**
 * The scope of a token that this maker asks for; what is left open is as narrow as the maker. Throws
 * Refusal("not_allowed") where it is wider, or Refusal("invalid_request") where it has ended already.
 */
export function scopeWithin(maker: Maker, asked: Scope, now: number): Scope {
	const actions = asked.actions ?? maker.actions
	const tags = asked.tags ?? maker.tags
	const expiresAt = asked.expiresAt ?? maker.expiresAt
	const may = allowedTo(maker)
	const beyond = actions?.find((action) => !may.includes(action))
	if (beyond !== undefined) throw new Refusal("not_allowed", `You may not ${beyond} yourself.`)
	if (maker.tags !== null && tags?.some((tag) => !maker.tags?.includes(tag)))
		throw new Refusal("not_allowed", "You may not use machines of these tags yourself.")
	if (maker.expiresAt !== null && (expiresAt ?? Number.POSITIVE_INFINITY) > maker.expiresAt)
		throw new Refusal("not_allowed", "It would outlive the token that makes it.")
	if (expiresAt !== null && expiresAt <= now) throw new Refusal("invalid_request", "expiresAt: it is over.")
	return { actions: actions && [...actions], tags: tags && [...tags], expiresAt }
}

/** Undefined when the person has a token of this name here. */
export async function makeToken(
	registry: Registry,
	of: Membership,
	made: { name: string; now: number } & Scope,
): Promise<{ token: Token; secret: string } | undefined> {
	const secret = TOKEN_PREFIX + newSecret()
	const prefix = secret.slice(0, SHOWN_CHARS)
	const token = await registry.tokens.make(of, { ...made, prefix, hash: await hash(secret) })
	return token && { token, secret }
}

/** Enough to tell one's tokens apart, and nothing to guess from: 256 bits remain but 30. */
const SHOWN_CHARS = 8
