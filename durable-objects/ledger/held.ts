// One task as the ledger holds it: what people see of it, the attempt under way, and old attempts that a machine may have yet.
import type { DestinationId, MachineId, SessionId, TaskId, TriggerId } from "../../protocol/ids.ts"
import type { Manifest, Task, TaskEvent, TaskState, TaskStateName } from "../../protocol/task.ts"
import type { Happening } from "../../protocol/trigger.ts"

/** What of the manifest the ledger decides by; the rest is read when a machine takes it. */
export type Terms = Pick<
	Manifest,
	| "target"
	| "runtime"
	| "substrate"
	| "timeoutSeconds"
	| "queueSeconds"
	| "awaySeconds"
	| "inputSeconds"
	| "retries"
	| "concurrency"
	| "priority"
>

/** Whose machines a task may be given to: what its submitter does not see is not there for it. */
export interface Reach {
	/** The member who sees what is for them; null for one who sees every machine. */
	member: string | null
	/** A machine has one of these; null for any. */
	tags: string[] | null
}

/** Where at a git hosting it is told how a task goes. */
export interface ReplyTo {
	trigger: TriggerId
	about: Pick<Happening, "repository" | "number" | "commit" | "what">
}

/** Something that is asked of a machine until its answer is known. */
interface Asking {
	/** How often it was asked on this link. */
	tries: number
	/** When it is asked again, if the machine is linked. */
	nextAt: number
}

/** The attempt that counts. Written before the machine hears of it. */
export interface Hold extends Asking {
	machine: MachineId
	/** The attempt's number. */
	fence: number
	/** The machine has said that it took it. */
	isClaimed: boolean
	/** It was sent, or may have been. */
	isSent: boolean
	/** Of the last report that was taken; until one is, no program of it runs. */
	sequence: number
}

/** An attempt that does not count any more, and that its machine has not said to have stopped. */
export interface Voided extends Asking {
	machine: MachineId
	fence: number
	/** Its program may run: nothing that excludes it begins before it has stopped, or its lease is over. */
	mayRun: boolean
	/** How long the machine goes on without a link. */
	awayMs: number
}

/** Words for the program of one attempt. */
export interface Steer extends Asking {
	id: string
	fence: number
	text: string
}

export interface Held {
	id: TaskId
	/** Whoever submits with it again gets this task. */
	key: string | null
	name: string
	from: Task["from"]
	isFromOutside: boolean
	of: Task["of"]
	reach: Reach
	replyTo: ReplyTo | null
	submittedAt: number
	terms: Terms
	/** Its deadline is that of the state while the machine is linked. */
	state: TaskState
	/** The highest fence that was given out. */
	attempt: number
	/** How many attempts were tried again. */
	retried: number
	hold: Hold | null
	voided: Voided[]
	steers: Steer[]
	machine: MachineId | null
	session: SessionId | null
	artifacts: Task["artifacts"]
	result: Task["result"]
	/** Those of one lane take turns with those of other lanes, and within it go in the order of their places. */
	lane: string
	place: number
	/** It is not given to a machine before. */
	notBefore: number
	/** Machines that cannot run it, each with the reason. */
	refusedBy: { machine: MachineId; reason: string }[]
	/** Milliseconds in each state that it left, and with its machine away. */
	spent: Partial<Record<TaskStateName | "away", number>>
	/** Of those running, what earlier attempts took. */
	ranBefore: number
	/** Of those with the machine away, in the state that it is in. */
	awayMs: number
	/** The first and the latest; between them some may be left out of a long history. */
	events: TaskEvent[]
	endedAt: number | null
}

/** A machine as the ledger was last told of it. */
export interface KnownMachine {
	id: MachineId
	name: string
	tags: string[]
	/** The only people, beside the owners, who may use it; null for every member. */
	members: string[] | null
	/** That it has; null where it does not say. */
	runtimes: string[] | null
	substrates: string[] | null
	/** How many tasks run on it at once. */
	slots: number
	/** Of its link. */
	epoch: number
	/** Null while it is linked. */
	awaySince: number | null
	isRemoved: boolean
}

/** What is done outside of a task: what its manifest says for its end, one place told of it, or its git hosting. */
export type EffectOf =
	| Exclude<Manifest["onSuccess"][number], { is: "task" }>
	| { is: "tell"; destination: DestinationId }
	| { is: "reply"; to: ReplyTo }

/** Something that is to be done outside. Its id is the same at each try. */
export interface Effect extends Asking {
	id: string
	task: TaskId
	follow: EffectOf
	since: number
}

/** Whatever can carry the ledger. Every call is synchronous; those without an await between them are durable together. */
export interface LedgerStore {
	get(task: TaskId): Held | undefined
	byKey(key: string): Held | undefined
	/** Those that are not over, and those with attempts that must be stopped. */
	open(): Held[]
	/** Those that are over, the last first. */
	ended(most: number): Held[]
	/** `isOpen`: whether `open` has it. */
	put(held: Held, isOpen: boolean): void
	manifest(task: TaskId): Manifest | undefined
	putManifest(task: TaskId, manifest: Manifest): void
	machines(): KnownMachine[]
	putMachine(machine: KnownMachine): void
	effects(): Effect[]
	putEffect(effect: Effect): void
	dropEffect(id: string): void
	/** Forgets tasks that were over before, and are not open. */
	forget(before: number): void
	/** When the first of those that are over, and not open, was over; null where there is none. */
	firstEnd(): number | null
}
