// A trigger before it is saved: what it names must be there, and it gives nobody more than whoever saves it has.
import { Refusal } from "../protocol/errors.ts"
import type { TriggerId } from "../protocol/ids.ts"
import type { Manifest } from "../protocol/task.ts"
import type { Trigger, TriggerSpec } from "../protocol/trigger.ts"
import { mustBeAllowed, type Principal } from "./access.ts"
import { templateRefusal } from "./hooks/template.ts"
import { asOf } from "./reach.ts"
import type { SavedTrigger, TriggerEntry } from "./registry/triggers.ts"
import type { Registry } from "./registry.ts"
import { mustMayAsk } from "./tasks/may-ask.ts"

/** Throws Refusal for a template that fails whatever comes, a secret that is not there, and what they may not ask for. */
export async function savedBy(
	registry: Registry,
	principal: Principal,
	spec: TriggerSpec,
	origin: string,
): Promise<SavedTrigger> {
	mustBeAllowed(principal, "secret:read")
	const refusal = templateRefusal(spec.template)
	if (refusal !== null) throw new Refusal("invalid_request", refusal)
	const { workspaceId } = principal.membership
	const known = new Set((await registry.secrets.list(workspaceId)).map(({ name }) => name))
	const named = [spec.secret, spec.previousSecret, spec.reply?.secret].filter((name) => name !== undefined)
	const missing = named.find((name) => !known.has(name))
	if (missing !== undefined) throw new Refusal("not_found", `The workspace has no secret ${missing}.`)
	await mustMayAsk(registry, principal, [asOfDelivery(spec)])
	return { spec, as: asOf(principal), origin }
}

/** The manifest as deliveries complete it: with a prompt, and the repository of the event if that is worked on. */
function asOfDelivery({ manifest, template, workOn, source }: TriggerSpec): Manifest {
	const prompt = template
	if (workOn !== "event" || !("url" in source)) return { ...manifest, prompt }
	const own = manifest.workOn?.is === "repository" ? manifest.workOn : {}
	return { ...manifest, prompt, workOn: { ...own, is: "repository", url: source.url } }
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
