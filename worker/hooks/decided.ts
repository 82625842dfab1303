// What a trigger of the registry makes of a delivery, as it is now, and as whom.
import type { Env } from "../../durable-objects/env.ts"
import type { Decided } from "../../durable-objects/triggers/deliveries.ts"
import type { TriggerId } from "../../protocol/ids.ts"
import type { Delivery } from "../../protocol/trigger.ts"
import { reachAs } from "../reach.ts"
import { Registry } from "../registry.ts"
import { decide } from "./decide.ts"

/** Null where the workspace has no such trigger any more. */
export async function decideDelivery(
	env: Env,
	workspaceId: string,
	id: TriggerId,
	delivery: Delivery,
): Promise<Decided | null> {
	const registry = new Registry(env.DB)
	const entry = await registry.triggers.find(id)
	if (entry === undefined || entry.workspaceId !== workspaceId) return null
	const { trigger, as } = entry
	const { name, tasksPerHour } = trigger
	return {
		outcome: decide(trigger, delivery, newMark()),
		reach: as === null ? null : await reachAs(registry, workspaceId, as),
		isReplied: trigger.reply !== null,
		...{ name, tasksPerHour },
	}
}

/** Nobody who writes a delivery can know it. */
function newMark(): string {
	return crypto.getRandomValues(new Uint8Array(MARK_BYTES)).toHex()
}

const MARK_BYTES = 10
