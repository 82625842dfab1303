// A task as it is when it is submitted, and what an attempt's beginning and end make of it.
import type { TaskId } from "../../protocol/ids.ts"
import type { Manifest, Task } from "../../protocol/task.ts"
import type { Held, Reach, ReplyTo, Terms, Voided } from "./held.ts"

export interface Submission {
	/** Submitted again with the same, it is the same task. */
	key: string | null
	manifest: Manifest
	from: Task["from"]
	isFromOutside: boolean
	of: Task["of"]
	reach: Reach
	replyTo: ReplyTo | null
}

/** A task that has no event yet, and is in no queue. */
export function submitted({ manifest, ...said }: Submission, id: TaskId, now: number, place: number): Held {
	const terms = termsOf(manifest)
	return {
		...{ ...said, id, name: nameOf(manifest), submittedAt: now, terms },
		state: { is: "queued", since: now, deadline: null, reason: "", because: null, exitCode: null },
		...{ attempt: 0, retried: 0, hold: null, voided: [], steers: [] },
		...{ machine: null, session: null, artifacts: [], result: null },
		...{ lane: laneOf(terms, said.from), place, notBefore: 0, refusedBy: [] },
		...{ spent: {}, ranBefore: 0, awayMs: 0, events: [], endedAt: null },
	}
}

/** The same with another manifest. */
export function edited(held: Held, manifest: Manifest, reach: Reach): Held {
	const terms = termsOf(manifest)
	return { ...held, terms, reach, lane: laneOf(terms, held.from), name: nameOf(manifest), refusedBy: [] }
}

function termsOf(manifest: Manifest): Terms {
	const { target, runtime, substrate, timeoutSeconds, queueSeconds } = manifest
	const { awaySeconds, inputSeconds, retries, concurrency, priority } = manifest
	return {
		...{ target, runtime, timeoutSeconds, awaySeconds, inputSeconds, retries, priority },
		...(substrate === undefined ? {} : { substrate }),
		...(queueSeconds === undefined ? {} : { queueSeconds }),
		...(concurrency === undefined ? {} : { concurrency }),
	}
}

/** As it says itself; else what it is asked, or its command. */
function nameOf({ name, prompt, argv, runtime }: Manifest): string {
	return name ?? (beginning(prompt) || beginning(argv.join(" ")) || runtime)
}

function beginning(text: string): string {
	return text.trim().split("\n")[0]?.slice(0, NAME_FROM_TEXT).trimEnd() ?? ""
}

/** Work with one key waits behind its own; without one, that of one trigger or person. */
function laneOf({ concurrency }: Terms, { is, id }: Task["from"]): string {
	return concurrency === undefined ? `${is}:${id}` : `key:${concurrency.key}`
}

/** The attempt that counted does not any more; its machine must stop it. */
export function letGo(held: Held): Held {
	const { hold, terms } = held
	if (hold === null) return held
	if (!hold.isSent) return { ...held, hold: null }
	const { machine, fence, sequence } = hold
	const awayMs = terms.awaySeconds * 1_000
	const old: Voided = { machine, fence, awayMs, mayRun: sequence > 0, tries: 0, nextAt: 0 }
	return { ...held, hold: null, voided: [...held.voided, old] }
}

/** An attempt begins: what an earlier one made is not its own. */
export function anew(held: Held): Held {
	return { ...held, session: null, artifacts: [], result: null }
}

const NAME_FROM_TEXT = 60
