// Tasks: submitted, watched and changed by people; what their machines need of the home.
import * as z from "zod"
import { Refusal } from "../../protocol/errors.ts"
import { Manifest } from "../../protocol/task.ts"
import type { Handlers } from "../call.ts"
import { artifactOf } from "../tasks/artifact.ts"
import { eventStream } from "../tasks/event-stream.ts"
import { changesOf, pastChangesOf } from "../tasks/follow.ts"
import { inputOf, keep, manifestOf, secretsOf } from "../tasks/for-machine.ts"
import { outputOf, type Place, pastOutputOf } from "../tasks/output.ts"
import { sightOf } from "../tasks/sight.ts"
import { keepUpload } from "../tasks/uploads.ts"
import { cancelTask, editTask, findTask, listTasks, moveTask, retryTask, steerTask, submitTasks } from "../tasks.ts"
import { workOf } from "../work.ts"

export const tasks: Handlers<
	| "listTasks"
	| "showTask"
	| "submitTasks"
	| "editTask"
	| "moveTask"
	| "cancelTask"
	| "retryTask"
	| "steerTask"
	| "followTask"
	| "followTaskLog"
	| "readArtifact"
	| "upload"
	| "readTaskLimits"
	| "writeTaskLimits"
	| "taskSchema"
	| "taskSecrets"
	| "taskInput"
	| "keepArtifact"
> = {
	async listTasks(call) {
		return listTasks(call, call.query)
	},

	async showTask(call) {
		const { task, manifest } = await findTask(call, call.params.task)
		if (manifest === null) throw new Refusal("too_large", "This task was over long ago, and its manifest was not kept.")
		return { task, manifest }
	},

	async submitTasks(call) {
		const tasks = await submitTasks(call, call.body)
		call.traced.target = { task: tasks.map(({ id }) => id).join(" ") }
		return { tasks }
	},

	async editTask(call) {
		return { task: await editTask(call, call.params.task, call.body.manifest) }
	},

	async moveTask(call) {
		return { task: await moveTask(call, call.params.task, call.body.before) }
	},

	async cancelTask(call) {
		return { task: await cancelTask(call, call.params.task, call.body.reason) }
	},

	async retryTask(call) {
		return { task: await retryTask(call, call.params.task, call.body.key) }
	},

	async steerTask(call) {
		return { task: await steerTask(call, call.params.task, call.body.id, call.body.text) }
	},

	async followTask(call) {
		const { task, isHeld } = await findTask(call, call.params.task)
		const after = Number(/^\d{1,9}$/.exec(lastId(call.request))?.[0] ?? 0)
		if (!isHeld) return eventStream(pastChangesOf(task, after))
		const work = workOf(call.env, call.principal.membership.workspaceId)
		return eventStream(changesOf({ work, task: task.id, sees: sightOf(call), after }))
	},

	async followTaskLog(call) {
		const { env, principal } = call
		const { task, isHeld } = await findTask(call, call.params.task)
		const after = placeIn(lastId(call.request))
		const sees = sightOf(call)
		if (!isHeld) return eventStream(pastOutputOf(env, task, sees, after))
		const work = workOf(env, principal.membership.workspaceId)
		return eventStream(outputOf({ env, work, task: task.id, sees, after }))
	},

	async readArtifact(call) {
		const { env, principal, params, query } = call
		const { task } = await findTask(call, params.task)
		return artifactOf(env, principal.membership.workspaceId, task, query.path)
	},

	async upload({ env, registry, principal, request, traced }) {
		const kept = await keepUpload(env, registry, principal, request)
		traced.target = { upload: kept.id }
		return kept
	},

	async readTaskLimits({ env, principal }) {
		return workOf(env, principal.membership.workspaceId).limits()
	},

	async writeTaskLimits({ env, principal, body }) {
		await workOf(env, principal.membership.workspaceId).setLimits(body)
		return body
	},

	async taskSchema({ origin }) {
		const schema = { ...z.toJSONSchema(Manifest, { io: "input" }), $id: `${origin}/api/task.schema.json` }
		return Response.json(schema, { headers: { "content-type": "application/schema+json" } })
	},

	async taskSecrets({ env, registry, dialler, traced, params: { task }, body: { fence, session } }) {
		traced.target = { machine: dialler.id, session, task }
		const manifest = await manifestOf(env, dialler, { task, fence })
		return secretsOf(env, registry, dialler, manifest)
	},

	async taskInput({ env, dialler, params: { task, upload }, query: { fence } }) {
		const manifest = await manifestOf(env, dialler, { task, fence })
		return inputOf(env, dialler, manifest, upload)
	},

	async keepArtifact({ env, dialler, request, params: { task, hash }, query: { fence } }) {
		await manifestOf(env, dialler, { task, fence })
		return { isKept: await keep(env, dialler, { task, hash, request }) }
	},
}

/** What a reader that was cut off has read last. */
function lastId(request: Request): string {
	return request.headers.get("last-event-id") ?? ""
}

function placeIn(id: string): Place | null {
	const [, attempt, sequence] = /^(\d{1,9}):(\d{1,15})$/.exec(id) ?? []
	return attempt === undefined ? null : { attempt: Number(attempt), sequence: Number(sequence) }
}
