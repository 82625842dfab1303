// One random history of a workspace's inbox: people answer from four channels while prompts go, links are cut, objects are
// evicted and the clock runs. What must hold is checked at every key that is typed, and at the end.
import type { AskOutcome, Inbox, InboxHost, MachineReport } from "../../durable-objects/inbox/inbox.ts"
import { Reports } from "../../durable-objects/reports.ts"
import type { Said } from "../../durable-objects/trail.ts"
import type { Answerer, Attention, Choice, InboxItem, Via } from "../../protocol/attention.ts"
import { type MachineId, newMachineId, type SessionId } from "../../protocol/ids.ts"
import { NO_POLICY, type Policy } from "../../protocol/policy.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { Dice } from "../support/dice.ts"
import { type AnswerAsk, SimulatedMachine, type Told, type Typed } from "./machine.ts"
import { MemoryInboxStore, MemoryReportStore } from "./memory.ts"

export type Core = new (host: InboxHost) => Inbox

/** Somebody's one answer, and all that they were told of it. */
interface Attempt {
	by: Answerer
	request: string
	choice: Choice
	/** What the call said; null while it has not, or where its object was evicted. */
	told: Awaited<ReturnType<Inbox["answer"]>> | null
	isCut: boolean
}

/** Something that is under way between two objects, or to the machine and back. */
interface Pending {
	/** The life of the object that waits for it: one that was evicted waits for nothing. */
	life: number
	run: () => void
	fail: () => void
}

export class History {
	readonly #dice: Dice
	readonly #Core: Core
	readonly #store = new MemoryInboxStore()
	readonly #reportStore = new MemoryReportStore()
	readonly #machineId = newMachineId() as MachineId
	readonly #machine: SimulatedMachine
	readonly #policy: Policy
	#now = 1_000_000_000
	#alarmAt: number | null = null
	#reportsAlarmAt: number | null = null

	#inbox: Inbox
	#inboxLife = 0
	#reports: Reports
	#reportsLife = 0
	/** Calls from the inbox that have not come back: policies, and ends of patience. */
	#reads: Pending[] = []
	/** Calls to the workspace's object. */
	#calls: Pending[] = []
	/** Reports that went out once: networks repeat themselves. */
	#past: MachineReport[] = []
	/** Questions that the machine's object waits for, by number. */
	#asks = new Map<number, { ask: AnswerAsk; settle: (outcome: AskOutcome) => void; reject: () => void }>()
	#number = 0
	#isLinked = false
	#toMachine: { number: number; ask: AnswerAsk }[] = []
	#toEdge: Told[] = []
	#sessions = new Map<SessionId, SessionInfo>()

	readonly #attempts: Attempt[] = []
	/** Whose each claim is, as it was first asked. */
	readonly #claims = new Map<string, { by: Answerer; request: string; choice: Choice | null }>()
	readonly #typed = new Map<string, Typed>()
	readonly #audit: Said[] = []
	readonly #remembered = new Map<string, InboxItem>()
	readonly #lastTold = new Map<string, InboxItem>()
	readonly #raised = new Map<string, Attention>()
	readonly #faults: string[] = []
	steps = 0

	constructor(seed: number, CoreClass: Core) {
		this.#dice = new Dice(seed)
		this.#Core = CoreClass
		this.#policy = this.#somePolicy()
		this.#machine = new SimulatedMachine({
			dice: this.#dice,
			now: () => this.#now,
			tell: (told) => this.#isLinked && this.#toEdge.push(told),
			typed: (typed) => this.#checkTyped(typed),
		})
		this.#inbox = this.#newInbox()
		this.#reports = this.#newReports()
		this.#link()
	}

	/** Runs it to its end; what was wrong. */
	async run(): Promise<string[]> {
		await this.#begin()
		for (let left = this.#dice.between(10, 70); left > 0; left--) {
			this.#step()
			await settled()
		}
		await this.#rest()
		this.#checkEnd()
		return this.#faults
	}

	/** Most often something waits already, and everybody knows: races are about what follows. */
	async #begin(): Promise<void> {
		for (let count = this.#dice.below(4); count > 0; count--) this.#seen(this.#machine.ask())
		for (let turn = this.#dice.below(12); turn > 0; turn--) {
			this.#fromTheMachine()
			for (const pending of this.#calls.splice(0)) pending.run()
			for (const pending of this.#reads.splice(0)) pending.run()
			await settled()
		}
	}

	// What may happen.

	#step(): void {
		this.steps++
		const dice = this.#dice
		if (dice.chance(0.06)) return this.#pass(dice.pick([1_000, 5_000, 15_000, 15_000, 25_000]))
		const roll = dice.below(100)
		if (roll < 3) this.#seen(this.#machine.ask())
		else if (roll < 6) this.#machine.move()
		else if (roll < 7) this.#machine.exit()
		else if (roll < 28) this.#answer()
		else if (roll < 44) this.#toTheMachine()
		else if (roll < 60) this.#machine.work()
		else if (roll < 72) this.#fromTheMachine()
		else if (roll < 80) this.#call()
		else if (roll < 85) this.#read()
		else if (roll < 87) this.#machine.settle()
		else if (roll < 89) this.#cut()
		else if (roll < 91) this.#link()
		else if (roll < 92) this.#timeOut()
		else if (roll < 93) this.#kill()
		else if (roll < 95) this.#evictInbox()
		else if (roll < 96) this.#evictMachine()
		else if (roll < 97) this.#repeat()
		else if (roll < 98) this.#restart()
		else this.#pass(dice.pick([10, 31_000, 70_000, 400_000]))
	}

	#seen(prompt: Attention | null): void {
		if (prompt !== null) this.#raised.set(prompt.id, prompt)
	}

	/** Somebody answers what they see, or what they saw before. */
	#answer(): void {
		const dice = this.#dice
		const known = this.#store.open().flatMap(({ item }) => this.#raised.get(item.id) ?? [])
		const requests = known.length > 0 && dice.chance(0.8) ? known : [...this.#raised.values()].slice(-4)
		if (requests.length === 0) return
		const { id, kind, options } = dice.pick(requests)
		const via = dice.pick(["console", "push", "telegram", "wechat"] as const satisfies Via[])
		const name = `person-${this.#attempts.length}`
		const label = dice.chance(0.05) || options.length === 0 ? "Nonsense" : dice.pick(options).label
		const choice: Choice = kind === "approval" ? { is: "option", label } : { is: "text", text: `words of ${name}` }
		const by: Answerer = { is: "person", id: name, name, via }
		const attempt: Attempt = { by, request: id, choice, told: null, isCut: false }
		this.#attempts.push(attempt)
		const life = this.#inboxLife
		this.#inbox.answer(id, choice, by, null).then(
			(told) => {
				if (life === this.#inboxLife) attempt.told = told
			},
			(error) => this.#fault(`answer() threw: ${error}`),
		)
	}

	#toTheMachine(): void {
		const said = this.#toMachine.shift()
		if (said !== undefined) this.#machine.hear(said.number, said.ask)
	}

	#fromTheMachine(): void {
		const told = this.#toEdge.shift()
		if (told === undefined) return
		switch (told.is) {
			case "sessions":
				for (const session of told.sessions) this.#sessionTold(session)
				return
			case "session":
				return this.#sessionTold(told.session)
			case "attention":
				return this.#reports.heard(told.report)
			case "answered":
				return this.#settle(told.number, { ok: true, value: { isConfirmed: told.isConfirmed } })
			case "refused":
				return this.#settle(told.number, { ok: false, code: told.code })
		}
	}

	#sessionTold(session: SessionInfo): void {
		this.#sessions.set(session.id, session)
		this.#reports.sessionChanged(session.id)
	}

	#settle(number: number, outcome: AskOutcome): void {
		const ask = this.#asks.get(number)
		this.#asks.delete(number)
		// Answers, too, can be lost between the two objects.
		if (this.#dice.chance(0.05)) ask?.reject()
		else ask?.settle(outcome)
	}

	#call(): void {
		const call = this.#take(this.#calls)
		if (call === undefined) return
		if (this.#dice.chance(0.1)) call.fail()
		else call.run()
	}

	#read(): void {
		const read = this.#take(this.#reads)
		if (read === undefined || read.life !== this.#inboxLife) return
		if (this.#dice.chance(0.1)) read.fail()
		else read.run()
	}

	#take(from: Pending[]): Pending | undefined {
		return from.splice(this.#dice.below(from.length), 1)[0]
	}

	/** A link that is cut loses what is on it, from some message on. */
	#cut(): void {
		if (!this.#isLinked) return
		this.#isLinked = false
		for (let through = this.#dice.below(3); through > 0; through--) {
			this.#toTheMachine()
			this.#fromTheMachine()
		}
		this.#toMachine = []
		this.#toEdge = []
		for (const number of [...this.#asks.keys()]) this.#settle(number, { ok: false, code: "machine_offline" })
	}

	#link(): void {
		if (this.#isLinked) this.#cut()
		this.#isLinked = true
		this.#machine.greet()
	}

	#kill(): void {
		this.#machine.kill()
		this.#cut()
	}

	/** The machine's object has waited long enough; the answer may come yet. */
	#timeOut(): void {
		const [number] = this.#asks.keys()
		if (number === undefined) return
		this.#pass(20_000)
		this.#settle(number, { ok: false, code: "timed_out" })
	}

	#evictInbox(): void {
		this.#inboxLife++
		this.#reads = []
		for (const attempt of this.#attempts) if (attempt.told === null) attempt.isCut = true
		this.#inbox = this.#newInbox()
	}

	#evictMachine(): void {
		this.#reportsLife++
		for (const { reject } of this.#asks.values()) reject()
		this.#asks.clear()
		this.#reports = this.#newReports()
	}

	/** The control plane begins again: links are cut, and no object remembers anything. */
	#restart(): void {
		this.#evictInbox()
		this.#evictMachine()
		this.#cut()
		if (this.#dice.chance(0.7)) this.#link()
	}

	/** A report arrives again, late. */
	#repeat(): void {
		if (this.#past.length > 0) this.#inbox.reported(this.#dice.pick(this.#past))
	}

	#pass(ms: number): void {
		this.#now += ms
		this.#ring()
	}

	#ring(): void {
		if (this.#reportsAlarmAt !== null && this.#reportsAlarmAt <= this.#now) {
			this.#reportsAlarmAt = null
			this.#reports.retry()
		}
		if (this.#alarmAt !== null && this.#alarmAt <= this.#now) {
			this.#alarmAt = null
			void this.#inbox.alarm()
		}
	}

	/** Everything that is under way arrives, and everything that is due is done. */
	async #rest(): Promise<void> {
		for (let round = 0; round < 40; round++) {
			if (!this.#isLinked) this.#link()
			for (let turn = 0; turn < 200 && this.#isUnderWay(); turn++) {
				this.#toTheMachine()
				this.#machine.work()
				this.#fromTheMachine()
				for (const pending of this.#calls.splice(0)) pending.run()
				for (const pending of this.#reads.splice(0)) if (pending.life === this.#inboxLife) pending.run()
				await settled()
			}
			this.#machine.settle()
			this.#pass(60_000)
			await settled()
			if (round > 5 && !this.#isUnderWay() && !this.#store.open().some(({ claim, isNew }) => claim !== null || isNew))
				return
		}
	}

	#isUnderWay(): boolean {
		const queued = this.#toMachine.length + this.#toEdge.length + this.#calls.length + this.#reads.length
		return queued > 0 || this.#machine.isBusy
	}

	// The objects.

	#newInbox(): Inbox {
		const life = this.#inboxLife
		const isAlive = () => life === this.#inboxLife
		return new this.#Core({
			store: this.#store,
			now: () => this.#now,
			wakeAt: (time) => {
				if (isAlive()) this.#alarmAt = Math.min(this.#alarmAt ?? time, time)
			},
			policy: () =>
				new Promise((resolve, reject) =>
					this.#reads.push({
						life,
						run: () => resolve({ policy: this.#policy, tags: [] }),
						fail: () => reject(new Error("the registry is away")),
					}),
				),
			answer: (_, of) => this.#askOf(of, isAlive),
			dismiss: async () => {},
			deliveries: {
				tell: (item) => void this.#lastTold.set(item.id, structuredClone(item)),
			},
			changed: () => {},
			record: (said) => void this.#audit.push(structuredClone(said)),
			remember: (item) => void this.#remembered.set(item.id, structuredClone(item)),
			patience: (isOver) => {
				this.#reads.push({ life, run: isOver, fail: isOver })
				return { stop: () => {} }
			},
			failed: (what, error) => {
				if (what !== "policy" && what !== "answer") this.#fault(`${what}: ${error}`)
				if (what === "answer" && !String(error).includes("the object is gone")) this.#fault(`${what}: ${error}`)
			},
		})
	}

	#askOf(of: AnswerAsk, isAlive: () => boolean): Promise<AskOutcome> {
		this.#checkAsked(of)
		const ask = structuredClone(of)
		if (!this.#isLinked) return Promise.resolve({ ok: false, code: "machine_offline", isUnsent: true })
		const number = this.#number++
		this.#toMachine.push({ number, ask })
		return new Promise((resolve, reject) =>
			this.#asks.set(number, {
				ask,
				settle: (outcome) => isAlive() && resolve(outcome),
				reject: () => isAlive() && reject(new Error("the object is gone")),
			}),
		)
	}

	#newReports(): Reports {
		const life = this.#reportsLife
		const isAlive = () => life === this.#reportsLife
		return new Reports({
			store: this.#reportStore,
			machine: () => ({ id: this.#machineId, name: "box", workspaceId: "w" }),
			session: (id) => this.#sessions.get(id),
			tell: (report) => {
				const told = structuredClone(report)
				return new Promise((resolve, reject) => {
					const run = () => {
						this.#past.push(told)
						this.#inbox.reported(told)
						if (isAlive()) resolve()
					}
					const fail = () => {
						// Taken, and the answer lost; or not even taken.
						if (this.#dice.chance(0.5)) this.#inbox.reported(told)
						if (isAlive()) reject(new Error("the workspace is away"))
					}
					this.#calls.push({ life, run, fail })
				})
			},
			now: () => this.#now,
			arm: () => {
				this.#reportsAlarmAt = this.#now + 5_000
			},
			failed: () => {},
		})
	}

	#somePolicy(): Policy {
		const dice = this.#dice
		return {
			...NO_POLICY,
			rules: dice.chance(0.4) ? [{ command: "git status", verdict: dice.pick(["allow", "deny"] as const) }] : [],
			deadlineMinutes: dice.chance(0.6) ? 1 : null,
			remindMinutes: dice.chance(0.3) ? 1 : null,
			mayAnswer: { push: dice.pick(["low", "high"] as const), telegram: "high", wechat: "high" },
		}
	}

	// What must hold.

	#fault(fault: string): void {
		this.#faults.push(fault)
	}

	/** Every try of a claim says the same as the first. */
	#checkAsked(of: AnswerAsk): void {
		const held = this.#store.get(of.request)
		const claim = held?.claim
		if (claim === null || claim === undefined) return this.#fault(`${of.request} is answered for nobody`)
		const known = this.#claims.get(of.claim)
		if (known === undefined) {
			const taken = [...this.#claims.values()].some(({ by }) => by.is === "person" && by.id === claim.by.id)
			if (taken) this.#fault(`${claim.by.id} answers under a second claim`)
			this.#claims.set(of.claim, { by: claim.by, request: of.request, choice: claim.choice })
		} else if (known.by.id !== claim.by.id || known.request !== of.request) this.#fault("a claim has changed hands")
	}

	#checkTyped(typed: Typed): void {
		const { ask, prompt, at } = typed
		const before = this.#typed.get(ask.request)
		if (before !== undefined) this.#fault(`${ask.request} is answered twice: ${before.ask.claim}, ${ask.claim}`)
		if (prompt !== ask.request) this.#fault(`${ask.request} is answered at ${prompt}`)
		this.#typed.set(ask.request, typed)
		this.#machine.markAnswered(ask.request)
		const claim = this.#claims.get(ask.claim)
		if (claim === undefined) return this.#fault("keys are typed for no claim")
		const attempt = this.#attempts.find(({ by }) => by.id === claim.by.id)
		if (attempt !== undefined && JSON.stringify(attempt.choice) !== JSON.stringify(ask.choice))
			this.#fault(`other keys than ${attempt.by.id} chose`)
		const { deadline, kind } = this.#store.get(ask.request)?.item ?? { deadline: null, kind: "approval" }
		if (claim.by.id !== "deadline" && deadline !== null && at > deadline) this.#fault(`typed after the deadline`)
		if (claim.by.id === "deadline" && ask.choice.is === "option" && ask.choice.label !== "No")
			this.#fault("a deadline said something else than no")
		if (kind === "secret" && claim.by.via !== "console") this.#fault("a secret was answered elsewhere")
	}

	#checkEnd(): void {
		for (const held of this.#store.open()) {
			const { state } = held.item
			if (state.is === "answering") this.#fault(`${held.item.id} is being answered for ever`)
			if (held.isNew) this.#fault(`${held.item.id} is judged by no policy`)
			if (!this.#machine.prompts.some(({ id }) => id === held.item.id)) this.#fault(`${held.item.id} waits for nothing`)
		}
		for (const prompt of this.#machine.prompts) {
			const item = this.#store.get(prompt.id)?.item
			if (item === undefined) this.#fault(`${prompt.id} waits, and nobody knows`)
			else if (item.state.is === "gone" && item.state.because !== "expired")
				this.#fault(`${prompt.id} waits, and is said to be gone: ${item.state.because}`)
		}
		for (const [request, { ask }] of this.#typed) this.#checkApplied(request, ask)
		for (const attempt of this.#attempts) this.#checkTold(attempt)
		for (const [id, told] of this.#lastTold) {
			const item = this.#store.get(id)?.item
			if (item !== undefined && item.state.is !== told.state.is)
				this.#fault(`the channels show ${id} as ${told.state.is}`)
		}
		for (const [id, item] of this.#remembered) {
			if (item.state.is !== this.#store.get(id)?.item.state.is) this.#fault(`the history has ${id} as ${item.state.is}`)
			if (JSON.stringify(item.state).includes("words of") && item.kind === "secret") this.#fault("a secret is kept")
		}
		if (this.#audit.some(({ detail, target }) => this.#isSecret(target.request) && "answer" in detail))
			this.#fault("a secret is in the trail")
	}

	#isSecret(request: string | undefined): boolean {
		return request !== undefined && this.#raised.get(request)?.kind === "secret"
	}

	/** What was typed is what everybody is told; only a session that has ended takes the knowledge of it with it. */
	#checkApplied(request: string, { claim, session }: AnswerAsk): void {
		const item = this.#store.get(request)?.item
		const by = this.#claims.get(claim)?.by
		if (item === undefined) return this.#fault(`${request} was answered, and is not known`)
		const isLost = !this.#machine.isRunning(session) && item.state.is === "gone"
		if (item.state.is === "answered" ? item.state.by.id !== by?.id : !isLost)
			this.#fault(`${request} was answered by ${by?.id}, and is ${JSON.stringify(item.state)}`)
	}

	/** Who answered is told the truth: by the call, by the request itself, and once in the trail. */
	#checkTold({ by, request, told, isCut }: Attempt): void {
		const typed = [...this.#typed.values()].find(({ ask }) => this.#claims.get(ask.claim)?.by.id === by.id)
		const state = this.#store.get(request)?.item.state
		const saysMine = state?.is === "answered" && state.by.id === by.id
		if (saysMine && typed === undefined) this.#fault(`${by.id} is told that an answer was typed that was not`)
		const entries = this.#audit.filter(({ actor }) => actor.id === by.id)
		if (entries.some(({ outcome }) => outcome === "done") && typed === undefined)
			this.#fault(`the trail says that ${by.id} has answered`)
		const isClaimed = [...this.#claims.values()].some((claim) => claim.by.id === by.id)
		if (isClaimed && entries.length !== 1) this.#fault(`the trail has ${entries.length} entries of ${by.id}`)
		if (told === null) {
			if (!isCut) this.#fault(`${by.id} is never told`)
			return
		}
		if (told.ok && told.value.state.is === "answered" && told.value.state.by.id === by.id && typed === undefined)
			this.#fault(`${by.id} was told that it was typed`)
		if (!told.ok && typed !== undefined && told.code !== "session_ended" && told.code !== "timed_out")
			this.#fault(`${by.id} was refused with ${told.code}, and it was typed`)
		if (told.ok && !["answered", "answering", "open", "gone"].includes(told.value.state.is)) this.#fault("nonsense")
	}
}

/** All that follows from what has happened has followed. */
function settled(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve))
}
