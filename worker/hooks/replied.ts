// Telling a git hosting how a task goes that one of its deliveries made: as a comment at its end, or as a commit's status.
import type { Env } from "../../durable-objects/env.ts"
import { isEnd } from "../../durable-objects/ledger/course.ts"
import type { ReplyTo } from "../../durable-objects/ledger/held.ts"
import type { TaskView } from "../../protocol/task.ts"
import type { TriggerEntry } from "../registry/triggers.ts"
import { Registry } from "../registry.ts"
import { openSecret } from "../secrets.ts"
import { record } from "../trail.ts"
import { commentReply, commentsSince, type Hosting, type Reply, statusReply } from "./reply.ts"
import { outcomeIn, sentence } from "./report.ts"

/** Rejects where it must be tried again. Comes when the task was submitted and when it is over; the same may come twice. */
export async function reply(
	env: Env,
	workspaceId: string,
	{ trigger: id, about }: ReplyTo,
	task: TaskView,
): Promise<void> {
	const registry = new Registry(env.DB)
	const entry = await registry.triggers.find(id)
	// Whoever has taken the trigger or its reply away wants no more of them.
	if (entry === undefined || entry.workspaceId !== workspaceId || entry.trigger.reply === null) return
	const { source, reply, name } = entry.trigger
	if (source.is !== "github" && source.is !== "gitlab") return
	const token = await openSecret(env, registry, workspaceId, reply.secret)
	const refused = (reason: string) => tell(env, registry, entry, task, reason)
	if (token === undefined) return refused(`The workspace has no secret ${reply.secret}.`)
	const url = `${entry.origin}/tasks/${task.id}`
	if (reply.as === "status") {
		const description = sentence(task)
		const request = statusReply(source, token, about, {
			state: task.state.is,
			name: `homeport/${name}`,
			description,
			url,
		})
		if (request !== null) await send(request, refused)
		return
	}
	if (!isEnd(task.state.is)) return
	const mark = `<!-- homeport ${task.id} -->`
	const request = commentReply(source, token, about, `${outcomeIn(source, task, url)}\n\n${mark}`)
	if (request !== null && !(await isThere(source, request, task, mark))) await send(request, refused)
}

async function send(request: Reply, refused: (reason: string) => Promise<void>): Promise<void> {
	const { url, method, headers, body } = request
	const response = await fetch(url, {
		method,
		headers,
		body,
		redirect: "manual",
		signal: AbortSignal.timeout(ANSWER_MS),
	})
	await response.body?.cancel()
	if (response.ok) return
	const reason = `${new URL(url).host} answered ${response.status}.`
	if (mayBeTaken(response)) throw new Error(reason)
	await refused(reason)
}

/** Whether it was told before: the hosting may have taken what it did not answer. */
async function isThere(
	source: Hosting,
	{ url, headers }: Reply,
	{ submittedAt }: TaskView,
	mark: string,
): Promise<boolean> {
	const asked = commentsSince(source, url, submittedAt)
	const response = await fetch(asked, { headers, redirect: "manual", signal: AbortSignal.timeout(ANSWER_MS) })
	// A token may write, and not read.
	return response.ok && (await response.text()).includes(mark)
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
