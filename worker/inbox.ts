// The way from the edge to a workspace's inbox: who sees which request, and who answers it as whom.
import type { Outcome } from "../durable-objects/asks.ts"
import type { Env } from "../durable-objects/env.ts"
import type { Answerer, Choice, InboxItem, Via } from "../protocol/attention.ts"
import { Refusal } from "../protocol/errors.ts"
import type { RequestId } from "../protocol/ids.ts"
import type { Principal } from "./access.ts"
import { unwrap } from "./errors.ts"
import { workspaceOf } from "./feed.ts"
import { findMachine, listMachines } from "./machines.ts"
import type { Registry } from "./registry.ts"

/** Everything that waits on the machines that the principal sees, the most urgent first. */
export async function listInbox(env: Env, registry: Registry, principal: Principal): Promise<InboxItem[]> {
	const [machines, items] = await Promise.all([
		listMachines(registry, principal),
		workspaceOf(env, principal.membership.workspaceId).inbox() as Promise<InboxItem[]>,
	])
	const seen = new Set<string>(machines.map(({ id }) => id))
	return items.filter(({ machine }) => seen.has(machine))
}

export interface Found {
	item: InboxItem
	/** The inbox has it: who answers it is in the trail by the inbox. What is over for long is history alone. */
	isHeld: boolean
}

/** The request of that id, also one that is over. Throws Refusal("not_found") also for one of a machine that they do not see. */
export async function findRequest(env: Env, registry: Registry, principal: Principal, id: RequestId): Promise<Found> {
	const { workspaceId } = principal.membership
	const held = (await workspaceOf(env, workspaceId).request(id)) as InboxItem | null
	const item = held ?? (await registry.attention.find(workspaceId, id))
	if (item === undefined) throw new Refusal("not_found")
	await findMachine(registry, principal, item.machine)
	return { item, isHeld: held !== null }
}

/**
 * Answers as this principal, who may type: the route, or the chat, has asked the table of roles. The answer is `answering`
 * where the machine has not told yet what came of it. Throws what the inbox refuses with.
 */
export async function answerRequest(
	env: Env,
	principal: Principal,
	{ item, isHeld }: Found,
	{ choice, via, address }: { choice: Choice; via: Via; address: string | null },
): Promise<InboxItem> {
	if (!isHeld) throw overBy(item)
	const inbox = workspaceOf(env, principal.membership.workspaceId)
	const answered = (await inbox.answer(item.id, choice, answerer(principal, via), address)) as Outcome<InboxItem>
	return unwrap(answered)
}

/** Takes it off the inbox as this principal. */
export async function dismissRequest(
	env: Env,
	principal: Principal,
	{ item, isHeld }: Found,
	{ via, address }: { via: Via; address: string | null },
): Promise<InboxItem> {
	if (!isHeld) throw overBy(item)
	const inbox = workspaceOf(env, principal.membership.workspaceId)
	const dismissed = (await inbox.dismissRequest(item.id, answerer(principal, via), address)) as Outcome<InboxItem>
	return unwrap(dismissed)
}

function overBy({ state }: InboxItem): Refusal {
	return new Refusal(state.is === "answered" ? "request_answered" : "request_gone")
}

function answerer({ is, id, name }: Principal, via: Via): Answerer {
	return { is, id, name, via }
}
