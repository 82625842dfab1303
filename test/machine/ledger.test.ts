// The ledger step by step: who goes next and where, what each waits for, and what a machine that is late or mute can do.
import { DatabaseSync } from "node:sqlite"
import { expect, test } from "vitest"
import type { Submission } from "../../durable-objects/ledger/begun.ts"
import type { Effect, LedgerStore, Reach } from "../../durable-objects/ledger/held.ts"
import { Ledger, type MachineOutcome } from "../../durable-objects/ledger/ledger.ts"
import { SqlLedgerStore } from "../../durable-objects/ledger/sql-ledger-store.ts"
import { type MachineId, newMachineId, type TaskId } from "../../protocol/ids.ts"
import type { TaskView } from "../../protocol/task.ts"
import { Manifest } from "../../protocol/task.ts"
import { type Attempt, TaskReport } from "../../protocol/task-report.ts"
import { History } from "../ledger/history.ts"
import { MemoryLedgerStore } from "../ledger/memory.ts"

const ALL: Reach = { member: null, tags: null }
const BY = { is: "person", id: "u1", name: "Ada" } as const
const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

interface Asked {
	what: "take" | "stop" | "steer"
	machine: string
	task: TaskId
	fence: number
	text?: string
	answer: (outcome: MachineOutcome) => Promise<void>
}

class World {
	now = Date.UTC(2026, 0, 5, 12)
	alarmAt: number | null = null
	atOnce = 100
	readonly asked: Asked[] = []
	readonly cut: string[] = []
	readonly effects: Effect[] = []
	/** Whether what is outside takes what it is told. */
	isOutsideUp = true
	readonly ids = new Map<string, MachineId>()
	readonly #epochs = new Map<string, number>()
	readonly store: LedgerStore
	ledger: Ledger

	constructor(store: LedgerStore = new MemoryLedgerStore()) {
		this.store = store
		this.ledger = this.#build()
	}

	/** The object leaves memory. */
	evict(): void {
		this.ledger = this.#build()
	}

	submit(manifest: Partial<Record<keyof Manifest, unknown>> = {}, more: Partial<Submission> = {}): TaskView {
		const from = { is: "person", id: "u1", name: "Ada" } as const
		const whole = {
			key: null,
			manifest: Manifest.parse(manifest),
			from,
			isFromOutside: false,
			of: null,
			reach: ALL,
			replyTo: null,
		}
		const made = this.ledger.submit({ ...whole, ...more }, BY)
		if (!made.ok) throw new Error(made.code)
		return made.value.task
	}

	link(name: string, slots = 1, reports: Partial<TaskReport>[] = []) {
		const id = this.ids.get(name) ?? newMachineId()
		this.ids.set(name, id)
		const epoch = (this.#epochs.get(name) ?? 0) + 1
		this.#epochs.set(name, epoch)
		const info = { id, name, tags: ["linux"], members: null, runtimes: null, substrates: null, slots }
		return this.ledger.linked(
			info,
			epoch,
			reports.map((report) => TaskReport.parse(report)),
		)
	}

	unlink(name: string): void {
		this.ledger.unlinked(this.id(name), this.#epochs.get(name) ?? 0)
	}

	report(name: string, report: Partial<TaskReport>) {
		return this.ledger.reported(this.id(name), TaskReport.parse(report))
	}

	id(name: string): MachineId {
		const id = this.ids.get(name)
		if (id === undefined) throw new Error(`there is no ${name}`)
		return id
	}

	/** The next question that a machine was asked. */
	next(what: Asked["what"]): Asked {
		const index = this.asked.findIndex((asked) => asked.what === what)
		const [asked] = index < 0 ? [] : this.asked.splice(index, 1)
		if (asked === undefined) throw new Error(`nobody is asked to ${what}`)
		return asked
	}

	/** The next task is taken, and runs. */
	async begin(): Promise<Asked> {
		const asked = this.next("take")
		await asked.answer({ is: "done" })
		this.report(asked.machine, { task: asked.task, fence: asked.fence, sequence: 1, is: "preparing" })
		this.report(asked.machine, { task: asked.task, fence: asked.fence, sequence: 2, is: "running" })
		return asked
	}

	pass(ms: number): void {
		const until = this.now + ms
		while (this.alarmAt !== null && this.alarmAt <= until) {
			this.now = Math.max(this.now, this.alarmAt)
			this.alarmAt = null
			this.ledger.alarm()
		}
		this.now = until
	}

	view(task: TaskId): TaskView {
		const view = this.ledger.task(task)
		if (view === undefined) throw new Error("there is no such task")
		return view
	}

	#build(): Ledger {
		const ask = (what: Asked["what"], id: MachineId, of: Pick<Attempt, "task" | "fence"> & { text?: string }) =>
			new Promise<MachineOutcome>((resolve) => {
				const machine = [...this.ids].find(([, known]) => known === id)?.[0] ?? id
				const answer = async (outcome: MachineOutcome) => {
					resolve(outcome)
					for (let turn = 0; turn < 8; turn++) await undefined
				}
				const text = of.text === undefined ? {} : { text: of.text }
				this.asked.push({ what, machine, task: of.task, fence: of.fence, ...text, answer })
			})
		return new Ledger({
			store: this.store,
			now: () => this.now,
			wakeAt: (time) => {
				this.alarmAt = Math.min(this.alarmAt ?? time, time)
			},
			limits: () => ({ atOnce: this.atOnce, queued: 20_000 }),
			machines: {
				take: (id, _, attempt) => ask("take", id, attempt),
				stop: (id, _, of) => ask("stop", id, of),
				steer: (id, _, of) => ask("steer", id, of),
				cut: (id) => void this.cut.push([...this.ids].find(([, known]) => known === id)?.[0] ?? id),
			},
			perform: async (effect) => {
				if (!this.isOutsideUp) return { is: "again", reason: "It answers 500." }
				this.effects.push(effect)
				return { is: "done", further: [] }
			},
			changed: () => {},
			failed: () => {},
		})
	}
}

function sqlStore(): SqlLedgerStore {
	const database = new DatabaseSync(":memory:")
	const exec = (query: string, ...values: never[]) => {
		if (values.length > 0 || !query.trim().startsWith("CREATE"))
			return database
				.prepare(query)
				.all(...values)
				[Symbol.iterator]()
		database.exec(query)
		return [][Symbol.iterator]()
	}
	return new SqlLedgerStore({ exec } as unknown as ConstructorParameters<typeof SqlLedgerStore>[0])
}

test("a task of a machine that is away waits, says for what, and runs once on its return", async () => {
	const world = new World()
	world.link("laptop")
	world.pass(2 * HOUR)
	world.unlink("laptop")
	world.pass(HOUR)
	const { id } = world.submit({ target: { machine: "laptop" } })
	expect(world.view(id)).toMatchObject({ position: 1, state: { is: "queued" }, owner: { is: "ledger" } })
	expect(world.view(id).state.reason).toBe("waiting for: laptop, away since 2026-01-05T14:00Z")
	expect(world.asked).toEqual([])
	world.link("laptop")
	const { task, fence } = await world.begin()
	expect([task, fence]).toEqual([id, 1])
	expect(world.view(id)).toMatchObject({ state: { is: "running" }, owner: { is: "machine", id: world.id("laptop") } })
	const end = { task, fence, sequence: 3, is: "succeeded", exitCode: 0 } as const
	expect(world.report("laptop", end)).toBe("forget")
	expect(world.report("laptop", end)).toBe("stop")
	expect(world.view(id)).toMatchObject({ state: { is: "succeeded", deadline: null, exitCode: 0 }, owner: null })
	expect(world.view(id).events.map(({ is }) => is)).toEqual([
		...["queued", "claimed", "preparing", "running", "succeeded"],
	])
	expect(world.view(id).spent).toMatchObject({ queued: 0, running: 0 })
	expect(world.asked).toEqual([])
})

test("an ordinary task costs seven writes of its row, and one of its manifest", async () => {
	const store = new MemoryLedgerStore()
	const world = new World(store)
	world.link("box")
	const { id } = world.submit()
	const { task, fence } = await world.begin()
	world.report("box", { task, fence, sequence: 3, is: "collecting" })
	world.report("box", { task, fence, sequence: 4, is: "succeeded" })
	expect(world.view(id).state.is).toBe("succeeded")
	// Queued, asked, claimed, preparing, running, collecting, over.
	expect(store.writes).toBe(7)
})

test("an answer that was lost is asked for again with the same fence, also after the object was evicted", async () => {
	const world = new World()
	world.link("box")
	const { id } = world.submit()
	await world.next("take").answer({ is: "unknown" })
	world.pass(30 * SECOND)
	expect(world.next("take")).toMatchObject({ task: id, fence: 1 })
	world.evict()
	world.pass(30 * SECOND)
	expect(world.next("take")).toMatchObject({ task: id, fence: 1 })
	world.unlink("box")
	world.link("box")
	expect(world.next("take")).toMatchObject({ task: id, fence: 1 })
})

test("a machine that answers nothing has its link cut, and another takes what it has not begun", async () => {
	const world = new World()
	world.link("mute")
	const { id } = world.submit()
	for (let tries = 0; tries < 4; tries++) {
		await world.next("take").answer({ is: "unknown" })
		world.pass(30 * SECOND)
	}
	expect(world.cut).toContain("mute")
	world.unlink("mute")
	world.link("box")
	expect(world.view(id).state.reason).toMatch(/^waiting for: mute, which is asked to take it, away since /)
	world.pass(3 * MINUTE)
	world.asked.splice(0, world.asked.length - 1)
	expect(world.next("take")).toMatchObject({ machine: "box", task: id, fence: 2 })
	// What it may have taken meanwhile is void.
	expect(world.link("mute", 1, [{ task: id, fence: 1, sequence: 1, is: "claimed" }])).toEqual([
		{ task: id, fence: 1, verdict: "stop" },
	])
})

test("a machine that sleeps while a task runs goes on with it; one that stays away loses it after the lease", async () => {
	const world = new World()
	world.link("laptop")
	const { id } = world.submit({ timeoutSeconds: 600, awaySeconds: 3_600, retries: { max: 1 } })
	const { task, fence } = await world.begin()
	world.pass(5 * MINUTE)
	world.unlink("laptop")
	world.pass(50 * MINUTE)
	expect(world.view(id).state.is).toBe("running")
	expect(world.link("laptop", 1, [{ task, fence, sequence: 2, is: "running" }])).toEqual([
		{ task, fence, verdict: "go-on" },
	])
	world.pass(4 * MINUTE)
	expect(world.view(id).state.is).toBe("running")
	world.unlink("laptop")
	world.link("box")
	world.pass(HOUR)
	expect(world.view(id).state.is).toBe("running")
	world.pass(5 * MINUTE)
	// Its second attempt is on the machine that is there.
	expect(world.next("take")).toMatchObject({ machine: "box", task: id, fence: 2 })
	expect(world.view(id).events.find(({ is }) => is === "retried")?.reason).toBe("lost: laptop was away for too long")
	expect(world.link("laptop", 1, [{ task, fence, sequence: 9, is: "succeeded" }])[0]?.verdict).toBe("stop")
	expect(world.view(id).state.is).toBe("queued")
})

test("a task that is cancelled while its machine is away is over at once, and is stopped when it is back", async () => {
	const world = new World()
	world.link("laptop")
	const { id } = world.submit({ concurrency: { key: "deploy" }, name: "first" })
	const next = world.submit({ concurrency: { key: "deploy" }, name: "second" })
	const { task, fence } = await world.begin()
	world.unlink("laptop")
	expect(world.ledger.cancel(id, BY, "enough")).toMatchObject({ ok: true, value: { state: { is: "cancelled" } } })
	expect(world.ledger.cancel(id, BY, "enough")).toEqual({ ok: false, code: "task_over" })
	world.link("box")
	// Its program may run yet, and the key is its own.
	expect(world.view(next.id).state.reason).toBe("waiting for: first, which has the key deploy")
	expect(world.link("laptop", 1, [{ task, fence, sequence: 2, is: "running" }])[0]?.verdict).toBe("stop")
	const stop = world.next("stop")
	expect(stop).toMatchObject({ machine: "laptop", task, fence })
	await stop.answer({ is: "done" })
	expect(world.next("take")).toMatchObject({ task: next.id })
	expect(world.store.open().map((held) => held.id)).toEqual([next.id])
})

test("what a machine does not list any more is lost, and tried again as its retries say", async () => {
	const world = new World()
	world.link("box")
	const { id } = world.submit({ retries: { max: 2, backOffSeconds: 60, on: ["lost"] } })
	await world.begin()
	const mayRunMs = (world.view(id).state.deadline ?? 0) - world.now
	world.pass(7 * SECOND)
	world.unlink("box")
	world.link("box")
	expect(world.view(id).state).toMatchObject({ is: "queued" })
	expect(world.view(id).state.reason).toBe("waiting to be tried again at 2026-01-05T12:01Z")
	world.pass(59 * SECOND)
	expect(world.asked).toEqual([])
	world.pass(2 * SECOND)
	const { task, fence } = await world.begin()
	expect(fence).toBe(2)
	expect((world.view(id).state.deadline ?? 0) - world.now).toBe(mayRunMs)
	world.pass(5 * SECOND)
	world.report("box", { task, fence, sequence: 3, is: "failed", because: "exit", exitCode: 2, reason: "exit 2" })
	expect(world.view(id).spent).toMatchObject({ running: 12 * SECOND })
	// That is not a reason to try again.
	expect(world.view(id).state).toMatchObject({ is: "failed", because: "exit", exitCode: 2 })
})

test("a task without a name is called after what it is asked, or its command", () => {
	const world = new World()
	const name = (manifest: object) => world.submit(manifest).name
	expect(name({ name: "Mend", prompt: "Mend it" })).toBe("Mend")
	expect(name({ prompt: "  Mend the tests. \nAll of them." })).toBe("Mend the tests.")
	expect(name({ runtime: "custom", argv: ["make", "-j4", "test"] })).toBe("make -j4 test")
	expect(name({})).toBe("claude-code")
})

test("the ledger ends what a machine that is linked does not", async () => {
	const world = new World()
	world.link("box")
	const { id } = world.submit({ timeoutSeconds: 60 })
	const { task, fence } = await world.begin()
	world.pass(4 * MINUTE)
	expect(world.view(id).state).toMatchObject({ is: "timed-out", reason: "it ran for more than 60 s" })
	expect(world.next("stop")).toMatchObject({ task, fence })
	expect(world.report("box", { task, fence, sequence: 3, is: "succeeded" })).toBe("stop")
	expect(world.view(id).state.is).toBe("timed-out")
})

test("a task that no machine takes fails after its time in the queue, with what it waited for", () => {
	const world = new World()
	world.link("box")
	const { id } = world.submit({ target: { tags: ["gpu"] }, queueSeconds: 600 })
	world.pass(11 * MINUTE)
	expect(world.view(id).state).toMatchObject({
		is: "failed",
		because: "no_machine",
		reason: "waiting for: a machine tagged gpu with claude-code",
	})
})

test("a machine that cannot run it is not asked again; with none left it fails, with what the machine said", async () => {
	const world = new World()
	world.link("one")
	world.link("two")
	const { id } = world.submit()
	const first = world.next("take")
	await first.answer({ is: "refused", isFull: false, reason: "there is no bubblewrap" })
	const second = world.next("take")
	expect([first.machine, second.machine].sort()).toEqual(["one", "two"])
	expect(second.fence).toBe(2)
	await second.answer({ is: "refused", isFull: true, reason: "full" })
	expect(world.view(id).state.is).toBe("queued")
	world.pass(20 * SECOND)
	const third = world.next("take")
	expect(third.machine).toBe(second.machine)
	await third.answer({ is: "refused", isFull: false, reason: "nor here" })
	expect(world.view(id).state).toMatchObject({ is: "failed", because: "refused", reason: "nor here" })
})

test("priority goes first, and lanes take turns: a flood of one trigger does not hold up another's", async () => {
	const world = new World()
	const from = (id: string) => ({ from: { is: "trigger", id, name: id } as const })
	for (let count = 0; count < 50; count++) world.submit({ name: `flood ${count}` }, from("trg_flood"))
	world.submit({ name: "small" }, from("trg_small"))
	world.submit({ name: "urgent", priority: 5 }, from("trg_flood"))
	const names = () => world.ledger.list(0).map(({ name }) => name)
	expect(names().slice(0, 4)).toEqual(["urgent", "flood 0", "small", "flood 1"])
	expect(world.ledger.list(0).map(({ position }) => position)).toEqual(Array.from({ length: 52 }, (_, at) => at + 1))
	world.link("box", 3)
	const taken = [world.next("take"), world.next("take"), world.next("take")].map(({ task }) => world.view(task).name)
	expect(taken).toEqual(["urgent", "flood 0", "small"])
	expect(world.ledger.list(0).find(({ name }) => name === "flood 1")?.state.reason).toBe(
		"waiting for: box, which runs 3 at once",
	)
})

test("what is queued can be edited and moved, and what a machine has cannot", async () => {
	const world = new World()
	const tasks = ["a", "b", "c"].map((name) => world.submit({ name }))
	const [a, b, c] = tasks.map(({ id }) => id) as [TaskId, TaskId, TaskId]
	const names = () => world.ledger.list(0).map(({ name }) => name)
	world.ledger.move(c, b, BY)
	expect(names()).toEqual(["a", "c", "b"])
	world.ledger.move(b, a, BY)
	expect(names()).toEqual(["b", "a", "c"])
	world.ledger.move(b, null, BY)
	expect(names()).toEqual(["a", "c", "b"])
	for (let turn = 0; turn < 200; turn++) {
		world.ledger.move(turn % 2 === 0 ? b : c, turn % 2 === 0 ? c : b, BY)
		expect(names()).toEqual(turn % 2 === 0 ? ["a", "b", "c"] : ["a", "c", "b"])
	}
	world.ledger.edit(a, Manifest.parse({ name: "z", prompt: "other words" }), ALL, BY)
	expect(world.ledger.task(a)).toMatchObject({ name: "z", manifest: { prompt: "other words" } })
	expect(world.ledger.task(a)?.events.at(-1)).toMatchObject({ is: "edited", by: BY })
	world.link("box")
	expect(world.ledger.edit(a, Manifest.parse({}), ALL, BY)).toEqual({ ok: false, code: "task_started" })
	expect(world.ledger.move(a, b, BY)).toEqual({ ok: false, code: "task_started" })
	expect(world.ledger.move(b, a, BY)).toEqual({ ok: false, code: "task_started" })
})

test("no more run at once than the workspace, the machine and the key let", async () => {
	const world = new World()
	world.atOnce = 3
	for (let count = 0; count < 3; count++) world.submit({ concurrency: { key: "k", atOnce: 2 }, name: `k ${count}` })
	for (let count = 0; count < 3; count++) world.submit({ name: `free ${count}` })
	world.link("box", 10)
	expect(world.asked).toHaveLength(3)
	const reasons = world.ledger
		.list(0)
		.flatMap(({ name, state }) => (state.reason === "" ? [] : [`${name}: ${state.reason}`]))
	expect(reasons).toContain("k 2: waiting for: k 0, which has the key k")
	expect(reasons).toContain("free 1: waiting for: others, since 3 run at once")
})

test("words for a running task are said once, also over a link that ends", async () => {
	const world = new World()
	world.link("box")
	const { id } = world.submit()
	expect(world.ledger.steer(id, "s1", "left", BY)).toEqual({ ok: false, code: "task_not_running" })
	const { task, fence } = await world.begin()
	for (let turn = 0; turn < 2; turn++) expect(world.ledger.steer(id, "s1", "left", BY).ok).toBe(true)
	await world.next("steer").answer({ is: "unknown" })
	world.unlink("box")
	world.evict()
	world.link("box", 1, [{ task, fence, sequence: 2, is: "running" }])
	const again = world.next("steer")
	expect(again).toMatchObject({ task, fence, text: "left" })
	await again.answer({ is: "done" })
	world.pass(MINUTE)
	expect(world.asked).toEqual([])
	expect(world.view(id).events.filter(({ is }) => is === "steered")).toHaveLength(1)
})

test("what follows of an end is begun once, and told until it is taken", async () => {
	const world = new World()
	world.link("box")
	const { id } = world.submit({
		name: "build",
		onSuccess: [{ is: "task", manifest: { prompt: "after {{task.name}} {{task.state}}" } }, { is: "notify" }],
		onFailure: [{ is: "notify" }],
	})
	world.isOutsideUp = false
	const { task, fence } = await world.begin()
	world.report("box", { task, fence, sequence: 3, is: "succeeded" })
	const next = world.next("take")
	expect(world.ledger.task(next.task)).toMatchObject({
		manifest: { prompt: "after build succeeded" },
		from: { is: "task", id },
	})
	world.pass(MINUTE)
	expect(world.effects).toEqual([])
	world.isOutsideUp = true
	world.evict()
	world.pass(HOUR)
	await undefined
	world.pass(HOUR)
	expect(world.effects).toMatchObject([{ id: `${id}/onSuccess/1`, follow: { is: "notify" } }])
	expect(world.ledger.list(10)).toHaveLength(2)
})

test("what nobody outside takes for a day is given up, and the task says so", async () => {
	const world = new World()
	world.link("box")
	const { id } = world.submit({ onSuccess: [{ is: "webhook", url: "https://taker.example" }] })
	world.isOutsideUp = false
	const { task, fence } = await world.begin()
	world.report("box", { task, fence, sequence: 3, is: "succeeded" })
	for (let hours = 0; hours < 26; hours++) {
		world.pass(HOUR)
		for (let turn = 0; turn < 8; turn++) await undefined
	}
	const untold = world.view(id).events.filter(({ is }) => is === "untold")
	expect(untold.map(({ reason }) => reason)).toEqual([
		"its webhook is tried again for a day: It answers 500.",
		"its webhook was given up: It answers 500.",
	])
	expect(world.view(id).state.is).toBe("succeeded")
	world.isOutsideUp = true
	world.pass(2 * HOUR)
	expect(world.effects).toEqual([])
})

test("a machine that is removed loses what it has at once", async () => {
	const world = new World()
	world.link("box")
	const { id } = world.submit({})
	await world.begin()
	world.ledger.removed(world.id("box"))
	expect(world.view(id).state).toMatchObject({ is: "lost", reason: "box was removed" })
})

test("a task that is over is retried as a new one, and is itself as it was", async () => {
	const world = new World()
	const { id } = world.submit({ prompt: "do it" })
	expect(world.ledger.retry(id, { key: "r1", reach: ALL, from: BY }, BY).ok).toBe(false)
	world.ledger.cancel(id, BY, "")
	for (const isNew of [true, false])
		expect(world.ledger.retry(id, { key: "r1", reach: ALL, from: BY }, BY)).toMatchObject({
			value: { isNew },
		})
	expect(world.ledger.list(10).map(({ state }) => state.is)).toEqual(["queued", "cancelled"])
})

test("ten thousand deliveries of one thing make one task", () => {
	const world = new World(sqlStore())
	const ids = new Set(Array.from({ length: 10_000 }, () => world.submit({}, { key: "delivery 1" }).id))
	expect(ids.size).toBe(1)
	expect(world.store.open()).toHaveLength(1)
})

test("a thousand tasks on fifty machines each run once, and leave nothing open", async () => {
	const store = new MemoryLedgerStore()
	const world = new World(store)
	for (let count = 0; count < 1_000; count++) world.submit({ name: `task ${count}` })
	for (let count = 0; count < 50; count++) world.link(`box ${count}`, 2)
	const taken = new Set<string>()
	while (world.asked.length > 0) {
		const { machine, task, fence } = await world.begin()
		expect(taken.has(task)).toBe(false)
		taken.add(task)
		world.report(machine, { task, fence, sequence: 3, is: "succeeded" })
	}
	expect(taken.size).toBe(1_000)
	expect(world.store.open()).toEqual([])
	expect(store.writes).toBe(6_000)
})

test("a machine that goes away again and again keeps a task for two leases at most", async () => {
	const world = new World()
	world.link("laptop")
	const { id } = world.submit({ timeoutSeconds: 600, awaySeconds: 3_600 })
	const { task, fence } = await world.begin()
	const leases = 2 * (3_636 + 120) * SECOND
	for (let gone = 0; gone < leases - HOUR; gone += 50 * MINUTE) {
		world.unlink("laptop")
		world.pass(50 * MINUTE)
		expect(world.link("laptop", 1, [{ task, fence, sequence: 2, is: "running" }])[0]?.verdict).toBe("go-on")
	}
	world.unlink("laptop")
	world.pass(50 * MINUTE)
	expect(world.view(id).state).toMatchObject({ is: "lost", since: world.view(id).submittedAt + 12 * MINUTE + leases })
})

test("what is over is forgotten after a month, with its key", () => {
	const world = new World(sqlStore())
	const { id } = world.submit({}, { key: "k" })
	world.ledger.cancel(id, BY, "")
	world.pass(29 * 24 * HOUR)
	expect(world.submit({}, { key: "k" }).id).toBe(id)
	world.pass(2 * 24 * HOUR)
	expect(world.ledger.task(id)).toBeUndefined()
	expect(world.alarmAt).toBeNull()
})

test("more artifacts than a row of the ledger has room for are a failure, and the rest stands", async () => {
	const world = new World(sqlStore())
	world.link("box")
	const { id } = world.submit()
	const { task, fence } = await world.begin()
	const artifacts = Array.from({ length: 1_000 }, (_, index) => ({
		...{ path: `${"x".repeat(1_000)}${index}`, size: 1, hash: "0".repeat(64), type: "text/plain" },
	}))
	expect(world.report("box", { task, fence, sequence: 3, is: "succeeded", artifacts })).toBe("stop")
	expect(world.view(id)).toMatchObject({ state: { is: "failed", because: "collect" }, artifacts: [] })
})

test("a manifest that is too large is refused", () => {
	const world = new World()
	const manifest = Manifest.parse({ prompt: "x".repeat(199_000), onSuccess: [] })
	const large = {
		...manifest,
		environment: Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`V${at}`, "y".repeat(30_000)])),
	}
	const from = { is: "person", id: "u1", name: "Ada" } as const
	const of = { isFromOutside: false, of: null, reach: ALL, replyTo: null }
	const made = world.ledger.submit({ key: null, manifest: large, from, ...of }, BY)
	expect(made).toMatchObject({ ok: false, code: "too_large" })
	expect(world.store.open()).toEqual([])
})

test("what holds of histories holds with the object's own database", async () => {
	for (let seed = 1; seed <= 60; seed++)
		expect(await new History(seed, Ledger, sqlStore()).run(), `seed ${seed}`).toEqual([])
})
