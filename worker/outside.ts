// What a workspace's object cannot do itself, done for it here: it reads the registry, and calls chat services.
import { WorkerEntrypoint } from "cloudflare:workers"
import type { Env } from "../durable-objects/env.ts"
import type {
	ChatUpdate,
	Delivered,
	Delivery,
	Following,
	Looked,
	Told,
	Outside as World,
} from "../durable-objects/outside.ts"
import type { Brought, Relaying, Taken } from "../durable-objects/relaying.ts"
import type { Asked } from "../protocol/ask.ts"
import type { InboxItem } from "../protocol/attention.ts"
import type { MachineId } from "../protocol/ids.ts"
import type { Policy } from "../protocol/policy.ts"
import { can } from "../protocol/roles.ts"
import { deliver } from "./channels/deliver.ts"
import { follow } from "./channels/follow.ts"
import { giveUp, handle } from "./channels/handle.ts"
import { relaysOf, takeBrought } from "./channels/weixin/relay.ts"
import { Registry } from "./registry.ts"

export class Outside extends WorkerEntrypoint<Env> implements World, Relaying {
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
	deliver(delivery: Delivery): Promise<Delivered> {
		return deliver(this.env, delivery)
	}

	handle(workspaceId: string, update: ChatUpdate, isAgain: boolean): Promise<void> {
		return handle(this.env, workspaceId, update, isAgain)
	}

	giveUp(workspaceId: string, update: ChatUpdate): Promise<void> {
		return giveUp(this.env, workspaceId, update)
	}

	follow(workspaceId: string, following: Following): Promise<Looked> {
		return follow(this.env, workspaceId, following)
	}

	relays(machine: MachineId): Promise<Asked<"relay">[]> {
		return relaysOf(this.env, machine)
	}

	relayed(machine: MachineId, brought: Brought): Promise<Taken> {
		return takeBrought(this.env, machine, brought)
	}
}
