// A task's output as it comes, until its end: asked of the machine that it is on, again and again while somebody reads.

import type { Env } from "../../durable-objects/env.ts"
import { isEnd } from "../../durable-objects/ledger/course.ts"
import type { Answered } from "../../protocol/ask.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { MachineId, SessionId, TaskId } from "../../protocol/ids.ts"
import { LOG_CHUNK_BYTES } from "../../protocol/limits.ts"
import type { TaskView } from "../../protocol/task.ts"
import type { ToldOutput } from "../../protocol/task-stream.ts"
import { ask } from "../machines.ts"
import { isSeen } from "../tasks.ts"
import type { workOf } from "../work.ts"
import { attemptTold } from "./attempt.ts"
import type { Event } from "./event-stream.ts"
import { FOLLOWED_MS } from "./follow.ts"
import type { Sight } from "./sight.ts"

/** Up to where somebody has it. */
export interface Place {
	attempt: number
	sequence: number
}

interface Following {
	env: Env
	work: Pick<ReturnType<typeof workOf>, "next">
	task: TaskId
	sees: Sight
	after: Place | null
}

/**
 * From the last attempt's beginning, or on from that place of it. Throws Refusal where the task is over and its machine cannot
 * be asked: what is left there can be read when it is back.
 */
export async function* outputOf({ env, work, task: id, sees, after }: Following): AsyncGenerator<Event, void> {
	const until = Date.now() + FOLLOWED_MS
	let at = after
	let seen = 0
	let waitMs = 0
	// Each look is two calls of objects, of which one request has a thousand.
	for (let looks = 0; looks < 400 && Date.now() < until; looks++) {
		const task = await work.next(id, seen, waitMs)
		if (task === null || !isSeen(task, await sees())) return
		seen = task.events.at(-1)?.sequence ?? 0
		const isOver = isEnd(task.state.is)
		const session = sessionOf(task)
		if (session !== null && at?.attempt !== session.attempt) at = { attempt: session.attempt, sequence: 0 }
		const part = session === null || at === null ? null : await partOf(env, session, at.sequence, isOver)
		if (part !== null && session !== null && part.base64 !== "") {
			at = { attempt: session.attempt, sequence: part.from + bytesOf(part.base64) }
			const data: ToldOutput = { attempt: at.attempt, session: session.id, from: part.from, base64: part.base64 }
			yield { is: "output", id: `${at.attempt}:${at.sequence}`, data }
			waitMs = at.sequence < part.end ? 0 : LOOK_MS
		} else {
			if (isOver) return yield { is: "end" }
			waitMs = Math.min(Math.max(LOOK_MS, waitMs * 2), LOOK_AT_MOST_MS)
			if (looks === 0 || looks % BEAT_LOOKS === 0) yield { is: "beat" }
		}
	}
}

/** Of a task that is history alone, and whose machine may have its session yet. */
export function pastOutputOf(env: Env, task: TaskView, sees: Sight, after: Place | null): AsyncGenerator<Event, void> {
	const work = { next: async () => task }
	return outputOf({ env, work, task: task.id, sees, after })
}

const LOOK_MS = 100
const LOOK_AT_MOST_MS = 2_000
const BEAT_LOOKS = 10

interface Ran {
	machine: MachineId
	id: SessionId
	attempt: number
}

function sessionOf(task: TaskView): Ran | null {
	const { machine, session: id } = task
	const attempt = attemptTold(task)
	return machine === null || id === null || attempt === null ? null : { machine, id, attempt }
}

/** Null where it cannot be known now, and where there is no such session any more. */
async function partOf(env: Env, { machine, id }: Ran, from: number, isOver: boolean): Promise<Answered<"log"> | null> {
	try {
		return await ask(env, machine, "log", { session: id, from, limit: LOG_CHUNK_BYTES })
	} catch (error) {
		if (!(error instanceof Refusal)) throw error
		if (error.code === "session_not_found") return null
		// While the task goes on, its machine comes back.
		if (!isOver && (error.code === "machine_offline" || error.code === "timed_out")) return null
		throw error
	}
}

function bytesOf(base64: string): number {
	return Uint8Array.fromBase64(base64).length
}
