// What a machine and the ledger say to each other about one attempt of a task, and what each may rely on.
//
// - An attempt is (task, fence). The ledger asks the machine to take it, as often as it does not know the answer, always with
//   the same fence; a machine that has it says so again, and does nothing twice.
// - A machine that has refused, stopped or ended an attempt never takes it again, and takes none with a lower fence. Before it
//   takes a later attempt of a task, nothing of an earlier one runs.
// - The program is started only after a report of its attempt was answered with `go-on`: until then the ledger may give the
//   task to another machine.
// - While it is linked, the machine goes on. Without a link it goes on for `awayMs` by a clock that also counts sleep, from
//   the last proof of the link; then it stops the program and reports the attempt as lost. A connector that starts looks for
//   that first. The ledger waits longer than that before it begins another attempt.
// - What comes on a link is proof once the ledger has spoken on it, by a verdict or by asking for an attempt: no report is
//   passed on to a ledger that does not know of the link.
// - Reports are counted from 1 in each attempt, and the last one is kept until it is answered. No time of the machine's clock
//   is in them.
// - On each link the machine tells the last report of every attempt that it has not been told to forget.
import * as z from "zod"
import { SessionId, TaskId } from "./ids.ts"
import { Substrate } from "./substrate.ts"
import { Artifact, FAILED_BECAUSE, Fence, type Manifest, Task } from "./task.ts"

/** What the machine can say of an attempt: how far it is, or how it ended. */
export const REPORTED = [
	"claimed",
	"preparing",
	"running",
	"waiting",
	"collecting",
	"succeeded",
	"failed",
	"timed-out",
	"lost",
] as const

export const TaskReport = z.object({
	task: TaskId,
	fence: Fence,
	/** Rises with each report of the attempt. */
	sequence: z.int().min(1),
	is: z.enum(REPORTED),
	/** For a person. */
	reason: z.string().max(1_000).default(""),
	because: z.enum(FAILED_BECAUSE).nullable().default(null),
	exitCode: z.int().nullable().default(null),
	session: SessionId.nullable().default(null),
	artifacts: z.array(Artifact).max(1_000).default([]),
	result: Task.shape.result.default(null),
})
export type TaskReport = z.infer<typeof TaskReport>

/**
 * What the ledger answers to a report. `go-on`: it is taken. `forget`: it is taken, and was the last. `stop`: the attempt is
 * void; the machine stops it, and forgets it when nothing of it runs.
 */
export const VERDICTS = ["go-on", "forget", "stop"] as const
export type Verdict = (typeof VERDICTS)[number]

/** What the machine is asked to take. */
export interface Attempt {
	task: TaskId
	fence: number
	/** How long it goes on without a link. */
	awayMs: number
	manifest: Manifest
}

/** How many tasks a machine runs at once. */
export const TaskSlots = z.int().min(0).max(100)

/** What a machine tells of its tasks on each link: what it can run, and the last report of every attempt that it knows. */
export const TaskStanding = z.object({
	slots: TaskSlots,
	/** That it has; ids. */
	runtimes: z.array(z.string().max(64)).max(200),
	/** That hold here. */
	substrates: z.array(Substrate).max(8),
	reports: z.array(TaskReport).max(1_000),
})
export type TaskStanding = z.infer<typeof TaskStanding>
