// Waits for tasks to be over: all of them, or the first. Looks again whenever the home says that tasks have changed.
import { setTimeout as delay } from "node:timers/promises"
import type { Client } from "../protocol/client.ts"
import { REFUSALS, Refusal } from "../protocol/errors.ts"
import type { TaskId } from "../protocol/ids.ts"
import type { TaskView } from "../protocol/task.ts"
import type { Credentials } from "./credentials.ts"
import { isOver } from "./describe-task.ts"
import { Failure } from "./exit.ts"
import { followFeed } from "./feed.ts"

interface Wanted {
	call: Client
	credentials: Credentials
	tasks: TaskView[]
	/** The first is enough. */
	any?: boolean
	/** Seconds. */
	timeout: number | undefined
	/** Told of each task whose state or reason has changed. */
	changed(task: TaskView): void
}

/** What is not told of is seen by then. */
const LOOK_MS = 15_000
/** Of a busy workspace: between two looks. */
const PAUSE_MS = 300
/** One after another; more of them are no passing trouble. */
const MISSES = 5
/** More than these are asked for by one list of all that is not over. */
const ONE_BY_ONE = 8

/** Answers with all of them, or the one that was first. Throws Failure("timed_out"). */
export async function waitForTasks({ call, credentials, tasks, any, timeout, changed }: Wanted): Promise<TaskView[]> {
	const known = new Map(tasks.map((task) => [task.id, task]))
	const done = () => {
		const over = [...known.values()].filter(({ state }) => isOver(state))
		if (any && over.length > 0) return over.slice(0, 1)
		return over.length === known.size ? over : undefined
	}
	const learn = (task: TaskView) => {
		const before = known.get(task.id)
		known.set(task.id, task)
		if (before?.state.is !== task.state.is || before.state.reason !== task.state.reason) changed(task)
	}
	const ended = new AbortController()
	let wake = () => {}
	let isTold = false
	let refused: Error | undefined
	followFeed(credentials, "tasks", told, ended.signal).catch((error: Error) => {
		refused = error
		wake()
	})
	let misses = 0
	function seen(tasks: TaskView[]): TaskView[] {
		misses = 0
		return tasks
	}
	function missed(error: unknown): never[] {
		// The feed dials on by itself, and says when the home is back.
		if (error instanceof Failure && error.code === "no_answer") return []
		if (error instanceof Refusal && REFUSALS[error.code].mayRetry && ++misses < MISSES) return []
		throw error
	}
	function told(): void {
		isTold = true
		wake()
	}
	const until = timeout === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeout * 1000
	try {
		for (;;) {
			isTold = false
			const live = [...known.values()].filter(({ state }) => !isOver(state)).map(({ id }) => id)
			for (const task of await look(call, live).then(seen, missed)) learn(task)
			const over = done()
			if (over !== undefined) return over
			if (refused !== undefined) throw refused
			if (Date.now() >= until)
				throw new Failure("timed_out", `${sentence(known.size, any === true)} over within ${timeout} s.`)
			await delay(Math.min(PAUSE_MS, until - Date.now()))
			if (isTold) continue
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, Math.max(0, Math.min(LOOK_MS, until - Date.now())))
				wake = () => {
					clearTimeout(timer)
					resolve()
				}
			})
		}
	} finally {
		ended.abort()
	}
}

async function look(call: Client, ids: TaskId[]): Promise<TaskView[]> {
	const show = (task: TaskId) => call("showTask", { params: { task } }).then(({ task }) => task)
	if (ids.length <= ONE_BY_ONE) return Promise.all(ids.map(show))
	const { tasks } = await call("listTasks", { query: { ended: 0 } })
	const listed = new Map(tasks.map((task) => [task.id, task]))
	return Promise.all(ids.map((id) => listed.get(id) ?? show(id)))
}

function sentence(count: number, any: boolean): string {
	if (count === 1) return "The task was not"
	return any ? `None of ${count} tasks was` : `Not all ${count} tasks were`
}
