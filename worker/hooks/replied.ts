// Telling a git hosting how a task goes that one of its deliveries made: as a comment at its end, or as a commit's status.
import type { Env } from "../../durable-objects/env.ts"
import { isEnd } from "../../durable-objects/ledger/course.ts"
import type { ReplyTo } from "../../durable-objects/ledger/held.ts"
import type { TaskView } from "../../protocol/task.ts"
import { workspaceOf } from "../feed.ts"
import type { TriggerEntry } from "../registry/triggers.ts"
import { Registry } from "../registry.ts"
import { openSecret } from "../secrets.ts"
import { record } from "../trail.ts"
import { commentReply, commentsSince, type Hosting, type Reply, statusReply } from "./reply.ts"
import { outcomeIn, sentence } from "./report.ts"

/** Rejects where it must be tried again. Comes when the task was submitted and when it is over; the same may come twice. */
export async function reply(env: Env, workspaceId: string, { trigger, about }: ReplyTo, task: TaskView): Promise<void> {
	const registry = new Registry(env.DB)
	const entry = await registry.triggers.find(trigger)
	if (entry === undefined || entry.workspaceId !== workspaceId) return
	try {
		const refused = await post(env, registry, entry, about, task)
		if (refused !== null) await tell(env, registry, entry, task, refused)
	} catch (error) {
		if (await workspaceOf(env, workspaceId).once(`unreplied ${trigger}`, TELL_EVERY_MS))
			await tell(env, registry, entry, task, error instanceof Error ? error.message : "")
		throw error
	}
}

/** Why the hosting will not take it, in whole sentences; null where it has, or nothing is to be said. */
async function post(
	env: Env,
	registry: Registry,
	{ workspaceId, trigger, origin }: TriggerEntry,
	about: ReplyTo["about"],
	task: TaskView,
): Promise<string | null> {
	const { source, reply, name } = trigger
	// Whoever has taken the reply away wants no more of them.
	if (reply === null || (source.is !== "github" && source.is !== "gitlab")) return null
	const token = await openSecret(env, registry, workspaceId, reply.secret)
	if (token === undefined) return `The workspace has no secret ${reply.secret}.`
	const url = `${origin}/tasks/${task.id}`
	if (reply.as === "status") {
		const status = { state: task.state.is, name: `homeport/${name}`, description: sentence(task), url }
		const request = statusReply(source, token, about, status)
		return request === null ? null : send(request)
	}
	if (!isEnd(task.state.is)) return null
	const mark = `<!-- homeport ${task.id} -->`
	const request = commentReply(source, token, about, `${outcomeIn(source, task, url)}\n\n${mark}`)
	return request === null || (await isThere(source, request, task, mark)) ? null : send(request)
}

async function send({ url, method, headers, body }: Reply): Promise<string | null> {
	const response = await call(url, { method, headers, body })
	await response.body?.cancel()
	if (response.ok) return null
	const reason = `${new URL(url).host} answered ${response.status}.`
	if (mayBeTaken(response)) throw new Error(reason)
	return reason
}

/** Whether it was told before: the hosting may have taken what it did not answer. */
async function isThere(
	source: Hosting,
	{ url, headers }: Reply,
	{ submittedAt }: TaskView,
	mark: string,
): Promise<boolean> {
	const response = await call(commentsSince(source, url, submittedAt), { headers })
	if (response.ok) return (await response.text()).includes(mark)
	// A token may write, and not read.
	await response.body?.cancel()
	return false
}

/** The token is for this address and no other. */
async function call(url: string, init: RequestInit): Promise<Response> {
	try {
		return await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(ANSWER_MS) })
	} catch {
		throw new Error(`${new URL(url).host} cannot be reached from here.`)
	}
}

/** Later, as it is. GitHub says 403 also to who comes too often. */
function mayBeTaken({ status, headers }: Response): boolean {
	const isTooOften = headers.get("x-ratelimit-remaining") === "0" || headers.has("retry-after")
	return status >= 500 || status === 408 || status === 429 || (status === 403 && isTooOften)
}

/** In the trail, for whoever wonders why nothing is said there. */
function tell(env: Env, registry: Registry, entry: TriggerEntry, { id }: TaskView, reason: string): Promise<void> {
	const { workspaceId, trigger } = entry
	const actor = { is: "rule", id: trigger.id, name: trigger.name } as const
	const of = { workspaceId, actor, target: { trigger: trigger.id, task: id } }
	return record(env, registry, of, {
		...{ action: "triggerHook", outcome: "channel_failed", address: null },
		detail: { reason },
	})
}

const ANSWER_MS = 15_000
/** What is tried again is not told each time. */
const TELL_EVERY_MS = 60 * 60_000
