// Members of the workspace: listed, given another role, removed.
import { Refusal } from "../../protocol/errors.ts"
import type { Handlers } from "../call.ts"
import { dismiss } from "../dismiss.ts"

export const members: Handlers<"listMembers" | "changeMember" | "removeMember"> = {
	async listMembers({ registry, principal }) {
		return { members: await registry.members.list(principal.membership.workspaceId) }
	},

	async changeMember({ env, registry, principal, params: { member }, body: { role } }) {
		const { workspaceId } = principal.membership
		mustBeDone(await registry.members.change(workspaceId, member, role))
		await dismiss(env, registry, workspaceId, member)
		return {}
	},

	async removeMember({ env, registry, principal, params: { member } }) {
		const { workspaceId } = principal.membership
		mustBeDone(await registry.members.remove(workspaceId, member, Date.now()))
		await dismiss(env, registry, workspaceId, member)
		return {}
	},
}

function mustBeDone(outcome: "changed" | "removed" | "last" | "missing"): void {
	if (outcome === "missing") throw new Refusal("not_found")
	if (outcome === "last") throw new Refusal("last_owner")
}
