// What an attempt needs of the world: sessions of this machine, the ledger, the home's secrets and uploads, a clock.
import { uptime } from "node:os"
import type { Asked, DeliveredSecret } from "../../protocol/ask.ts"
import type { SessionId, TaskId, UploadId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import type { TaskReport, Verdict } from "../../protocol/task-report.ts"
import type { Place } from "../place.ts"

export interface Rest {
	ms: number
	/** Else its screen shows it. */
	isSaid: boolean
}

/** Sessions, as the machine has them. */
export interface Sessions {
	/** Idempotent by the id. Throws Refusal; nothing is left then. */
	start(spec: Asked<"start">): Promise<SessionInfo>
	/** Undefined where there is none of this id. */
	info(id: SessionId): SessionInfo | undefined
	/** Whether it waits for a person. */
	waits(id: SessionId): boolean
	/** For how long its program waits for new work, and whether it has said so itself; null where it works or asks. */
	rests(id: SessionId): Rest | null
	/** Called whenever one of these may be another; answers how to end that. */
	watch(id: SessionId, changed: () => void): () => void
	signal(id: SessionId, signal: Asked<"signal">["signal"]): Promise<void>
	/** For commands where it runs. */
	place(id: SessionId): Promise<Place>
	/** Removes what one that has ended ran in, such as its own VM; what it has said stays. */
	discard(id: SessionId): Promise<void>
	/** Removes one that has ended. Throws Refusal, also where its working directory has what is nowhere else. */
	remove(id: SessionId): Promise<void>
	/** Types text as a paste, and Enter after it. Answers how many bytes its program did not take. */
	type(id: SessionId, text: string): Promise<number>
}

/** Nobody has answered: the same may be asked again. */
export class Unheard extends Error {
	override readonly name = "Unheard"
}

/** The values of secrets: those that a manifest names, by their names, and those that every session of its runtime gets. */
export interface TaskSecrets {
	secrets: Record<string, string>
	bound: DeliveredSecret[]
}

/** Who is told, and who has given the work. */
export interface Ledger {
	/** Resolves with what the ledger answers, also to one that it had before. Rejects where nobody was heard: it is told again. */
	report(report: TaskReport): Promise<Verdict>
	/** For an attempt whose fence counts. They are kept nowhere. */
	secrets(of: { task: TaskId; fence: number }): Promise<TaskSecrets>
	/** What was uploaded for it. */
	upload(of: { task: TaskId; fence: number }, id: UploadId): Promise<AsyncIterable<Uint8Array>>
	/** Gives the home an artifact's file to keep. Answers false where it keeps none: it reads them from here. */
	artifact(of: { task: TaskId; fence: number }, hash: string, file: string, signal: AbortSignal): Promise<boolean>
}

export interface Clock {
	/** Milliseconds that never go back, the same for all processes of one start of the system. */
	monotonic(): number
	/** The same, which goes on while the system sleeps. */
	sleeping(): number
	/** Which start of the system this is. */
	boot: string
}

export const CLOCK = {
	monotonic: () => Number(process.hrtime.bigint() / 1_000_000n),
	sleeping: () => uptime() * 1_000,
} satisfies Omit<Clock, "boot">
