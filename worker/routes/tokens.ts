// Tokens with which a person's programs sign in.
import { Refusal } from "../../protocol/errors.ts"
import { TOKEN_PREFIX } from "../access.ts"
import type { Handlers } from "../call.ts"
import { hash } from "../hash.ts"

export const tokens: Handlers<"listTokens" | "createToken" | "revokeToken"> = {
	async listTokens({ registry, principal }) {
		return { tokens: await registry.tokens.list(principal.membership) }
	},

	async createToken({ registry, principal, body: { name } }) {
		const secret = newSecret()
		const prefix = secret.slice(0, SHOWN_CHARS)
		const token = await registry.tokens.make(principal.membership, {
			name,
			prefix,
			hash: await hash(secret),
			now: Date.now(),
		})
		return { token, secret }
	},

	async revokeToken({ registry, principal, params }) {
		if (!(await registry.tokens.revoke(principal.membership, params.token, Date.now()))) throw new Refusal("not_found")
		return {}
	},
}

/** Enough to tell one's tokens apart, and nothing to guess from: 256 bits remain but 30. */
const SHOWN_CHARS = 8

function newSecret(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(32))
	return (
		TOKEN_PREFIX +
		btoa(String.fromCharCode(...bytes))
			.replaceAll("+", "-")
			.replaceAll("/", "_")
			.replace(/=+$/, "")
	)
}
