// The core of the inbox, the one arbiter of answers: takes what machines report, lets the first valid answer win, finds out
// what came of it, and plans who is told. Nothing is held across an await but the name of a claim.

import type { Asked } from "../../protocol/ask.ts"
import {
	type Answerer,
	type Attention,
	type AttentionReport,
	type Choice,
	type GoneBecause,
	type InboxItem,
	optionMeaning,
} from "../../protocol/attention.ts"
import { type MachineId, newClaimId } from "../../protocol/ids.ts"
import { NO_POLICY, type Policy } from "../../protocol/policy.ts"
import type { Outcome } from "../asks.ts"
import type { Said } from "../trail.ts"
import { isChannel, refusalTo } from "./admission.ts"
import type { Deliveries } from "./deliveries.ts"
import type { Claim, Held, InboxStore } from "./held.ts"
import { deadlineOf, NO_PLAN, nextOf, noOption, planFor, tellings } from "./plan.ts"
import { riskOf } from "./risk.ts"
import { judge } from "./rules.ts"

/** What a machine's object tells: its whole report, with what it knows of each request's session. */
export interface MachineReport {
	workspaceId: string
	machine: MachineId
	machineName: string
	/** Rises with every report of this machine. */
	revision: number
	open: (Attention & { sessionName: string; runtime: string; cwd: string })[]
	ended: AttentionReport["ended"]
	/** The machine was removed: nobody will learn anything from it any more. */
	isRevoked: boolean
}

/** `isUnsent`: the machine has not heard of it, and will not. */
export type AskOutcome = Outcome<{ isConfirmed: boolean }> & { isUnsent?: boolean }

type Unapplied = Extract<AskOutcome, { ok: false }>

export interface InboxHost {
	store: InboxStore
	now: () => number
	/** Asks to be woken by `alarm` at that time. */
	wakeAt: (time: number) => void
	/** The policy and the machine's tags, as of now. */
	policy: (machine: MachineId) => Promise<{ policy: Policy; tags: string[] }>
	answer: (machine: MachineId, of: Asked<"answer">) => Promise<AskOutcome>
	dismiss: (machine: MachineId, of: Asked<"dismiss">) => Promise<unknown>
	deliveries: Deliveries
	/** Consoles are told to ask again. */
	changed: () => void
	/** Keeps an entry for the audit trail, and an item that is over for the history. Both durable when they return. */
	record: (said: Said) => void
	remember: (item: InboxItem, at: number) => void
	/** Calls back when nobody waits for an answer's outcome any longer, unless it is stopped: a timer keeps an object awake. */
	patience: (isOver: () => void) => { stop: () => void }
	/** Something let go of that somebody should know of. */
	failed: (what: string, error: unknown) => void
}

export class Inbox {
	readonly #host: InboxHost
	/** Claims that are being asked of their machine, in this memory: after a wake they are asked again. */
	readonly #asking = new Map<string, Promise<void>>()
	/** Requests for which the policy is being read. */
	readonly #judging = new Set<string>()
	/** Words of secrets on their way, by claim: no other place has them. */
	readonly #words = new Map<string, Choice>()
	/** Claims that somebody here waits for, and how each was refused. */
	readonly #awaited = new Map<string, Unapplied | null>()

	constructor(host: InboxHost) {
		this.#host = host
	}

	// What machines tell.

	/** Takes a machine's whole report, unless a later one was taken before. */
	reported(report: MachineReport): void {
		const { store, now } = this.#host
		if (report.revision <= store.revision(report.machine)) return
		store.putWorkspaceId(report.workspaceId)
		store.putRevision(report.machine, report.revision)
		const listed = new Map(report.open.map((attention) => [attention.id as string, attention]))
		const known = new Set<string>()
		let isChanged = false
		for (const held of store.ofMachine(report.machine)) {
			known.add(held.item.id)
			const attention = listed.get(held.item.id)
			if (attention !== undefined) isChanged = this.#stillThere(held, attention) || isChanged
			else {
				const because = report.ended.find(({ id }) => id === held.item.id)?.because ?? "moved"
				isChanged = this.#notThere(held, report.isRevoked ? "removed" : because, report.isRevoked) || isChanged
			}
		}
		for (const attention of report.open) {
			if (known.has(attention.id) || store.get(attention.id) !== undefined) continue
			this.#raise(report, attention)
			isChanged = true
		}
		if (isChanged) this.#host.changed()
		// What waited for the machine to be there: the outcome of an answer, or the no of a deadline.
		for (const held of store.ofMachine(report.machine)) this.#work(held, now(), true)
	}

	#raise({ machine, machineName }: MachineReport, attention: MachineReport["open"][number]): void {
		const { sessionName, runtime, cwd, ...rest } = attention
		const item: InboxItem = {
			...rest,
			machine,
			machineName,
			sessionName,
			runtime,
			cwd,
			risk: riskOf(attention, cwd),
			raisedAt: this.#host.now(),
			deadline: null,
			state: { is: "open" },
		}
		this.#put({ item, isNew: true, claim: null, ended: null, plan: NO_PLAN, overAt: null, isListed: true })
	}

	/** What is known of an open request may grow: an event says more than a screen. */
	#stillThere(held: Held, attention: MachineReport["open"][number]): boolean {
		const { item } = held
		const next: Held = { ...held, isListed: true, ended: null }
		if (held.overAt !== null || !differs(item, attention)) {
			if (!held.isListed || held.ended !== null) this.#put(next)
			return false
		}
		const { sessionName: _, runtime: __, cwd: ___, ...rest } = attention
		const told = { ...item, ...rest, risk: riskOf(attention, item.cwd) }
		const isNew = held.isNew || JSON.stringify(item.subject) !== JSON.stringify(told.subject)
		this.#put({ ...next, item: told, isNew })
		if (!held.isNew) this.#host.deliveries.tell(told, "changed", null)
		return true
	}

	#notThere(held: Held, because: GoneBecause, isForGood: boolean): boolean {
		const { item, claim } = held
		const at = this.#host.now()
		if (item.state.is === "open") {
			this.#over({ ...held, isListed: false }, { is: "gone", because, at })
			return true
		}
		if (item.state.is === "answering" && isForGood) {
			this.#endedUnheard(held, because)
			return true
		}
		if (item.state.is === "answering" && claim !== null) {
			this.#put({ ...held, isListed: false, ended: held.ended ?? { because, at } })
			return false
		}
		if (item.state.is === "answered" && !item.state.isConfirmed) {
			const answered = { ...item, state: { ...item.state, isConfirmed: true } }
			this.#put({ ...held, item: answered, isListed: false })
			this.#host.remember(answered, held.overAt ?? at)
			this.#host.deliveries.tell(answered, "changed", null)
			return true
		}
		if (held.isListed) this.#put({ ...held, isListed: false })
		return false
	}

	// What people and rules say.

	/** Everything that is not over, the most urgent first. */
	items(): InboxItem[] {
		const items = this.#host.store.open().map(({ item }) => item)
		return items.sort((one, other) => urgency(one) - urgency(other) || other.raisedAt - one.raisedAt)
	}

	/** Also one that was over not long ago. */
	find(request: string): InboxItem | undefined {
		return this.#host.store.get(request)?.item
	}

	/**
	 * Answers as somebody who may. Resolves with the request as it then is: answered; or still `answering` where the machine
	 * has not said yet what came of it, which deliveries and the feed then tell.
	 */
	async answer(request: string, choice: Choice, by: Answerer, address: string | null): Promise<Outcome<InboxItem>> {
		const held = this.#host.store.get(request)
		if (held === undefined) return { ok: false, code: "not_found" }
		const policy = isChannel(by.via) ? await this.#policy(held.item.machine) : NO_POLICY
		if (policy === null) return { ok: false, code: "internal" }
		const { store, now } = this.#host
		const current = store.get(request)
		if (current === undefined) return { ok: false, code: "not_found" }
		const refusal = refusalTo(current, choice, by, policy, now())
		if (refusal !== null) {
			this.#audit(current.item, by, address, refusal.code, said(current.item, choice))
			return { ok: false, ...refusal }
		}
		const claim = this.#claim(current, choice, by, address)
		this.#awaited.set(claim.id, null)
		await this.#whileSomebodyWaits(this.#ask(request, claim))
		const refused = this.#awaited.get(claim.id) ?? null
		this.#awaited.delete(claim.id)
		if (refused !== null)
			return { ok: false, code: refused.code, ...(refused.detail === undefined ? {} : { detail: refused.detail }) }
		const item = this.find(request)
		return item === undefined ? { ok: false, code: "not_found" } : { ok: true, value: item }
	}

	#whileSomebodyWaits(asked: Promise<void>): Promise<void> {
		return new Promise((resolve) => {
			const { stop } = this.#host.patience(resolve)
			void asked.then(() => {
				stop()
				resolve()
			})
		})
	}

	/** Takes it off the inbox, and leaves the program as it is. */
	dismiss(request: string, by: Answerer, address: string | null): Outcome<InboxItem> {
		const held = this.#host.store.get(request)
		if (held === undefined) return { ok: false, code: "not_found" }
		const { item } = held
		const refused = {
			open: null,
			answering: "request_busy",
			answered: "request_answered",
			gone: "request_gone",
		} as const
		const code = refused[item.state.is]
		if (code !== null) return { ok: false, code }
		this.#over(held, { is: "gone", because: "dismissed", at: this.#host.now() })
		this.#audit(item, by, address, "done", null, "dismissRequest")
		this.#host.changed()
		this.#forgetThere(item)
		return { ok: true, value: this.find(request) ?? item }
	}

	/** The machine need not show it any more either; where it does, it is known to be over here. */
	#forgetThere({ machine, session, id }: InboxItem): void {
		this.#host.dismiss(machine, { session, request: id }).catch((error) => this.#host.failed("dismiss", error))
	}

	// Answers on their way.

	#claim(held: Held, choice: Choice, by: Answerer, address: string | null): Claim {
		const now = this.#host.now()
		const { item } = held
		// The no of a deadline comes after it.
		const latest = item.deadline === null || item.deadline <= now ? Number.MAX_SAFE_INTEGER : item.deadline
		const isSecret = item.kind === "secret"
		const claim: Claim = {
			id: newClaimId(),
			choice: isSecret ? null : choice,
			by,
			address,
			at: now,
			until: Math.min(now + ANSWER_MS, latest),
			tries: 0,
			nextAt: now + ASK_AGAIN_MS,
		}
		if (isSecret) this.#words.set(claim.id, choice)
		const state = { is: "answering", by, answer: said(item, choice), at: now } as const
		this.#put({ ...held, item: { ...item, state }, claim, ended: null })
		this.#host.changed()
		return claim
	}

	/** One try at a time of each claim in this memory. */
	#ask(request: string, claim: Claim): Promise<void> {
		const known = this.#asking.get(claim.id)
		if (known !== undefined) return known
		const asking = this.#try(request, claim)
			.catch((error: unknown) => this.#host.failed("answer", error))
			.finally(() => this.#asking.delete(claim.id))
		this.#asking.set(claim.id, asking)
		return asking
	}

	async #try(request: string, claim: Claim): Promise<void> {
		const { store, now } = this.#host
		const held = store.get(request)
		if (held?.claim?.id !== claim.id) return
		// Before it is sent: whoever wakes after this knows that the machine may have heard of it.
		const tries = held.claim.tries + 1
		const nextAt = now() + Math.min(ASK_AGAIN_MS * tries, ASK_AGAIN_AT_MOST_MS)
		this.#put({ ...held, claim: { ...held.claim, tries, nextAt } })
		const { machine, session, id } = held.item
		if (claim.until < now()) this.#words.delete(claim.id)
		const choice = claim.choice ?? this.#words.get(claim.id)
		const outcome = await this.#host
			.answer(machine, {
				session,
				request: id,
				claim: claim.id,
				// The words of a secret that were lost with the memory are not typed again: the machine says what came of them.
				choice: choice ?? UNKNOWN_WORDS,
				until: choice === undefined ? 0 : claim.until,
			})
			.catch((error: unknown): AskOutcome => {
				this.#host.failed("answer", error)
				return { ok: false, code: "internal" }
			})
		this.#settled(request, claim.id, outcome)
	}

	/** What the machine has said of a claim, or that it has said nothing. */
	#settled(request: string, claimId: string, outcome: AskOutcome): void {
		const { store, now } = this.#host
		const held = store.get(request)
		// It was settled in another way, such as by the machine's removal.
		if (held?.claim?.id !== claimId) return
		if (outcome.ok) this.#applied(held, held.claim, outcome.value.isConfirmed)
		else if (isKnown(held.claim, outcome)) this.#notApplied(held, held.claim, outcome)
		else {
			if (now() > held.claim.at + GIVE_UP_MS) this.#endedUnheard(held, "expired")
			// Whoever looks at it elsewhere sees that it is being answered; a moment is not worth telling.
			else if (held.claim.tries === 1) this.#host.deliveries.tell(held.item, "changed", null)
		}
		this.#host.changed()
	}

	#applied(held: Held, claim: Claim, isConfirmed: boolean): void {
		const { item } = held
		const answer = item.state.is === "answering" ? item.state.answer : null
		this.#words.delete(claim.id)
		this.#audit(item, claim.by, claim.address, "done", answer)
		this.#over(held, {
			is: "answered",
			by: claim.by,
			answer,
			isConfirmed: isConfirmed || !held.isListed,
			at: this.#host.now(),
		})
	}

	/** Nothing was typed for this claim, and nothing will be: others may answer, if there is still what to answer. */
	#notApplied(held: Held, claim: Claim, refused: Unapplied): void {
		const { item, ended } = held
		const at = this.#host.now()
		const answer = item.state.is === "answering" ? item.state.answer : null
		this.#words.delete(claim.id)
		if (this.#awaited.has(claim.id)) this.#awaited.set(claim.id, refused)
		// A rule that finds the machine away has not answered anything yet.
		const isTold = claim.by.is !== "rule" || refused.isUnsent !== true
		if (isTold) this.#audit(item, claim.by, claim.address, refused.code, answer)
		const because = ended?.because ?? ENDED_BY[refused.code]
		if (because !== undefined) return this.#over(held, { is: "gone", because, at })
		const open: InboxItem = {
			...item,
			state: isTold ? { is: "open", refused: { by: claim.by, code: refused.code, at } } : { is: "open" },
		}
		// What a rule or a deadline could not answer, people are told of.
		const tellAt = held.plan.told === 0 ? at : null
		const plan = { ...held.plan, tellAt: held.plan.tellAt ?? tellAt, noAt: at + NO_AGAIN_MS }
		const next = { ...held, item: open, claim: null, plan }
		this.#put(next)
		if (isTold) this.#host.deliveries.tell(open, "changed", null)
		this.#work(next, at, false)
	}

	/** Nobody will learn any more what came of the answer. */
	#endedUnheard(held: Held, because: GoneBecause): void {
		const { item, claim } = held
		if (claim !== null) {
			this.#words.delete(claim.id)
			if (this.#awaited.has(claim.id)) this.#awaited.set(claim.id, { ok: false, code: "timed_out" })
			const answer = item.state.is === "answering" ? item.state.answer : null
			this.#audit(item, claim.by, claim.address, "timed_out", answer)
		}
		this.#over({ ...held, isListed: false }, { is: "gone", because, at: this.#host.now() })
	}

	#over(held: Held, state: Extract<InboxItem["state"], { is: "answered" | "gone" }>): void {
		const item = { ...held.item, state }
		const over: Held = { ...held, item, claim: null, ended: null, isNew: false, overAt: state.at }
		this.#put(over)
		this.#host.remember(item, state.at)
		this.#host.deliveries.tell(item, "changed", null)
	}

	// What is due.

	/** Does what is due: judges what is new, asks again for outcomes, tells, reminds, and lets deadlines pass. */
	async alarm(): Promise<void> {
		const { store, now } = this.#host
		for (const held of store.due(now())) this.#work(held, now(), false)
		const next = store.nextDue()
		if (next !== null) this.#host.wakeAt(next <= now() ? now() + ALARM_AGAIN_MS : next)
	}

	/** Does for one request what is due for it; `isBack`: its machine has just been heard. */
	#work(held: Held, now: number, isBack: boolean): void {
		const { item, claim, plan } = held
		if (held.overAt !== null) {
			if (!held.isListed && held.overAt + REMEMBERED_MS <= now) this.#host.store.drop(item.id)
			return
		}
		if (held.isNew) {
			// Due again, should the policy not come.
			this.#put(held)
			void this.#judge(item)
		}
		if (claim !== null) {
			// The machine is waited for no longer than its object waits: who still does, waits for the object.
			if (this.#asking.has(claim.id)) this.#put({ ...held, claim: { ...claim, nextAt: now + ASK_AGAIN_MS } })
			else if (isBack || claim.nextAt <= now) void this.#ask(item.id, claim)
			return
		}
		if (item.deadline !== null && item.deadline <= now) return this.#expire(held, now, isBack)
		const told = tellings(plan, now)
		// At an alarm also where nothing is told: when it is due next is written down with it.
		if (!isBack || told.plan !== plan) this.#put({ ...held, plan: told.plan })
		for (const { because, people } of told.tell) this.#host.deliveries.tell(item, because, people)
	}

	/** Timeout means no; where there is no such answer, it is over without one. */
	#expire(held: Held, now: number, isBack: boolean): void {
		const { item, plan } = held
		const no = noOption(item)
		if (no === null) {
			this.#audit(item, BY_DEADLINE, null, "done", null)
			this.#over(held, { is: "gone", because: "expired", at: now })
			this.#host.changed()
			return this.#forgetThere(item)
		}
		if (plan.noAt !== null && plan.noAt > now && !isBack) return this.#put(held)
		const claim = this.#claim(held, { is: "option", label: no }, BY_DEADLINE, null)
		void this.#ask(item.id, claim)
	}

	/** What the policy makes of a new request. */
	async #judge({ id, machine }: InboxItem): Promise<void> {
		if (this.#judging.has(id)) return
		this.#judging.add(id)
		try {
			const { policy, tags } = await this.#host.policy(machine)
			this.#judged(id, policy, tags)
		} catch (error) {
			// It stays new, and is due again: meanwhile the consoles have it.
			this.#host.failed("policy", error)
		} finally {
			this.#judging.delete(id)
		}
	}

	async #policy(machine: MachineId): Promise<Policy | null> {
		try {
			return (await this.#host.policy(machine)).policy
		} catch (error) {
			this.#host.failed("policy", error)
			return null
		}
	}

	#judged(request: string, policy: Policy, tags: string[]): void {
		const { store, now } = this.#host
		const held = store.get(request)
		if (held === undefined || !held.isNew || held.overAt !== null) return
		const isFirst = held.plan.tellAt === null && held.plan.told === 0
		const item = { ...held.item, deadline: held.item.deadline ?? deadlineOf(held.item, policy, now()) }
		const plan = isFirst ? planFor(policy, now()) : held.plan
		const next: Held = { ...held, item, plan, isNew: false }
		this.#put(next)
		if (item.state.is !== "open") return
		const { verdict, rule } = judge(policy.rules, { ...item, tags })
		const label = verdict === "ask" ? null : optionOf(item, verdict)
		if (label === null || rule === null) return this.#work(next, now(), false)
		const by: Answerer = { is: "rule", id: String(rule + 1), name: `Rule ${rule + 1}`, via: "policy" }
		const claim = this.#claim(next, { is: "option", label }, by, null)
		void this.#ask(request, claim)
	}

	// Keeping.

	#put(held: Held): void {
		const due = dueOf(held, this.#host.now())
		this.#host.store.put(held, due)
		if (due !== null) this.#host.wakeAt(due)
	}

	#audit(
		item: InboxItem,
		{ is, id, name, via }: Answerer,
		address: string | null,
		outcome: string,
		answer: string | null,
		action: "answerRequest" | "dismissRequest" = "answerRequest",
	): void {
		this.#host.record({
			at: this.#host.now(),
			actor: { is, id, name },
			action,
			target: { machine: item.machine, session: item.session, request: item.id },
			outcome,
			address,
			detail: { via, ...(answer === null ? {} : { answer }) },
		})
	}
}

/** Whether it is known that nothing was typed for the claim, and that nothing will be. */
function isKnown({ tries }: Claim, { code, isUnsent }: Unapplied): boolean {
	// An earlier try may have arrived.
	if (isUnsent === true) return tries === 1
	return NOT_TYPED.has(code)
}

function dueOf(held: Held, now: number): number | null {
	const { item, claim, plan } = held
	if (held.overAt !== null) return held.isListed ? null : held.overAt + REMEMBERED_MS
	const times = held.isNew ? [now + JUDGE_AGAIN_MS] : []
	if (claim !== null) times.push(claim.nextAt)
	else {
		times.push(...nextOf(plan))
		if (item.deadline !== null) times.push(item.deadline <= now ? (plan.noAt ?? now) : item.deadline)
	}
	return times.length === 0 ? null : Math.min(...times)
}

/** What is kept of an answer: nothing of a secret. */
function said({ kind }: InboxItem, choice: Choice): string | null {
	if (kind === "secret") return null
	return choice.is === "option" ? choice.label : choice.text
}

function differs(item: InboxItem, { sessionName: _, runtime: __, cwd: ___, ...told }: MachineReport["open"][number]) {
	return Object.entries(told).some(([key, value]) => {
		return JSON.stringify(value) !== JSON.stringify(item[key as keyof typeof told])
	})
}

/** The option that a rule's verdict chooses; null where it has none, so that a person decides. */
function optionOf(item: InboxItem, verdict: "allow" | "deny"): string | null {
	if (item.kind !== "approval") return null
	return optionMeaning(item.options, verdict === "allow" ? "yes" : "no")?.label ?? null
}

function urgency({ kind, risk }: InboxItem): number {
	if (kind === "secret" || (kind === "approval" && risk === "high")) return 0
	return ["approval", "choice", "question", "stuck", "idle"].indexOf(kind) + 1
}

const BY_DEADLINE: Answerer = { is: "rule", id: "deadline", name: "Deadline", via: "policy" }

const NOT_TYPED = new Set([
	...["request_gone", "answer_invalid", "not_chosen", "session_ended"],
	...["session_not_found", "version_too_old", "not_allowed"],
])
/** Refusals that say that there is nothing to answer any more. */
const ENDED_BY: Partial<Record<string, GoneBecause>> = { session_ended: "exited", session_not_found: "removed" }

/** Never typed: it goes with a time that is over. */
const UNKNOWN_WORDS: Choice = { is: "text", text: "?" }

/** An answer that is not typed by then was meant for another moment. */
const ANSWER_MS = 30_000
/** Longer than a machine is waited for, so that two tries of one claim do not meet without need. */
const ASK_AGAIN_MS = 25_000
const ASK_AGAIN_AT_MOST_MS = 5 * 60_000
/** A machine that is away so long says nothing of an answer any more. */
const GIVE_UP_MS = 7 * 24 * 60 * 60_000
/** Whatever is due and could not be done does not keep the object busy. */
const ALARM_AGAIN_MS = 1_000
/** The no of a deadline, to a machine that was away. */
const NO_AGAIN_MS = 10 * 60_000
/** A registry that did not give the policy is asked again. */
const JUDGE_AGAIN_MS = 5_000
/** A report that is late, or a button that is old, still finds what it is about. */
const REMEMBERED_MS = 24 * 60 * 60_000
