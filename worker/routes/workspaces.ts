// Workspaces: listed, made, renamed, left and deleted.
import { Refusal } from "../../protocol/errors.ts"
import type { Handlers } from "../call.ts"
import { dismiss } from "../dismiss.ts"
import { changed } from "../feed.ts"
import { objectOf } from "../machines.ts"

export const workspaces: Handlers<
	"listWorkspaces" | "createWorkspace" | "updateWorkspace" | "removeWorkspace" | "leaveWorkspace"
> = {
	async listWorkspaces({ registry, person }) {
		return { workspaces: await registry.members.listWorkspaces(person.id) }
	},

	async createWorkspace({ registry, person, traced, body: { name } }) {
		const id = await registry.workspaces.make(name, person.id, Date.now())
		traced.workspaceId = id
		return { id, name, role: "owner" }
	},

	async updateWorkspace({ registry, principal, body: { name } }) {
		await registry.workspaces.rename(principal.membership.workspaceId, name)
		return {}
	},

	async removeWorkspace({ env, registry, principal, traced, query: { name } }) {
		const { workspaceId, workspaceName } = principal.membership
		if (name !== workspaceName) throw new Refusal("invalid_request", "That is not the workspace's name.")
		if (workspaceId === (await registry.workspaces.firstId()))
			throw new Refusal("not_allowed", "The first workspace of a home stays: its operator comes in there.")
		const [members, machines] = await Promise.all([
			registry.members.list(workspaceId),
			registry.machines.list(workspaceId),
		])
		// The keys first: what fails here can be tried again, as the workspace is still there.
		for (const { id } of machines) {
			await registry.machines.revoke(id, Date.now())
			await objectOf(env, id).revoke()
		}
		const late = await registry.workspaces.remove(workspaceId)
		await Promise.all(late.map((id) => objectOf(env, id).revoke()))
		// Its own trail has no readers any more; the home's says where it went.
		traced.workspaceId = null
		traced.target = { workspace: workspaceId }
		await changed(env, workspaceId, "machines")
		for (const { id } of members) await dismiss(env, registry, workspaceId, id)
		return {}
	},

	async leaveWorkspace({ env, registry, principal }) {
		const { workspaceId, userId } = principal.membership
		const outcome = await registry.members.remove(workspaceId, userId, Date.now())
		if (outcome === "last") throw new Refusal("last_owner")
		await dismiss(env, registry, workspaceId, userId)
		return {}
	},
}
