// Routes about triggers: webhooks that become tasks, their deliveries, and the address that services post to.
import * as z from "zod"
import { TaskId, TriggerId } from "../ids.ts"
import type { Shape } from "../route.ts"
import { Time } from "../session.ts"
import { Delivery, Outcome, Trigger, TriggerSpec } from "../trigger.ts"

const ofTrigger = z.object({ trigger: TriggerId })
const done = z.object({})

/** A delivery, and what became of it. */
const DeliveryView = z
	.object({
		number: z.int(),
		delivery: Delivery,
		/** Its body is longer than is shown here. */
		isCut: z.boolean(),
		/** How often it was done again. */
		again: z.int(),
		/** Null while it is being decided. */
		outcome: z.object({ is: z.enum(["task", "ignored", "failed"]), reason: z.string(), at: Time }).nullable(),
		task: TaskId.nullable(),
	})
	.meta({ id: "DeliveryView" })
export type DeliveryView = z.infer<typeof DeliveryView>

export const triggerRoutes = {
	listTriggers: {
		method: "GET",
		path: "/api/triggers",
		may: "trigger:manage",
		summary: "Triggers by name, each with the address for its service",
		answer: z.object({ triggers: z.array(Trigger.and(z.object({ url: z.url() }))) }),
	},
	createTrigger: {
		method: "POST",
		path: "/api/triggers",
		may: "trigger:manage",
		summary: "Make a trigger",
		body: z.object({ trigger: TriggerSpec }),
		answer: Trigger.and(z.object({ url: z.url() })),
	},
	editTrigger: {
		method: "PUT",
		path: "/api/triggers/:trigger",
		may: "trigger:manage",
		summary: "Replace a trigger",
		params: ofTrigger,
		body: z.object({ trigger: TriggerSpec }),
		answer: Trigger.and(z.object({ url: z.url() })),
	},
	removeTrigger: {
		method: "DELETE",
		path: "/api/triggers/:trigger",
		may: "trigger:manage",
		summary: "Remove a trigger and its deliveries; tasks that it has made go on",
		params: ofTrigger,
		answer: done,
	},
	listDeliveries: {
		method: "GET",
		path: "/api/triggers/:trigger/deliveries",
		may: "trigger:manage",
		summary: "A trigger's last deliveries and what became of each",
		params: ofTrigger,
		answer: z.object({ deliveries: z.array(DeliveryView) }),
	},
	repeatDelivery: {
		method: "POST",
		path: "/api/triggers/:trigger/deliveries/:number/repeat",
		may: "trigger:manage",
		summary: "Do a delivery once more as it came",
		params: z.object({ trigger: TriggerId, number: z.coerce.number().pipe(z.int().min(1)) }),
		answer: done,
	},
	previewTrigger: {
		method: "POST",
		path: "/api/triggers/preview",
		may: "trigger:manage",
		summary:
			"What a trigger that is being written makes of the last deliveries of one that is there, or of this payload",
		body: z.object({
			trigger: TriggerSpec,
			of: TriggerId.optional(),
			/** JSON, with what the service calls the event. */
			payload: z.object({ event: z.string().max(64).default(""), body: z.string().max(262_144) }).optional(),
		}),
		answer: z.object({ outcomes: z.array(z.object({ delivery: z.string(), outcome: Outcome })) }),
		audited: false,
	},
	triggerHook: {
		method: "POST",
		path: "/api/hooks/triggers/:trigger",
		may: "anybody",
		summary: "Where a service posts what has happened, signed with the trigger's secret",
		params: ofTrigger,
		/** 202: it is kept, and what comes of it comes later. */
		kind: "file",
		audited: false,
	},
} as const satisfies Record<string, Shape>
