// What a workspace's object cannot do itself, done for it here: it reads the registry, and calls chat services.
import { WorkerEntrypoint } from "cloudflare:workers"
import type { Env } from "../durable-objects/env.ts"
import type { Further } from "../durable-objects/ledger/effects.ts"
import type { Reach } from "../durable-objects/ledger/held.ts"
import type {
	ChatUpdate,
	Delivered,
	Delivery,
	Following,
	Looked,
	MachineFacts,
	Performed,
	Told,
	Outside as World,
} from "../durable-objects/outside.ts"
import type { Brought, Relaying, Taken } from "../durable-objects/relaying.ts"
import type { As } from "../durable-objects/schedule/schedule-store.ts"
import type { Decided } from "../durable-objects/triggers/deliveries.ts"
import type { Asked } from "../protocol/ask.ts"
import type { InboxItem } from "../protocol/attention.ts"
import type { MachineId, TriggerId } from "../protocol/ids.ts"
import type { Policy } from "../protocol/policy.ts"
import { can } from "../protocol/roles.ts"
import type { TaskView } from "../protocol/task.ts"
import type { Delivery as Hooked } from "../protocol/trigger.ts"
import { deliver } from "./channels/deliver.ts"
import { follow } from "./channels/follow.ts"
import { giveUp, handle } from "./channels/handle.ts"
import { relaysOf, takeBrought } from "./channels/weixin/relay.ts"
import { decideDelivery } from "./hooks/decided.ts"
import { reachAs } from "./reach.ts"
import { Registry } from "./registry.ts"
import { perform } from "./tasks/effects.ts"

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

	async machine(workspaceId: string, machine: MachineId): Promise<MachineFacts | null> {
		const entry = await new Registry(this.env.DB).machines.find(machine)
		if (entry === undefined || entry.workspaceId !== workspaceId || entry.revokedAt !== null) return null
		const { name, tags, members } = entry
		return { name, tags, members }
	}

	reach(workspaceId: string, as: As): Promise<Reach | null> {
		return reachAs(new Registry(this.env.DB), workspaceId, as)
	}

	decide(workspaceId: string, trigger: TriggerId, delivery: Hooked): Promise<Decided | null> {
		return decideDelivery(this.env, workspaceId, trigger, delivery)
	}

	async perform(workspaceId: string, effect: Further, task: TaskView): Promise<Performed> {
		try {
			return { is: "done", further: await perform(this.env, workspaceId, effect, task) }
		} catch (error) {
			return { is: "again", reason: error instanceof Error ? error.message : String(error) }
		}
	}

	relays(machine: MachineId): Promise<Asked<"relay">[]> {
		return relaysOf(this.env, machine)
	}

	relayed(machine: MachineId, brought: Brought): Promise<Taken> {
		return takeBrought(this.env, machine, brought)
	}
}
