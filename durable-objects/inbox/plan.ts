// What is planned for a request that nobody has answered yet: when people are told of it, and again, and when it is too late.
import type { InboxItem } from "../../protocol/attention.ts"
import { optionMeaning } from "../../protocol/attention.ts"
import type { Policy } from "../../protocol/policy.ts"
import type { Delivery } from "../outside.ts"
import { quietUntil } from "./quiet.ts"

export interface Plan {
	/** When people are told first; null once they are. */
	tellAt: number | null
	/** When those who were told are told again. */
	remindAt: number | null
	remindMs: number | null
	/** Who is told, one more each time; null for everybody at once. */
	people: string[] | null
	/** How many of them are told. */
	told: number
	escalateMs: number
	escalateAt: number | null
	quiet: Policy["quiet"]
	/** When the no of its deadline is tried again: its machine was away. */
	noAt: number | null
}

export const NO_PLAN: Plan = {
	tellAt: null,
	remindAt: null,
	remindMs: null,
	people: null,
	told: 0,
	escalateMs: 0,
	escalateAt: null,
	quiet: null,
	noAt: null,
}

export function planFor(policy: Policy, now: number): Plan {
	const { remindMinutes, escalation, quiet } = policy
	return {
		...NO_PLAN,
		tellAt: quietUntil(quiet, now) ?? now,
		remindMs: remindMinutes === null ? null : remindMinutes * MINUTE_MS,
		people: escalation?.people ?? null,
		escalateMs: (escalation?.minutes ?? 0) * MINUTE_MS,
		quiet,
	}
}

/**
 * When an approval is answered with no, or forgotten where there is no such answer; null for never. It counts from when
 * the policy is known: an answer that was on its way before that must not outlive it.
 */
export function deadlineOf({ kind }: Pick<InboxItem, "kind">, policy: Policy, now: number): number | null {
	if (kind !== "approval" || policy.deadlineMinutes === null) return null
	return now + policy.deadlineMinutes * MINUTE_MS
}

export function noOption({ options }: Pick<InboxItem, "options">): string | null {
	return optionMeaning(options, "no")?.label ?? null
}

export interface Telling {
	because: Delivery["because"]
	people: string[] | null
}

/** Whom to tell now, and the plan after that. What is due in quiet hours is due at their end. */
export function tellings(plan: Plan, now: number): { plan: Plan; tell: Telling[] } {
	const isDue = [plan.tellAt, plan.remindAt, plan.escalateAt].some((at) => at !== null && at <= now)
	if (!isDue) return { plan, tell: [] }
	const until = quietUntil(plan.quiet, now)
	if (until !== null) return { plan: later(plan, until), tell: [] }
	const tell: Telling[] = []
	let next = plan
	if (plan.tellAt !== null && plan.tellAt <= now) {
		const people = plan.people?.slice(0, 1) ?? null
		tell.push({ because: "raised", people })
		next = {
			...next,
			tellAt: null,
			told: 1,
			remindAt: plan.remindMs === null ? null : now + plan.remindMs,
			escalateAt: plan.people !== null && plan.people.length > 1 ? now + plan.escalateMs : null,
		}
	}
	if (next.escalateAt !== null && next.escalateAt <= now) {
		const people = plan.people?.slice(next.told, next.told + 1) ?? []
		if (people.length > 0) tell.push({ because: "escalated", people })
		const told = next.told + 1
		const isLast = told >= (plan.people?.length ?? 0)
		next = { ...next, told, escalateAt: isLast ? null : now + plan.escalateMs }
	}
	if (next.remindAt !== null && next.remindAt <= now) {
		tell.push({ because: "reminded", people: plan.people?.slice(0, next.told) ?? null })
		next = { ...next, remindAt: null }
	}
	return { plan: next, tell }
}

/** When the plan has something to do next. */
export function nextOf({ tellAt, remindAt, escalateAt }: Plan): number[] {
	return [tellAt, remindAt, escalateAt].filter((at) => at !== null)
}

function later(plan: Plan, until: number): Plan {
	const after = (at: number | null) => (at === null || at >= until ? at : until)
	return { ...plan, tellAt: after(plan.tellAt), remindAt: after(plan.remindAt), escalateAt: after(plan.escalateAt) }
}

const MINUTE_MS = 60_000
