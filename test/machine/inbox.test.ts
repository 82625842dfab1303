// The inbox, step by step: what people are told and when, what is answered for them, and what is kept of a secret.
import { expect, test } from "vitest"
import { type AskOutcome, Inbox, type MachineReport } from "../../durable-objects/inbox/inbox.ts"
import { quietUntil } from "../../durable-objects/inbox/quiet.ts"
import type { Delivery } from "../../durable-objects/outside.ts"
import type { Said } from "../../durable-objects/trail.ts"
import type { Asked } from "../../protocol/ask.ts"
import type { Answerer, Attention, InboxItem } from "../../protocol/attention.ts"
import { newMachineId, newRequestId, newSessionId } from "../../protocol/ids.ts"
import { NO_POLICY, type Policy } from "../../protocol/policy.ts"
import { MemoryInboxStore } from "../races/memory.ts"

const MINUTE = 60_000
const applied: AskOutcome = { ok: true, value: { isConfirmed: true } }
const ANNA: Answerer = { is: "person", id: "anna", name: "Anna", via: "console" }
const YES = { is: "option", label: "Yes" } as const

class World {
	now = Date.parse("2026-07-01T12:00:00Z")
	policy: Policy = NO_POLICY
	isRegistryUp = true
	/** What the machine says to the next answers; the last one again and again. Null: nothing, ever. */
	outcomes: (AskOutcome | null)[] = [applied]
	readonly asked: Asked<"answer">[] = []
	readonly told: { item: InboxItem; because: Delivery["because"]; people: readonly string[] | null }[] = []
	readonly audit: Said[] = []
	readonly dismissed: string[] = []
	readonly store = new MemoryInboxStore()
	readonly machine = newMachineId()
	readonly session = newSessionId()
	wakeAt: number | null = null
	inbox = this.#build()
	#revision = 0

	evict(): void {
		this.inbox = this.#build()
	}

	request(fields: Partial<Attention> = {}): Attention {
		return {
			...{ id: newRequestId(), session: this.session, run: 1, kind: "approval", text: "Run it?" },
			subject: { is: "command", text: "rm -rf build", isWhole: true },
			options: [
				{ label: "Yes", keys: "1", means: "yes" },
				{ label: "Yes, always", keys: "2", means: "always" },
				{ label: "No", keys: "3", means: "no" },
			],
			...{ takesText: false, source: "screen", rule: "x@1", confidence: 1, excerpt: [], at: 1 },
			...fields,
		}
	}

	async report(open: Attention[], more: Partial<MachineReport> = {}): Promise<void> {
		this.inbox.reported({
			...{ workspaceId: "w", machine: this.machine, machineName: "box", revision: ++this.#revision, ended: [] },
			open: open.map((one) => ({ ...one, sessionName: "fix", runtime: "codex", cwd: "/app" })),
			isRevoked: false,
			...more,
		})
		await settled()
	}

	/** Lets time pass as the platform does: woken at each alarm on the way. */
	async pass(ms: number): Promise<void> {
		const end = this.now + ms
		for (let rings = 0; this.wakeAt !== null && this.wakeAt <= end; rings++) {
			if (rings > 1_000) throw new Error("the alarm never rests")
			this.now = Math.max(this.now, this.wakeAt)
			this.wakeAt = null
			await this.inbox.alarm()
			await settled()
		}
		this.now = end
	}

	state({ id }: Attention): InboxItem["state"] | undefined {
		return this.inbox.find(id)?.state
	}

	/** Reasons and people, in order, since the last look. */
	take(): string[] {
		return this.told.splice(0).map(({ because, people }) => `${because} ${people?.join() ?? "all"}`)
	}

	#build(): Inbox {
		return new Inbox({
			store: this.store,
			now: () => this.now,
			wakeAt: (time) => {
				this.wakeAt = Math.min(this.wakeAt ?? time, time)
			},
			policy: async () => {
				await Promise.resolve()
				if (!this.isRegistryUp) throw new Error("away")
				return { policy: this.policy, tags: [] }
			},
			answer: (_, of) => {
				this.asked.push(structuredClone(of))
				const outcome = this.outcomes.length > 1 ? this.outcomes.shift() : this.outcomes[0]
				return outcome === null || outcome === undefined ? new Promise(() => {}) : Promise.resolve(outcome)
			},
			dismiss: async (_, { request }) => void this.dismissed.push(request),
			deliveries: {
				tell: (item, because, people) => void this.told.push({ item: structuredClone(item), because, people }),
			},
			changed: () => {},
			record: (said) => void this.audit.push(structuredClone(said)),
			remember: () => {},
			patience: () => ({ stop: () => {} }),
			failed: () => {},
		})
	}
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
const unsent: AskOutcome = { ok: false, code: "machine_offline", isUnsent: true }

test("everybody is told of a request once, and of its end", async () => {
	const world = new World()
	const request = world.request()
	await world.report([request])
	await world.report([request])
	expect(world.take()).toEqual(["raised all"])
	await world.inbox.answer(request.id, YES, ANNA, "10.0.0.1")
	expect(world.take()).toEqual(["changed all"])
	expect(world.state(request)).toMatchObject({ is: "answered", by: ANNA, answer: "Yes" })
	expect(world.audit).toMatchObject([
		{ actor: { id: "anna" }, outcome: "done", address: "10.0.0.1", detail: { via: "console", answer: "Yes" } },
	])
})

test("who is told is told again, once; then the next people, one after another", async () => {
	const world = new World()
	world.policy = { ...NO_POLICY, remindMinutes: 7, escalation: { minutes: 5, people: ["a", "b", "c"] } }
	await world.report([world.request()])
	expect(world.take()).toEqual(["raised a"])
	await world.pass(5 * MINUTE)
	expect(world.take()).toEqual(["escalated b"])
	await world.pass(2 * MINUTE)
	expect(world.take()).toEqual(["reminded a,b"])
	await world.pass(60 * MINUTE)
	expect(world.take()).toEqual(["escalated c"])
})

test("nobody is told in quiet hours; what still waits at their end is told then, also by an object that was evicted", async () => {
	const world = new World()
	// It is 14:00 in Berlin.
	world.policy = { ...NO_POLICY, quiet: { from: "13:30", to: "15:00", timeZone: "Europe/Berlin" }, remindMinutes: 1 }
	const [stays, goes] = [world.request(), world.request()]
	await world.report([stays, goes])
	await world.report([stays])
	expect(world.take()).toEqual(["changed all"])
	world.evict()
	await world.pass(59 * MINUTE)
	expect(world.take()).toEqual([])
	await world.pass(MINUTE)
	expect(world.take()).toEqual(["raised all"])
	await world.pass(MINUTE)
	expect(world.take()).toEqual(["reminded all"])
})

test("quiet hours go by the clock on the wall, also on the nights when it is changed", () => {
	const quiet = { from: "22:00", to: "02:30", timeZone: "Europe/Berlin" }
	const until = (time: string) => {
		const end = quietUntil(quiet, Date.parse(time))
		return end === null ? null : new Date(end).toISOString()
	}
	expect(until("2026-07-01T19:59:59Z")).toBeNull()
	expect(until("2026-07-01T20:00:00Z")).toBe("2026-07-02T00:30:00.000Z")
	// At 02:00 it is 03:00.
	expect(until("2026-03-28T23:00:00Z")).toBe("2026-03-29T01:00:00.000Z")
	// At 03:00 it is 02:00 again.
	expect(until("2026-10-24T23:59:00Z")).toBe("2026-10-25T00:30:00.000Z")
	expect(quietUntil({ ...quiet, timeZone: "Nowhere" }, Date.parse("2026-07-01T20:00:00Z"))).toBeNull()
})

test("timeout means no, and no answer comes after it", async () => {
	const world = new World()
	world.policy = { ...NO_POLICY, deadlineMinutes: 10 }
	const request = world.request()
	await world.report([request])
	expect(world.inbox.find(request.id)?.deadline).toBe(world.now + 10 * MINUTE)
	await world.pass(10 * MINUTE)
	expect(world.asked).toMatchObject([{ request: request.id, choice: { label: "No" } }])
	expect(world.state(request)).toMatchObject({ is: "answered", by: { is: "rule", via: "policy" }, answer: "No" })
	const late = await world.inbox.answer(request.id, YES, ANNA, null)
	expect(late).toMatchObject({ ok: false, code: "request_answered" })
	expect(world.audit.map(({ actor, outcome }) => [actor.id, outcome])).toEqual([
		["deadline", "done"],
		["anna", "request_answered"],
	])
})

test("the no of a deadline waits for a machine that is away, and nobody says yes meanwhile", async () => {
	const world = new World()
	world.policy = { ...NO_POLICY, deadlineMinutes: 10 }
	world.outcomes = [unsent]
	const request = world.request()
	await world.report([request])
	await world.pass(3 * 60 * MINUTE)
	expect(world.state(request)).toEqual({ is: "open" })
	expect(await world.inbox.answer(request.id, YES, ANNA, null)).toMatchObject({ ok: false, code: "request_gone" })
	// Nothing was answered, and nobody is told that it was.
	expect(world.audit.filter(({ actor }) => actor.is === "rule")).toEqual([])
	expect(world.take()).toEqual(["raised all"])
	world.outcomes = [applied]
	await world.report([request])
	expect(world.state(request)).toMatchObject({ is: "answered", answer: "No" })
})

test("an approval that cannot be refused is forgotten at its deadline, and questions have none", async () => {
	const world = new World()
	world.policy = { ...NO_POLICY, deadlineMinutes: 10 }
	const approval = world.request({ options: [{ label: "Yes", keys: "1", means: "yes" }] })
	const question = world.request({ kind: "question", options: [], takesText: true })
	await world.report([approval, question])
	await world.pass(10 * MINUTE)
	expect(world.state(approval)).toMatchObject({ is: "gone", because: "expired" })
	expect(world.dismissed).toEqual([approval.id])
	expect(world.state(question)).toEqual({ is: "open" })
})

test("a rule answers what it fits before anybody is told; where it cannot, people are", async () => {
	const world = new World()
	world.policy = { ...NO_POLICY, rules: [{ command: "rm *", verdict: "deny" }] }
	const request = world.request()
	await world.report([request])
	expect(world.state(request)).toMatchObject({ is: "answered", answer: "No", by: { is: "rule", name: "Rule 1" } })
	expect(world.take()).toEqual(["changed all"])
	expect(world.audit).toMatchObject([
		{ actor: { is: "rule" }, outcome: "done", detail: { via: "policy", answer: "No" } },
	])
	world.outcomes = [unsent]
	const second = world.request()
	await world.report([request, second])
	expect(world.state(second)).toEqual({ is: "open" })
	expect(world.take()).toEqual(["raised all"])
})

test("a request that turns out to be known better is judged again", async () => {
	const world = new World()
	world.policy = { ...NO_POLICY, rules: [{ command: "git status", verdict: "allow" }] }
	const seen = world.request({ subject: { is: "command", text: "git sta", isWhole: false } })
	await world.report([seen])
	expect(world.state(seen)).toEqual({ is: "open" })
	expect(world.inbox.find(seen.id)?.risk).toBe("high")
	await world.report([{ ...seen, source: "hook", subject: { is: "command", text: "git status", isWhole: true } }])
	expect(world.state(seen)).toMatchObject({ is: "answered", answer: "Yes" })
	expect(world.take()).toEqual(["raised all", "changed all", "changed all"])
})

test("a registry that is away is asked again for the policy, and the request waits in the inbox meanwhile", async () => {
	const world = new World()
	world.isRegistryUp = false
	const request = world.request()
	await world.report([request])
	await world.pass(10 * MINUTE)
	expect(world.inbox.items().map(({ id }) => id)).toEqual([request.id])
	expect(world.take()).toEqual([])
	world.isRegistryUp = true
	world.evict()
	await world.pass(MINUTE)
	expect(world.take()).toEqual(["raised all"])
})

test.each([
	["push", "low", "Yes", "answer_elsewhere"],
	["push", "low", "Yes, always", "answer_elsewhere"],
	["push", "low", "No", null],
	["push", "nothing", "No", "answer_elsewhere"],
	["telegram", "high", "Yes", null],
	["wechat", "low", "Yes", "answer_elsewhere"],
	["console", "low", "Yes", null],
	["api", "low", "Yes", null],
	["command", "low", "Yes", null],
] as const)("by %s, which may answer %s, %s is answered: %s", async (via, most, label, code) => {
	const world = new World()
	world.policy = { ...NO_POLICY, mayAnswer: { push: most, telegram: most, wechat: most } }
	const request = world.request()
	await world.report([request])
	const answered = await world.inbox.answer(request.id, { is: "option", label }, { ...ANNA, via }, null)
	expect(answered.ok ? null : answered.code).toBe(code)
	expect(world.audit.map(({ outcome }) => outcome)).toEqual([code ?? "done"])
})

test("what does little harm is answered by push, but not leave from now on", async () => {
	const world = new World()
	const little = { subject: { is: "command", text: "git status", isWhole: true } as const }
	const [once, always] = [world.request(little), world.request(little)]
	await world.report([once, always])
	const push = { ...ANNA, via: "push" } as const
	expect((await world.inbox.answer(once.id, YES, push, null)).ok).toBe(true)
	const forever = await world.inbox.answer(always.id, { is: "option", label: "Yes, always" }, push, null)
	expect(forever).toMatchObject({ ok: false, code: "answer_elsewhere" })
})

test("Enter alone answers a question, and neither a secret nor what is done", async () => {
	const world = new World()
	const words: Partial<Attention> = { subject: null, options: [], takesText: true }
	const asks = (["question", "secret", "idle"] as const).map((kind) => world.request({ kind, ...words }))
	await world.report(asks)
	const codes: (string | null)[] = []
	for (const { id } of asks) {
		const answered = await world.inbox.answer(id, { is: "text", text: "" }, ANNA, null)
		codes.push(answered.ok ? null : answered.code)
	}
	expect(codes).toEqual([null, "answer_invalid", "answer_invalid"])
})

test("a secret is answered in the console only, and its words are kept nowhere", async () => {
	const world = new World()
	const secret = world.request({ kind: "secret", subject: null, options: [], takesText: true })
	await world.report([secret])
	const words = { is: "text", text: "hunter2" } as const
	for (const via of ["api", "command", "push", "telegram", "wechat"] as const)
		expect(await world.inbox.answer(secret.id, words, { ...ANNA, via }, null)).toMatchObject({
			code: "answer_elsewhere",
		})
	world.outcomes = [null]
	void world.inbox.answer(secret.id, words, ANNA, null)
	await settled()
	expect(world.asked).toMatchObject([{ choice: words }])
	expect(JSON.stringify([world.store.open(), world.audit, world.told])).not.toContain("hunter2")
	// Without the words nothing is typed for it: the machine is asked what came of it, for a time that is over.
	world.evict()
	world.outcomes = [{ ok: false, code: "request_gone" }]
	await world.pass(MINUTE)
	expect(world.asked[1]).toMatchObject({ claim: world.asked[0]?.claim, until: 0 })
	expect(world.state(secret)).toMatchObject({ is: "open", refused: { by: { id: "anna" }, code: "request_gone" } })
	expect(JSON.stringify([world.asked[1], world.store.open(), world.audit, world.told])).not.toContain("hunter2")
})

test("an answer whose outcome is unknown is asked for again until it is known, and told then", async () => {
	const world = new World()
	world.outcomes = [{ ok: false, code: "timed_out" }, { ok: false, code: "internal" }, unsent, applied]
	const request = world.request()
	await world.report([request])
	const answered = await world.inbox.answer(request.id, YES, ANNA, null)
	expect(answered).toMatchObject({ ok: true, value: { state: { is: "answering" } } })
	expect(world.audit).toEqual([])
	await world.pass(60 * MINUTE)
	expect(world.state(request)).toMatchObject({ is: "answered", by: ANNA })
	expect(new Set(world.asked.map(({ claim }) => claim)).size).toBe(1)
	expect(world.asked).toHaveLength(4)
	expect(world.take()).toEqual(["raised all", "changed all", "changed all"])
	expect(world.audit).toHaveLength(1)
})

test("an answer under way when its machine is removed is over, and whoever gave it is told so", async () => {
	const world = new World()
	world.outcomes = [{ ok: false, code: "timed_out" }]
	const request = world.request()
	await world.report([request])
	await world.inbox.answer(request.id, YES, ANNA, null)
	await world.report([], { isRevoked: true })
	expect(world.state(request)).toMatchObject({ is: "gone", because: "removed" })
	expect(world.audit).toMatchObject([{ actor: { id: "anna" }, outcome: "timed_out" }])
	expect(world.take().at(-1)).toBe("changed all")
	await world.pass(60 * MINUTE)
	expect(world.asked).toHaveLength(1)
})

test("the inbox has the most urgent first, then the newest", async () => {
	const world = new World()
	const little = { subject: { is: "command", text: "ls", isWhole: true } as const }
	const kinds: Partial<Attention>[] = [{ kind: "idle" }, little, { kind: "question" }, { kind: "secret" }, {}, little]
	const requests = kinds.map((fields) => world.request(fields))
	const open: Attention[] = []
	for (const request of requests) {
		open.push(request)
		world.now += 1
		await world.report(open)
	}
	const order = world.inbox.items().map(({ id }) => requests.findIndex((request) => request.id === id))
	expect(order).toEqual([4, 3, 5, 1, 2, 0])
})

test("what is over is forgotten a day later, once its machine has forgotten it", async () => {
	const world = new World()
	const [one, other] = [world.request(), world.request()]
	await world.report([one, other])
	await world.inbox.answer(one.id, YES, ANNA, null)
	await world.inbox.answer(other.id, YES, ANNA, null)
	await world.report([other])
	await world.pass(25 * 60 * MINUTE)
	expect(world.state(one)).toBeUndefined()
	expect(world.state(other)).toMatchObject({ is: "answered" })
})
