// A task's changes as they happen, until its end.
import { isEnd } from "../../durable-objects/ledger/course.ts"
import type { TaskId } from "../../protocol/ids.ts"
import type { TaskView } from "../../protocol/task.ts"
import { isSeen } from "../tasks.ts"
import type { workOf } from "../work.ts"
import type { Event } from "./event-stream.ts"
import type { Sight } from "./sight.ts"

/** Cut after a while: whoever goes on asks again. One request may make only so many calls. */
export const FOLLOWED_MS = 5 * 60_000
/** Proxies end a connection that is silent for a minute. */
const BEAT_MS = 20_000

interface Following {
	work: Pick<ReturnType<typeof workOf>, "next">
	task: TaskId
	sees: Sight
	/** The sequence of the last change that they know. */
	after: number
}

export async function* changesOf({ work, task: id, sees, after }: Following): AsyncGenerator<Event, void> {
	const until = Date.now() + FOLLOWED_MS
	let last = after
	for (let waitMs = 0; Date.now() < until; waitMs = BEAT_MS) {
		const task = await work.next(id, last, waitMs)
		if (task === null || !isSeen(task, await sees())) return
		const told = changesAfter(task, last)
		yield* told
		last = Math.max(last, task.events.at(-1)?.sequence ?? 0)
		if (isEnd(task.state.is)) return yield { is: "end" }
		if (told.length === 0) yield { is: "beat" }
	}
}

/** Of a task that is history alone. */
export async function* pastChangesOf(task: TaskView, after: number): AsyncGenerator<Event, void> {
	yield* changesAfter(task, after)
	yield { is: "end" }
}

function changesAfter({ events }: TaskView, after: number): Event[] {
	return events
		.filter(({ sequence }) => sequence > after)
		.map((event) => ({ is: "change", id: String(event.sequence), data: event }))
}
