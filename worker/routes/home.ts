// Whether this home is up, and who the caller is in it.
import type { Handlers } from "../call.ts"

export const home: Handlers<"health" | "me"> = {
	async health({ env }) {
		return { ok: true, version: env.VERSION, now: Date.now() }
	},

	async me({ env, principal: { name, membership } }) {
		const { role, workspaceId, workspaceName } = membership
		return { name, role, workspace: { id: workspaceId, name: workspaceName }, version: env.VERSION }
	},
}
