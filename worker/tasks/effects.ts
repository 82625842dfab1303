// What is done outside because a task is over: people are told, an address is posted to, a git hosting is replied to.
import type { Env } from "../../durable-objects/env.ts"
import type { Effect } from "../../durable-objects/ledger/held.ts"
import { never } from "../../protocol/errors.ts"
import type { TaskView } from "../../protocol/task.ts"
import { reply } from "../hooks/replied.ts"

/** Rejects where it must be tried again; the same effect may come twice. */
export async function perform(
	env: Env,
	workspaceId: string,
	{ follow }: Pick<Effect, "id" | "follow">,
	task: TaskView,
): Promise<void> {
	switch (follow.is) {
		case "notify":
			return
		case "webhook":
			return
		case "reply":
			return reply(env, workspaceId, follow.to, task)
		default:
			never(follow)
	}
}
