// Deliveries through floods, failures and an object that leaves memory: none lost, none twice.
import { DatabaseSync } from "node:sqlite"
import { expect, test } from "vitest"
import { Deliveries } from "../../durable-objects/triggers/deliveries.ts"
import { SqlDeliveryStore } from "../../durable-objects/triggers/sql-delivery-store.ts"
import { newTaskId, newTriggerId, type TaskId, type TriggerId } from "../../protocol/ids.ts"
import { Manifest } from "../../protocol/task.ts"
import type { Delivery, Happening, Outcome } from "../../protocol/trigger.ts"

type Sql = ConstructorParameters<typeof SqlDeliveryStore>[0]

/** An object's SQLite, as the core's store calls it. */
function sqlStorage(): Sql {
	const database = new DatabaseSync(":memory:")
	const exec = (query: string, ...values: never[]) => {
		if (values.length === 0 && query.trim().startsWith("CREATE")) {
			database.exec(query)
			return [][Symbol.iterator]()
		}
		return database
			.prepare(query)
			.all(...values)
			[Symbol.iterator]()
	}
	return { exec } as unknown as Sql
}

class World {
	now = 1_000_000
	wakeAt = Number.POSITIVE_INFINITY
	tasksPerHour = 100_000
	readonly tasks = new Map<string, TaskId>()
	readonly sql = sqlStorage()
	decide: (trigger: TriggerId, delivery: Delivery) => Promise<Outcome | null> = async () => task()
	deliveries = this.#begin()

	/** The object leaves memory and comes back. */
	evict(): void {
		this.deliveries = this.#begin()
	}

	#begin(): Deliveries {
		return new Deliveries({
			store: new SqlDeliveryStore(this.sql),
			decide: async (trigger, delivery) => {
				const outcome = await this.decide(trigger, delivery)
				const reach = { member: null, tags: null }
				return outcome === null
					? null
					: { outcome, tasksPerHour: this.tasksPerHour, name: "Fix it", reach, isReplied: false }
			},
			submit: ({ key }) => {
				const known = this.tasks.get(key) ?? newTaskId()
				this.tasks.set(key, known)
				return { ok: true, task: known }
			},
			changed: () => {},
			now: () => this.now,
			wakeAt: (time) => {
				this.wakeAt = time
			},
			failed: () => {},
		})
	}
}

const task = (): Outcome => ({ is: "task", manifest: Manifest.parse({}), happening: {} as Happening })
const delivery = (id: string, ...more: string[]): Delivery => {
	return { id, keys: [`id:${id}`, ...more], event: "issues", body: '{"a":1}', at: 1_000_000 }
}

test("ten thousand of one delivery are one task", async () => {
	const world = new World()
	const trigger = newTriggerId()
	const said = Array.from({ length: 10_000 }, (_, at) => {
		if (at % 1_000 === 500) world.evict()
		return world.deliveries.take(trigger, delivery("one"))
	})
	world.deliveries.alarm()
	await world.deliveries.settled()
	expect(said.filter((each) => each === "new")).toHaveLength(1)
	expect(world.tasks.size).toBe(1)
	expect(world.deliveries.last(trigger)).toMatchObject([
		{ outcome: { is: "task" }, task: [...world.tasks.values()][0] },
	])
})

test("one that shares any key with another is the same, and another trigger's is not", async () => {
	const world = new World()
	const [one, two] = [newTriggerId(), newTriggerId()]
	expect(world.deliveries.take(one, delivery("a", "body:x"))).toBe("new")
	expect(world.deliveries.take(one, delivery("b", "body:x"))).toBe("again")
	// What was refused leaves no key behind.
	expect(world.deliveries.take(one, delivery("b", "body:y"))).toBe("new")
	expect(world.deliveries.take(two, delivery("a", "body:x"))).toBe("new")
	await world.deliveries.settled()
	expect(world.tasks.size).toBe(3)
})

test("one that was begun when the object left memory is decided on its return, into one task", async () => {
	const world = new World()
	const trigger = newTriggerId()
	let goOn = () => {}
	const held = new Promise<Outcome>((resolve) => {
		goOn = () => resolve(task())
	})
	world.decide = () => held
	const before = world.deliveries
	before.take(trigger, delivery("one"))
	world.evict()
	world.deliveries.alarm()
	goOn()
	await Promise.all([before.settled(), world.deliveries.settled()])
	expect(world.tasks.size).toBe(1)
	expect(world.deliveries.last(trigger)).toMatchObject([{ outcome: { is: "task" }, nextAt: null }])
})

test("one that cannot be decided is tried again, later each time, and then told of; others go past it", async () => {
	const world = new World()
	const trigger = newTriggerId()
	world.decide = async (_, { id }) => {
		if (id === "bad") throw new Error("D1 is away")
		return task()
	}
	world.deliveries.take(trigger, delivery("bad"))
	world.deliveries.take(trigger, delivery("good"))
	await world.deliveries.settled()
	expect(world.tasks.size).toBe(1)
	const waits: number[] = []
	for (let at = 0; at < 10 && world.deliveries.last(trigger)[1]?.outcome === null; at++) {
		waits.push(world.wakeAt - world.now)
		world.now = world.wakeAt
		world.deliveries.alarm()
		await world.deliveries.settled()
	}
	expect(waits).toEqual([4_000, 16_000, 64_000, 256_000])
	expect(world.deliveries.last(trigger)[1]).toMatchObject({ outcome: { is: "failed" }, task: null })
})

test("a trigger's tasks within an hour are bounded, and what was too much can be done again", async () => {
	const world = new World()
	const trigger = newTriggerId()
	world.tasksPerHour = 2
	for (const id of ["a", "b", "c"]) world.deliveries.take(trigger, delivery(id))
	await world.deliveries.settled()
	expect(world.tasks.size).toBe(2)
	const [last] = world.deliveries.last(trigger)
	expect(last?.outcome).toMatchObject({ is: "failed", reason: expect.stringContaining("2 tasks") })
	world.now += 60 * 60_000
	expect(world.deliveries.repeat(last?.number ?? 0)).toBe(true)
	await world.deliveries.settled()
	expect(world.tasks.size).toBe(3)
})

test("a person's word does a delivery again as a task of its own", async () => {
	const world = new World()
	const trigger = newTriggerId()
	world.deliveries.take(trigger, delivery("a"))
	await world.deliveries.settled()
	const number = world.deliveries.last(trigger)[0]?.number ?? 0
	expect(world.deliveries.repeat(number)).toBe(true)
	expect(world.deliveries.repeat(number)).toBe(false)
	await world.deliveries.settled()
	expect(world.tasks.size).toBe(2)
	expect(world.deliveries.repeat(99)).toBe(false)
})

test("only the newest are kept, each key is remembered longer, and in the end forgotten", async () => {
	const world = new World()
	const trigger = newTriggerId()
	for (let at = 0; at < 50; at++) world.deliveries.take(trigger, delivery(`d${at}`))
	await world.deliveries.settled()
	expect(world.deliveries.last(trigger).map(({ delivery: { id } }) => id)).toEqual(
		Array.from({ length: 20 }, (_, at) => `d${49 - at}`),
	)
	expect(world.tasks.size).toBe(50)
	expect(world.deliveries.take(trigger, delivery("d0"))).toBe("again")
	world.now += 9 * 24 * 60 * 60_000
	world.deliveries.take(trigger, delivery("later"))
	await world.deliveries.settled()
	expect(world.deliveries.take(trigger, delivery("d0"))).toBe("new")
	await world.deliveries.settled()
})

test("while nothing can be decided a trigger does not fill the object, and loses nothing that it took", async () => {
	const world = new World()
	const [trigger, other] = [newTriggerId(), newTriggerId()]
	world.decide = () => Promise.reject(new Error("D1 is away"))
	const said = Array.from({ length: 1_100 }, (_, at) => world.deliveries.take(trigger, delivery(`d${at}`)))
	expect(said.filter((each) => each === "new")).toHaveLength(1_000)
	expect(said.at(-1)).toBe("full")
	expect(world.deliveries.take(other, delivery("x"))).toBe("new")
})

test("a trigger that is removed leaves nothing, also of what is on its way", async () => {
	const world = new World()
	const trigger = newTriggerId()
	let goOn = () => {}
	world.decide = () => new Promise((resolve) => (goOn = () => resolve(task())))
	world.deliveries.take(trigger, delivery("a"))
	world.deliveries.forget(trigger)
	goOn()
	await world.deliveries.settled()
	expect(world.tasks.size).toBe(0)
	expect(world.deliveries.last(trigger)).toEqual([])
	world.decide = async () => null
	world.deliveries.take(trigger, delivery("a"))
	await world.deliveries.settled()
	expect(world.deliveries.last(trigger)).toEqual([])
})
