// Telling a git hosting how a task goes that one of its deliveries made.
import type { Env } from "../../durable-objects/env.ts"
import type { ReplyTo } from "../../durable-objects/ledger/held.ts"
import type { TaskView } from "../../protocol/task.ts"

/** Rejects where it must be tried again. Comes when the task was submitted and when it is over; the same may come twice. */
export async function reply(_env: Env, _workspaceId: string, _to: ReplyTo, _task: TaskView): Promise<void> {}
