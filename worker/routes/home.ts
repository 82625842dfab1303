// Whether this home is up, and who the caller is in it.
import { allowedTo } from "../access.ts"
import type { Handlers } from "../call.ts"

export const home: Handlers<"health" | "me"> = {
	async health({ env }) {
		return { ok: true, version: env.VERSION, now: Date.now() }
	},

	async me({ env, principal }) {
		const { name, membership } = principal
		const { userId, role, workspaceId, workspaceName } = membership
		return {
			id: userId,
			name,
			role,
			actions: allowedTo(principal),
			workspace: { id: workspaceId, name: workspaceName },
			version: env.VERSION,
		}
	},
}
