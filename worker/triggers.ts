// A trigger before it is saved: what it names must be there, and it gives nobody more than whoever saves it has.
import { Refusal } from "../protocol/errors.ts"
import type { TriggerId } from "../protocol/ids.ts"
import type { Trigger, TriggerSpec } from "../protocol/trigger.ts"
import type { Principal } from "./access.ts"
import { templateRefusal } from "./hooks/template.ts"
import { asOf } from "./reach.ts"
import type { SavedTrigger, TriggerEntry } from "./registry/triggers.ts"
import type { Registry } from "./registry.ts"

/** Throws Refusal("invalid_request") for a template that fails whatever comes, and Refusal("not_found") for a secret. */
export async function savedBy(
	registry: Registry,
	principal: Principal,
	spec: TriggerSpec,
	origin: string,
): Promise<SavedTrigger> {
	const refusal = templateRefusal(spec.template)
	if (refusal !== null) throw new Refusal("invalid_request", refusal)
	const { workspaceId } = principal.membership
	const known = new Set((await registry.secrets.list(workspaceId)).map(({ name }) => name))
	const missing = [spec.secret, spec.previousSecret, spec.reply?.secret].find(
		(name) => name != null && !known.has(name),
	)
	if (missing !== undefined) throw new Refusal("not_found", `The workspace has no secret ${missing}.`)
	return { spec, as: asOf(principal), origin }
}

/** Throws Refusal("not_found") also for another workspace's. */
export async function findTrigger(registry: Registry, principal: Principal, id: TriggerId): Promise<TriggerEntry> {
	const entry = await registry.triggers.find(id)
	if (entry === undefined || entry.workspaceId !== principal.membership.workspaceId) throw new Refusal("not_found")
	return entry
}

/** With the address that its service posts to. */
export function shown(trigger: Trigger, origin: string): Trigger & { url: string } {
	return { ...trigger, url: `${origin}/api/hooks/triggers/${trigger.id}` }
}
