// What a trigger of the registry makes of a delivery.
import type { Env } from "../../durable-objects/env.ts"
import type { Decided } from "../../durable-objects/triggers/deliveries.ts"
import type { TriggerId } from "../../protocol/ids.ts"
import type { Delivery } from "../../protocol/trigger.ts"

/** Null where the workspace has no such trigger any more. */
export async function decideDelivery(
	_env: Env,
	_workspaceId: string,
	_trigger: TriggerId,
	_delivery: Delivery,
): Promise<Decided | null> {
	return null
}
