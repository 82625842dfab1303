// A machine as the protocol says that it behaves: prompts that come and go, holders that type each claim once, a connector
// that is killed, and a link that is cut at any message.
import type { Asked } from "../../protocol/ask.ts"
import type { Attention, AttentionReport, GoneBecause } from "../../protocol/attention.ts"
import { newRequestId, newSessionId, type RequestId, type SessionId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import type { Dice } from "../support/dice.ts"
import { ON_HOST } from "../support/on-host.ts"

export type AnswerAsk = Asked<"answer">

/** What the machine says to its object. */
export type Told =
	| { is: "sessions"; sessions: SessionInfo[] }
	| { is: "session"; session: SessionInfo }
	| { is: "attention"; report: AttentionReport }
	| { is: "answered"; number: number; isConfirmed: boolean }
	| { is: "refused"; number: number; code: "request_gone" | "answer_invalid" | "session_ended" }

/** Keys that reached a program. */
export interface Typed {
	ask: AnswerAsk
	/** The prompt that was on its screen. */
	prompt: RequestId | null
	at: number
}

/** A session's detached process: it outlives the connector, and knows its claims until it ends. */
interface Holder {
	info: SessionInfo
	prompt: Attention | null
	/** Counted in what the program has written. */
	sequence: number
	claims: Set<string>
}

/** An answer that the connector is at. */
interface Doing {
	number: number
	ask: AnswerAsk
	step: "look" | "type" | "reply"
	/** The sequence at which the prompt was seen. */
	seen: number
}

interface Host {
	dice: Dice
	now: () => number
	tell: (told: Told) => void
	typed: (typed: Typed) => void
}

export class SimulatedMachine {
	readonly #host: Host
	readonly #holders: Holder[] = []
	/** Requests whose keys were typed: their prompts go, sooner or later. */
	readonly #answered = new Set<string>()
	#doing: Doing[] = []
	#ended: AttentionReport["ended"] = []

	constructor(host: Host) {
		this.#host = host
		for (let count = host.dice.between(1, 3); count > 0; count--) this.#holders.push(newHolder())
	}

	get prompts(): Attention[] {
		return this.#running.flatMap(({ prompt }) => prompt ?? [])
	}

	isRunning(session: SessionId): boolean {
		return this.#running.some(({ info }) => info.id === session)
	}

	/** First on every link: all sessions, and all that waits. */
	greet(): void {
		this.#host.tell({ is: "sessions", sessions: this.#holders.map(({ info }) => info) })
		this.#report()
	}

	/** A program asks something, as it does after whatever was there before. */
	ask(): Attention | null {
		const holder = this.#pick()
		if (holder === null) return null
		this.#clear(holder, "moved")
		holder.prompt = prompt(this.#host.dice, holder.info, this.#host.now())
		holder.sequence++
		this.#report()
		return holder.prompt
	}

	/** Somebody types at the machine's own screen, or the program goes on by itself. */
	move(): void {
		const holder = this.#pick()
		if (holder === null) return
		const { dice } = this.#host
		// Most often only an animation turns.
		if (dice.chance(0.5)) this.#clear(holder, dice.chance(0.5) ? "input" : "moved")
		holder.sequence++
		this.#report()
	}

	exit(): void {
		const holder = this.#pick()
		if (holder === null) return
		this.#clear(holder, "exited")
		holder.info = { ...holder.info, state: { is: "exited", code: 0, signal: null, at: this.#host.now() } }
		holder.claims.clear()
		// In either order, or never: the object finds it out by itself.
		if (this.#host.dice.chance(0.5)) this.#report()
		this.#host.tell({ is: "session", session: holder.info })
	}

	/** The link process is killed: what it was at is forgotten, what holders have is not. */
	kill(): void {
		this.#doing = []
	}

	/** A question arrives. */
	hear(number: number, ask: AnswerAsk): void {
		this.#doing.push({ number, ask, step: "look", seen: 0 })
	}

	get isBusy(): boolean {
		return this.#doing.length > 0
	}

	/** The connector goes on with one of the answers that it is at. */
	work(): void {
		const index = this.#host.dice.below(this.#doing.length)
		const doing = this.#doing[index]
		if (doing === undefined) return
		// The same claim waits for the one that came first.
		if (this.#doing.findIndex(({ ask }) => ask.claim === doing.ask.claim) !== index) return
		const done = this.#step(doing)
		if (done === null) return
		this.#doing = this.#doing.filter((other) => other !== doing)
		this.#host.tell(done)
	}

	/** What was typed has had its effect. */
	settle(): void {
		const answered = this.#running.filter(({ prompt }) => prompt !== null && this.#answered.has(prompt.id))
		for (const holder of answered) this.#clear(holder, "moved")
		if (answered.length > 0) this.#report()
	}

	#step(doing: Doing): Told | null {
		const { number, ask } = doing
		const refuse = (code: Extract<Told, { is: "refused" }>["code"]): Told => ({ is: "refused", number, code })
		const holder = this.#running.find(({ info }) => info.id === ask.session)
		if (holder === undefined) return refuse("session_ended")
		const isThere = holder.prompt?.id === ask.request
		switch (doing.step) {
			case "look": {
				if (holder.claims.has(ask.claim)) doing.step = "reply"
				else if (this.#host.now() > ask.until || !isThere) return refuse("request_gone")
				else if (!isAnswer(holder.prompt, ask)) return refuse("answer_invalid")
				else Object.assign(doing, { step: "type", seen: holder.sequence })
				return null
			}
			case "type": {
				if (this.#host.now() > ask.until) return refuse("request_gone")
				if (holder.sequence !== doing.seen) {
					doing.step = "look"
					return null
				}
				holder.claims.add(ask.claim)
				holder.sequence++
				this.#host.typed({ ask, prompt: holder.prompt?.id ?? null, at: this.#host.now() })
				if (this.#host.dice.chance(0.6)) {
					this.#clear(holder, "moved")
					this.#report()
				}
				doing.step = "reply"
				return null
			}
			case "reply":
				return { is: "answered", number, isConfirmed: !isThere }
		}
	}

	/** Told by whoever counts what was typed. */
	markAnswered(request: string): void {
		this.#answered.add(request)
	}

	#clear(holder: Holder, because: GoneBecause): void {
		if (holder.prompt === null) return
		this.#ended = [...this.#ended, { id: holder.prompt.id, because, at: this.#host.now() }].slice(-10)
		holder.prompt = null
	}

	#report(): void {
		this.#host.tell({ is: "attention", report: { open: this.prompts, ended: this.#ended } })
	}

	#pick(): Holder | null {
		return this.#running.length === 0 ? null : this.#host.dice.pick(this.#running)
	}

	get #running(): Holder[] {
		return this.#holders.filter(({ info }) => info.state.is === "running")
	}
}

function isAnswer(prompt: Attention | null, { choice }: AnswerAsk): boolean {
	if (prompt === null) return false
	return choice.is === "text" ? prompt.takesText : prompt.options.some(({ label }) => label === choice.label)
}

function newHolder(): Holder {
	const info: SessionInfo = {
		...{ id: newSessionId(), name: "agent", runtime: "claude-code", argv: [], cwd: "/app", substrate: "host" },
		...{ ...ON_HOST, cols: 80, rows: 24, state: { is: "running" }, title: "", createdAt: 1, lastOutputAt: null },
		sequence: 0,
	}
	return { info, prompt: null, sequence: 0, claims: new Set() }
}

function prompt(dice: Dice, { id: session, run }: SessionInfo, at: number): Attention {
	const kind = dice.pick(["approval", "approval", "approval", "question", "secret"] as const)
	const command = dice.pick(["git status", "rm -rf /", "git status && rm -rf ~"])
	return {
		...{
			id: newRequestId(),
			session,
			run,
			kind,
			text: "?",
			source: "screen",
			rule: "x@1",
			confidence: 1,
			excerpt: [],
			at,
		},
		subject: kind === "approval" ? { is: "command", text: command, isWhole: dice.chance(0.8) } : null,
		options:
			kind === "approval"
				? [
						{ label: "Yes", keys: "1", means: "yes" },
						{ label: "Yes, always", keys: "2", means: "always" },
						...(dice.chance(0.9) ? [{ label: "No", keys: "3", means: "no" } as const] : []),
					]
				: [],
		takesText: kind !== "approval",
	}
}
