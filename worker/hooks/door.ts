// The door that services knock at: a delivery is verified over its bytes as they came, and kept before it is thanked.
import { Refusal } from "../../protocol/errors.ts"
import { readBounded } from "../body.ts"
import type { Call, Handler } from "../call.ts"
import { workspaceOf } from "../feed.ts"
import type { TriggerEntry } from "../registry/triggers.ts"
import { openSecret } from "../secrets.ts"
import { NOBODY, record } from "../trail.ts"
import { workOf } from "../work.ts"
import { verify } from "./verify.ts"

/** 202 also for what has come before: it is done. A service that gets anything else may bring it again. */
export const triggerHook: Handler<"triggerHook"> = async (call) => {
	const { env, registry, request, params } = call
	const entry = await registry.triggers.find(params.trigger)
	if (entry === undefined) throw new Refusal("not_found")
	const { workspaceId, trigger } = entry
	const now = Date.now()
	const body = await readBounded(request)
	const verdict = await verify(trigger.source, await secretsOf(call, entry), {
		headers: request.headers,
		body,
		at: now,
	})
	if (verdict.is === "refused") {
		await told(call, entry, verdict.code, verdict.reason)
		throw new Refusal(verdict.code, verdict.reason)
	}
	const taken = await workOf(env, workspaceId).deliver(trigger.id, verdict.delivery)
	if (taken === "full") throw new Refusal("too_many", "They are kept as soon as those before them are decided.")
	await registry.triggers.touch(trigger.id, now - TOUCH_EVERY_MS, now)
	return Response.json({}, { status: 202 })
}

/** The trigger's, and the one before it while that is still taken. Whoever knocks is not told what they are called. */
async function secretsOf(call: Call<"triggerHook">, entry: TriggerEntry): Promise<string[]> {
	const { env, registry } = call
	const { workspaceId, trigger } = entry
	const names = [trigger.secret, trigger.previousSecret].filter((name) => name !== undefined)
	const opened = await Promise.allSettled(names.map((name) => openSecret(env, registry, workspaceId, name)))
	const secrets = opened.flatMap((each) =>
		each.status === "fulfilled" && each.value !== undefined ? [each.value] : [],
	)
	if (secrets.length > 0) return secrets
	const reason = "The trigger's secret is not there, or cannot be opened any more."
	await told(call, entry, "delivery_refused", reason)
	throw new Refusal("delivery_refused", reason)
}

/** In the trail, for whoever wonders why nothing comes; and not each of a flood of them. */
async function told(
	{ env, registry, address }: Call<"triggerHook">,
	{ workspaceId, trigger }: TriggerEntry,
	outcome: string,
	reason: string,
): Promise<void> {
	if (!(await workspaceOf(env, workspaceId).once(`refused ${trigger.id} ${reason}`, TELL_EVERY_MS))) return
	const of = { workspaceId, actor: NOBODY, target: { trigger: trigger.id } }
	await record(env, registry, of, { action: "triggerHook", outcome, address, detail: { reason } })
}

/** A write for each delivery would tell no more. */
const TOUCH_EVERY_MS = 60_000
const TELL_EVERY_MS = 60_000
