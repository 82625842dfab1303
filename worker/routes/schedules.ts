// Schedules: work that is submitted by the clock, as whoever has said last what it is.
import { Refusal } from "../../protocol/errors.ts"
import type { Author } from "../../protocol/schedule.ts"
import type { Principal } from "../access.ts"
import type { Call, Handlers } from "../call.ts"
import { unwrap } from "../errors.ts"
import { asOf } from "../reach.ts"
import { mustMayAsk } from "../tasks/may-ask.ts"
import { workOf } from "../work.ts"

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
	async listSchedules(call) {
		const { after, limit } = call.query
		return { schedules: await workIn(call).schedules(after, limit) }
	},

	async showSchedule(call) {
		const schedule = await workIn(call).schedule(call.params.schedule)
		if (schedule === null) throw new Refusal("not_found")
		return schedule
	},

	async createSchedule(call) {
		const { registry, principal, traced, body } = call
		await mustMayAsk(registry, principal, [body.manifest])
		const schedule = unwrap(await workIn(call).createSchedule(body, authorOf(principal), asOf(principal)))
		traced.target = { schedule: schedule.id }
		return schedule
	},

	async editSchedule(call) {
		const { registry, principal, params, body } = call
		await mustMayAsk(registry, principal, [body.manifest])
		return unwrap(await workIn(call).editSchedule(params.schedule, body, asOf(principal)))
	},

	async pauseSchedule(call) {
		const { params, body } = call
		return unwrap(await workIn(call).pauseSchedule(params.schedule, body.isPaused))
	},

	async removeSchedule(call) {
		unwrap(await workIn(call).removeSchedule(call.params.schedule))
		return {}
	},

	async runSchedule(call) {
		const { principal, params, body } = call
		return unwrap(await workIn(call).runSchedule(params.schedule, authorOf(principal), body.nonce))
	},

	async listOccurrences(call) {
		const { params, query } = call
		const work = workIn(call)
		if ((await work.schedule(params.schedule)) === null) throw new Refusal("not_found")
		return { occurrences: await work.occurrences(params.schedule, query.before ?? null, query.limit) }
	},

	async previewSchedule(call) {
		const { when, most } = call.body
		return { times: unwrap(await workIn(call).previewSchedule(when, most)) }
	},
}

function workIn({ env, principal }: Pick<Call<"showSchedule">, "env" | "principal">) {
	return workOf(env, principal.membership.workspaceId)
}

function authorOf({ is, id, name }: Principal): Author {
	return { is, id, name }
}
