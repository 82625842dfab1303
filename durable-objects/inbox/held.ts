// One request as the workspace's object holds it: what people see of it, the answer under way, and what is planned for it.
import type { Answerer, Choice, GoneBecause, InboxItem } from "../../protocol/attention.ts"
import type { Plan } from "./plan.ts"

/** One try to answer. It is asked of the machine until it is known what came of it. */
export interface Claim {
	id: string
	/** Null for a secret's words, which are kept nowhere. */
	choice: Choice | null
	by: Answerer
	/** Where it came from; null where nobody vouches for that. */
	address: string | null
	at: number
	/** After this the machine types nothing for it. */
	until: number
	/** How often the machine was asked, this time included. */
	tries: number
	/** When it is asked of the machine again. */
	nextAt: number
}

export interface Held {
	item: InboxItem
	/** It is not known yet what the policy makes of it. */
	isNew: boolean
	/** The answer under way; null but in the state `answering`. */
	claim: Claim | null
	/** What the machine has told of its end while an answer was under way: that answer may be what ended it. */
	ended: { because: GoneBecause; at: number } | null
	plan: Plan
	/** When it was over; null while it is not. */
	overAt: number | null
	/** The machine's last report had it among what is open. */
	isListed: boolean
}

/** Whatever can carry the inbox. Every call is synchronous and durable; what is held is a value, never shared. */
export interface InboxStore {
	/** Null before the first report. */
	workspaceId(): string | null
	putWorkspaceId(id: string): void
	/** Of the machine's last report that was taken; 0 before the first. */
	revision(machine: string): number
	putRevision(machine: string, revision: number): void
	get(request: string): Held | undefined
	/** Also what is over and not forgotten yet. */
	ofMachine(machine: string): Held[]
	/** All that is not over. */
	open(): Held[]
	/** Those for which something is to be done by that time. */
	due(now: number): Held[]
	nextDue(): number | null
	/** `due`: when something is to be done for it; null for never. */
	put(held: Held, due: number | null): void
	drop(request: string): void
}
