// What is known of an attempt on disk, readable by its owner only: enough to go on with it after a crash, and no secret's value.
import { createHash } from "node:crypto"
import { join } from "node:path"
import * as z from "zod"
import { ID_BYTES, SessionId, TaskId } from "../../protocol/ids.ts"
import { Artifact, FAILED_BECAUSE, Fence, Manifest } from "../../protocol/task.ts"
import { REPORTED, TaskReport } from "../../protocol/task-report.ts"
import { readPrivate, writePrivate } from "../private-file.ts"

/** An attempt of a task, as the ledger gives it to a machine. */
export const Assignment = z.object({
	task: TaskId,
	fence: Fence,
	/** How long it goes on without a link. */
	awayMs: z.number().min(0),
	manifest: Manifest,
})
export type Assignment = z.infer<typeof Assignment>

/** How it ends; what comes after this was known changes it only from a success to a failure. */
export const Outcome = z.object({
	is: z.enum(["succeeded", "failed", "timed-out", "lost"]),
	because: z.enum(FAILED_BECAUSE).nullable(),
	reason: z.string().max(1_000),
	exitCode: z.int().nullable(),
})
export type Outcome = z.infer<typeof Outcome>

/** Where it works. */
export const Place = z.object({
	/** The working directory, on this machine. */
	cwd: z.string(),
	/** Who made it: it is this attempt's alone then. */
	is: z.enum(["empty", "clone", "worktree", "directory"]),
	/** The branch for its changes; null where none are to be kept in git. */
	branch: z.string().nullable(),
	/** The commit that it began at; null where there was none. */
	base: z.string().nullable(),
	/** Where its changes are pushed to; null where they are not. */
	remote: z.string().nullable(),
	/** The branch that a pull request is for. */
	into: z.string().nullable(),
})
export type Place = z.infer<typeof Place>

/**
 * What is to be done next. `take`: nothing was done. `begin`: everything is in place, and the program may have been begun.
 * `follow`: it was. `collect`, `commit`, `push`, `propose`: it has ended. `finish`: everything is known. `over`: it was told.
 */
export const STEPS = ["take", "begin", "follow", "collect", "commit", "push", "propose", "finish", "over"] as const

export const Kept = z.object({
	assignment: Assignment,
	session: SessionId,
	step: z.enum(STEPS),
	/** A worktree that is being made, so that a next try can take it away again. */
	making: z.object({ repository: z.string(), folder: z.string(), branch: z.string(), base: z.string() }).nullable(),
	place: Place.nullable(),
	/** How long it has been in what it is in now, by the monotonic clock of one start of the system. */
	clock: z.object({
		is: z.enum(["running", "waiting"]),
		/** Null until it runs. */
		since: z.number().nullable(),
		/** Milliseconds that it ran before. */
		ran: z.number(),
		boot: z.string(),
	}),
	outcome: Outcome.nullable(),
	artifacts: z.array(Artifact),
	/** What was in the outbox and was not taken, a sentence each. */
	refused: z.array(z.string()),
	commit: z.string().nullable(),
	/** The branch that it was pushed to, or is being pushed to. */
	pushed: z.string().nullable(),
	url: z.url().nullable(),
	/** What the ledger was told last, or is being told. */
	is: z.enum(REPORTED),
	/** The newest sequence that a report has. */
	sequence: z.int().min(0),
	/** What the ledger has not taken yet. */
	reports: z.array(TaskReport),
	/** The newest that it has taken: told again on each link, until it is to be forgotten. */
	last: TaskReport.nullable(),
	/** The ledger has taken its end. */
	isForgotten: z.boolean(),
	/** The ledger has given it up. */
	isVoid: z.boolean(),
	/** When it was over, by this machine's clock; null until then. */
	endedAt: z.number().nullable(),
	/** The home keeps all of its artifacts. */
	isHanded: z.boolean(),
	/** The VM that was made for it is gone. */
	isDiscarded: z.boolean(),
	/** What was typed for people, by its ids, the last ones: once each. */
	steered: z.array(z.string()),
})
export type Kept = z.infer<typeof Kept>

/** Where all attempts of this machine are, a folder each. */
export function attemptsFolder(dataDir: string): string {
	return join(dataDir, "tasks")
}

export function attemptFolder(dataDir: string, { task, fence }: Pick<Assignment, "task" | "fence">): string {
	return join(attemptsFolder(dataDir), `${task}-${fence}`)
}

/** One attempt has one session, whoever asks for it and how often. */
export function sessionOf({ task, fence }: Pick<Assignment, "task" | "fence">): SessionId {
	const digest = createHash("sha256").update(`${task} ${fence}`).digest("hex")
	return SessionId.parse(`ses_${digest.slice(0, ID_BYTES * 2)}`)
}

export function newKept(assignment: Assignment, boot: string): Kept {
	return {
		assignment,
		session: sessionOf(assignment),
		step: "take",
		making: null,
		place: null,
		clock: { is: "running", since: null, ran: 0, boot },
		outcome: null,
		artifacts: [],
		refused: [],
		commit: null,
		pushed: null,
		url: null,
		is: "claimed",
		sequence: 0,
		reports: [],
		last: null,
		isForgotten: false,
		isVoid: false,
		endedAt: null,
		isHanded: false,
		isDiscarded: false,
		steered: [],
	}
}

/** Undefined where there is none. Throws Failure for a file that is damaged. */
export function readKept(folder: string): Promise<Kept | undefined> {
	return readPrivate(join(folder, FILE), Kept)
}

export function writeKept(folder: string, kept: Kept): Promise<void> {
	return writePrivate(join(folder, FILE), kept)
}

const FILE = "attempt.json"
