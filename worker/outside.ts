// What a workspace's object cannot do itself, done for it here: it reads the registry, and calls chat services.
import { WorkerEntrypoint } from "cloudflare:workers"
import type { Env } from "../durable-objects/env.ts"
import type { Told, Outside as World } from "../durable-objects/outside.ts"
import type { InboxItem } from "../protocol/attention.ts"
import type { MachineId } from "../protocol/ids.ts"
import type { Policy } from "../protocol/policy.ts"
import { can } from "../protocol/roles.ts"
import { Registry } from "./registry.ts"

export class Outside extends WorkerEntrypoint<Env> implements Pick<World, "policy" | "audience"> {
	async policy(workspaceId: string, machine: MachineId): Promise<{ policy: Policy; tags: string[] }> {
		const registry = new Registry(this.env.DB)
		const [{ policy }, entry] = await Promise.all([
			registry.policies.find(workspaceId),
			registry.machines.find(machine),
		])
		return { policy, tags: entry?.workspaceId === workspaceId ? entry.tags : [] }
	}

	async audience(workspaceId: string, { machine, kind }: InboxItem): Promise<Told[]> {
		const registry = new Registry(this.env.DB)
		const [entry, places] = await Promise.all([registry.machines.find(machine), registry.attention.places(workspaceId)])
		if (entry === undefined || entry.workspaceId !== workspaceId || entry.revokedAt !== null) return []
		const seenBy = (userId: string) => entry.members === null || entry.members.includes(userId)
		return places
			.filter(({ userId, role }) => can(role, "session:type") && (role === "owner" || seenBy(userId)))
			.filter(({ settings, isGone }) => settings.kinds.includes(kind) && !isGone)
			.map(({ id, channel, userId, settings }) => ({ id, channel, userId, settings }))
	}
}
