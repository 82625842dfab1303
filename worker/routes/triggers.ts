// Triggers.
import { Refusal } from "../../protocol/errors.ts"
import type { Handlers } from "../call.ts"

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
	async listTriggers() {
		throw new Refusal("internal")
	},
	async createTrigger() {
		throw new Refusal("internal")
	},
	async editTrigger() {
		throw new Refusal("internal")
	},
	async removeTrigger() {
		throw new Refusal("internal")
	},
	async listDeliveries() {
		throw new Refusal("internal")
	},
	async repeatDelivery() {
		throw new Refusal("internal")
	},
	async previewTrigger() {
		throw new Refusal("internal")
	},
	async triggerHook() {
		throw new Refusal("internal")
	},
}
