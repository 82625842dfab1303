// The course of a task: which state may follow which, how long each may last, and what is tried again.
import { ENDS, type Manifest, type TaskEvent, type TaskState, type TaskStateName } from "../../protocol/task.ts"
import type { Held, KnownMachine, Terms } from "./held.ts"

export type By = TaskEvent["by"]

/** How an attempt was over. */
export type End = Pick<TaskState, "because" | "exitCode" | "reason"> & { is: (typeof ENDS)[number] }

export const LEDGER: By = { is: "ledger", id: "ledger", name: "Ledger" }

export function isEnd(is: TaskStateName): is is End["is"] {
	return (ENDS as readonly string[]).includes(is)
}

/** Whether a machine that is so far can be there next; what comes late goes nowhere. */
export function mayFollow(is: TaskStateName, next: TaskStateName): boolean {
	return isEnd(next) || rank(next) >= rank(is)
}

function rank(is: TaskStateName): number {
	return { queued: 0, claimed: 1, preparing: 2, running: 3, waiting: 3, collecting: 4 }[is as "queued"] ?? 5
}

type Lasting = Pick<Held, "terms" | "spent" | "ranBefore">

/** How long it may be in the state that it enters, its machine linked. */
export function limitMs(is: TaskStateName, { terms, spent, ranBefore }: Lasting): number {
	switch (is) {
		case "queued":
			return terms.queueSeconds === undefined ? QUEUE_MS : terms.queueSeconds * 1_000
		case "claimed":
			return CLAIMED_MS
		case "preparing":
			return PREPARING_MS
		case "running":
			// Each attempt has its whole time to run.
			return Math.max(0, terms.timeoutSeconds * 1_000 - ((spent.running ?? 0) - ranBefore)) + GRACE_MS
		case "waiting":
			return terms.inputSeconds * 1_000 + GRACE_MS
		default:
			return COLLECTING_MS
	}
}

/** How long the ledger waits for a machine that goes on for `awayMs` without a link. */
export function leaseMs(awayMs: number): number {
	return Math.ceil(awayMs * (1 + CLOCK_RATE)) + LEASE_MARGIN_MS
}

/** When the ledger acts by itself, as of now; null for an end. */
export function deadlineOf(held: Held, machine: KnownMachine | undefined): number | null {
	const { state, hold, terms } = held
	if (state.deadline === null || hold === null || machine === undefined || machine.awaySince === null)
		return state.deadline
	if (hold.sequence === 0) return Math.min(state.deadline, machine.awaySince + UNBEGUN_MS)
	return Math.max(state.deadline, Math.min(latestOf(held), machine.awaySince + leaseMs(terms.awaySeconds * 1_000)))
}

/** No state lasts longer than its limit and two leases. */
function latestOf(held: Held): number {
	const { state, terms } = held
	return state.since + limitMs(state.is, held) + 2 * leaseMs(terms.awaySeconds * 1_000)
}

/** Its machine is back: time that it was away is not the program's, but for two leases at most. */
export function afterAway(held: Held, awayMs: number): Held {
	const { state } = held
	if (state.deadline === null || state.is === "queued") return held
	const deadline = Math.min(state.deadline + awayMs, latestOf(held))
	return { ...held, awayMs: held.awayMs + awayMs, state: { ...state, deadline } }
}

/** How an attempt is over whose deadline has passed. */
export function expired({ state, terms }: Held, machine: KnownMachine | undefined): End {
	const name = machine?.name ?? "its machine"
	const end = (is: End["is"], because: End["because"], reason: string): End => ({ is, because, reason, exitCode: null })
	if (machine !== undefined && machine.awaySince !== null)
		return end("lost", null, machine.isRemoved ? `${name} was removed` : `${name} was away for too long`)
	switch (state.is) {
		case "preparing":
			return end("failed", "prepare", `${name} took too long to prepare it`)
		case "running":
			return end("timed-out", null, `it ran for more than ${terms.timeoutSeconds} s`)
		case "waiting":
			return end("failed", "input_timeout", `nobody answered it for ${terms.inputSeconds} s`)
		case "collecting":
			return end("failed", "collect", `${name} took too long to collect what it made`)
		default:
			return end("lost", null, `${name} took it and said no more`)
	}
}

/** Milliseconds until it is tried again; null where it is not. */
export function retryAfter({ is, because }: End, { retries }: Terms, retried: number): number | null {
	const why = is === "failed" ? RETRIED_BECAUSE[because ?? "exit"] : RETRIED_AFTER[is]
	if (why === undefined || retried >= retries.max) return null
	if (retries.on !== undefined && !retries.on.includes(why)) return null
	return Math.min(retries.backOffSeconds * 1_000 * 2 ** retried, BACK_OFF_AT_MOST_MS)
}

type Why = NonNullable<Manifest["retries"]["on"]>[number]

const RETRIED_AFTER: Partial<Record<End["is"], Why>> = { "timed-out": "timeout", lost: "lost" }
const RETRIED_BECAUSE: Partial<Record<NonNullable<End["because"]>, Why>> = {
	exit: "exit",
	prepare: "prepare",
	collect: "collect",
	artifact_missing: "collect",
}

/** The manifest's words for how the task is over, in the prompt of one that follows. */
export function following(manifest: Manifest, { id, name, state }: Pick<Held, "id" | "name" | "state">): Manifest {
	const words: Record<string, string> = { id, name, state: state.is }
	const prompt = manifest.prompt.replaceAll(
		/\{\{ ?task\.(id|name|state) ?\}\}/g,
		(_, word: string) => words[word] ?? "",
	)
	return { ...manifest, prompt }
}

/** Nobody waits for longer. */
const QUEUE_MS = 30 * 86_400_000
/** A machine that has taken it says within that time that it prepares it. */
const CLAIMED_MS = 2 * 60_000
const PREPARING_MS = 60 * 60_000
const COLLECTING_MS = 60 * 60_000
/** The machine ends what takes too long by itself, and is given time to say so. */
const GRACE_MS = 2 * 60_000
/** A machine that went before it began is waited for so long: others can take it then. */
const UNBEGUN_MS = 2 * 60_000
/** How much faster the ledger's clock may run than a machine's. */
const CLOCK_RATE = 0.01
/** For a link that one side knows to have ended before the other does, and for the time that stopping takes. */
const LEASE_MARGIN_MS = 2 * 60_000
const BACK_OFF_AT_MOST_MS = 86_400_000
