// Which attempt of a task what is told of it comes from.
import type { TaskView } from "../../protocol/task.ts"

/** The one that a machine has told of last: the next may be given out already. Null before the first. */
export function attemptTold({ events }: TaskView): number | null {
	return events.findLast(({ by, attempt }) => by.is === "machine" && attempt > 0)?.attempt ?? null
}
