// What is done outside because of how a task goes: people are told, an address is posted to, a git hosting is replied to.
import type { Env } from "../../durable-objects/env.ts"
import type { Further } from "../../durable-objects/ledger/effects.ts"
import { never } from "../../protocol/errors.ts"
import type { DestinationId } from "../../protocol/ids.ts"
import { can } from "../../protocol/roles.ts"
import type { TaskView } from "../../protocol/task.ts"
import { deliverTask } from "../channels/deliver-task.ts"
import { reply } from "../hooks/replied.ts"
import { Registry } from "../registry.ts"
import { postTask } from "./webhook.ts"

/** Answers what else is to be done, each by itself. Rejects where it must be tried again: the same may come twice. */
export async function perform(
	env: Env,
	workspaceId: string,
	{ id, follow }: Further,
	task: TaskView,
): Promise<Further[]> {
	switch (follow.is) {
		case "notify": {
			const places = await placesFor(env, workspaceId, task)
			const chosen = places.filter((id) => follow.to === undefined || id === follow.to)
			return chosen.map((destination) => ({ id: `${id}/${destination}`, follow: { is: "tell", destination } }))
		}
		case "tell": {
			// Roles and machines change between two tries.
			const isFor = (await placesFor(env, workspaceId, task)).includes(follow.destination)
			if (isFor) await deliverTask(env, workspaceId, follow.destination, task)
			return []
		}
		case "webhook":
			await postTask(env, workspaceId, { id, url: follow.url, secret: follow.secret }, task)
			return []
		case "reply":
			await reply(env, workspaceId, follow.to, task)
			return []
		default:
			never(follow)
	}
}

/** Every place of everybody who sees the task. */
async function placesFor(env: Env, workspaceId: string, { machine }: TaskView): Promise<DestinationId[]> {
	const registry = new Registry(env.DB)
	const entry = machine === null ? undefined : await registry.machines.find(machine)
	const places = await registry.attention.places(workspaceId)
	return places
		.filter(({ isGone, role }) => !isGone && can(role, "session:watch"))
		.filter(
			({ userId, role }) =>
				machine === null || role === "owner" || entry?.members === null || entry?.members.includes(userId) === true,
		)
		.map(({ id }) => id)
}
