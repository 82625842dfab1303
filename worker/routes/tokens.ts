// Tokens with which a person's programs sign in.
import { Refusal } from "../../protocol/errors.ts"
import type { Handlers } from "../call.ts"
import { dismiss } from "../dismiss.ts"
import { makeToken, scopeWithin } from "../tokens.ts"

export const tokens: Handlers<"listTokens" | "createToken" | "revokeToken"> = {
	async listTokens({ registry, principal }) {
		return { tokens: await registry.tokens.list(principal.membership) }
	},

	async createToken({ registry, principal, traced, body: { name, ...asked } }) {
		const now = Date.now()
		const scope = scopeWithin(principal, asked, now)
		const made = await makeToken(registry, principal.membership, { name, now, ...scope })
		if (made === undefined) throw new Refusal("name_taken")
		traced.target = { token: made.token.id }
		return made
	},

	async revokeToken({ env, registry, principal, params: { token } }) {
		const { membership } = principal
		if (!(await registry.tokens.revoke(membership, token, Date.now()))) throw new Refusal("not_found")
		await dismiss(env, registry, membership.workspaceId, token)
		return {}
	},
}
