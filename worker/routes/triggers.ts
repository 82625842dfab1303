// Triggers: made, changed, tried against what came, and what came of each delivery.
import { Refusal } from "../../protocol/errors.ts"
import { newTriggerId } from "../../protocol/ids.ts"
import { TRIGGERS_PER_WORKSPACE } from "../../protocol/limits.ts"
import { DELIVERY_SHOWN_CHARS } from "../../protocol/trigger.ts"
import type { Handlers } from "../call.ts"
import { changed } from "../feed.ts"
import { preview } from "../hooks/decide.ts"
import { triggerHook } from "../hooks/door.ts"
import { findTrigger, savedBy, shown } from "../triggers.ts"
import { workOf } from "../work.ts"

export const triggers: Handlers<
	| "listTriggers"
	| "createTrigger"
	| "editTrigger"
	| "removeTrigger"
	| "listDeliveries"
	| "repeatDelivery"
	| "previewTrigger"
	| "triggerHook"
> = {
	async listTriggers({ registry, principal, origin }) {
		const entries = await registry.triggers.list(principal.membership.workspaceId)
		return { triggers: entries.map(({ trigger }) => shown(trigger, origin)) }
	},

	async createTrigger({ env, registry, principal, origin, traced, body }) {
		const { workspaceId } = principal.membership
		const saved = await savedBy(registry, principal, body.trigger, origin)
		if (await registry.triggers.isFull(workspaceId))
			throw new Refusal("too_many", `A workspace has at most ${TRIGGERS_PER_WORKSPACE} triggers.`)
		const id = newTriggerId()
		const createdAt = Date.now()
		traced.target = { trigger: id }
		if (!(await registry.triggers.add(id, workspaceId, saved, createdAt))) throw new Refusal("name_taken")
		await changed(env, workspaceId, "triggers")
		return shown({ ...saved.spec, id, createdAt, lastDeliveryAt: null }, origin)
	},

	async editTrigger({ env, registry, principal, origin, params, body }) {
		const { workspaceId, trigger } = await findTrigger(registry, principal, params.trigger)
		const saved = await savedBy(registry, principal, body.trigger, origin)
		if (!(await registry.triggers.change(trigger.id, saved))) throw new Refusal("name_taken")
		await changed(env, workspaceId, "triggers")
		const { id, createdAt, lastDeliveryAt } = trigger
		return shown({ ...saved.spec, id, createdAt, lastDeliveryAt }, origin)
	},

	async removeTrigger({ env, registry, principal, params }) {
		const { workspaceId, trigger } = await findTrigger(registry, principal, params.trigger)
		await registry.triggers.remove(trigger.id)
		// What comes in between finds no trigger when it is decided, and goes then.
		await workOf(env, workspaceId).forgetTrigger(trigger.id)
		await changed(env, workspaceId, "triggers")
		return {}
	},

	async listDeliveries({ env, registry, principal, params }) {
		const { workspaceId, trigger } = await findTrigger(registry, principal, params.trigger)
		const kept = await workOf(env, workspaceId).deliveries(trigger.id)
		return {
			deliveries: kept.map(({ number, delivery, again, outcome, task }) => {
				const { body } = delivery
				const cut = { ...delivery, body: body.slice(0, DELIVERY_SHOWN_CHARS) }
				return { number, delivery: cut, isCut: cut.body !== body, again, outcome, task }
			}),
		}
	},

	async repeatDelivery({ env, registry, principal, params }) {
		const { workspaceId, trigger } = await findTrigger(registry, principal, params.trigger)
		if (!(await workOf(env, workspaceId).repeat(trigger.id, params.number)))
			throw new Refusal("not_found", "It is not kept any more, or not decided yet.")
		return {}
	},

	async previewTrigger({ env, registry, principal, body }) {
		const { of, payload } = body
		const written = payload === undefined ? [] : [{ ...payload, id: "", keys: ["written"], at: Date.now() }]
		const entry = of === undefined ? null : await findTrigger(registry, principal, of)
		const kept = entry === null ? [] : await workOf(env, entry.workspaceId).deliveries(entry.trigger.id)
		const deliveries = [...written, ...kept.map(({ delivery }) => delivery)]
		const outcomes = preview(body.trigger, deliveries)
		return {
			outcomes: deliveries.flatMap(({ id }, at) => {
				const outcome = outcomes[at]
				return outcome === undefined ? [] : [{ delivery: id, outcome }]
			}),
		}
	},

	triggerHook,
}
