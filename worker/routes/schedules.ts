// Schedules.
import { Refusal } from "../../protocol/errors.ts"
import type { Handlers } from "../call.ts"

export const schedules: Handlers<
	| "listSchedules"
	| "showSchedule"
	| "createSchedule"
	| "editSchedule"
	| "pauseSchedule"
	| "removeSchedule"
	| "runSchedule"
	| "listOccurrences"
	| "previewSchedule"
> = {
	async listSchedules() {
		throw new Refusal("internal")
	},
	async showSchedule() {
		throw new Refusal("internal")
	},
	async createSchedule() {
		throw new Refusal("internal")
	},
	async editSchedule() {
		throw new Refusal("internal")
	},
	async pauseSchedule() {
		throw new Refusal("internal")
	},
	async removeSchedule() {
		throw new Refusal("internal")
	},
	async runSchedule() {
		throw new Refusal("internal")
	},
	async listOccurrences() {
		throw new Refusal("internal")
	},
	async previewSchedule() {
		throw new Refusal("internal")
	},
}
