// One alarm for everybody in an object: each is called in time, and again where they were cut short.
import { expect, test } from "vitest"
import { type AlarmStore, Alarms } from "../../durable-objects/alarms.ts"

class MemoryAlarmStore implements AlarmStore {
	readonly #at = new Map<string, number>()
	wanted = () => new Map(this.#at)
	want = (who: string, at: number) => void this.#at.set(who, at)

	unwant(who: string, at: number): void {
		if (this.#at.get(who) === at) this.#at.delete(who)
	}
}

class World {
	now = 1_000
	alarmAt: number | null = null
	readonly store = new MemoryAlarmStore()
	readonly failed: string[] = []

	build(): Alarms {
		return new Alarms({
			store: this.store,
			now: () => this.now,
			setAlarm: (time) => {
				this.alarmAt = time
			},
			failed: (who) => void this.failed.push(who),
		})
	}
}

test("each is called at the earliest time that they asked for, and a later one of somebody else is kept", async () => {
	const world = new World()
	const alarms = world.build()
	const called: string[] = []
	const [one, other] = ["one", "other"].map((who) => alarms.add(who, () => void called.push(who)))
	other?.(5_000)
	one?.(3_000)
	one?.(9_000)
	expect(world.alarmAt).toBe(3_000)
	world.now = 3_000
	await alarms.alarm()
	expect([called, world.alarmAt]).toEqual([["one"], 5_000])
	world.now = 5_000
	await alarms.alarm()
	expect(called).toEqual(["one", "other"])
})

test("who asks again while they are called, is called again", async () => {
	const world = new World()
	const alarms = world.build()
	let calls = 0
	const ask = alarms.add("one", () => {
		calls++
		if (calls === 1) ask(world.now + 10)
	})
	ask(2_000)
	world.now = 2_000
	await alarms.alarm()
	expect(world.alarmAt).toBe(2_010)
	world.now = 2_010
	await alarms.alarm()
	expect(calls).toBe(2)
})

test("who fails is called again later, and holds up nobody else", async () => {
	const world = new World()
	const alarms = world.build()
	const called: string[] = []
	const fails = alarms.add("fails", () => Promise.reject(new Error("no")))
	const works = alarms.add("works", () => void called.push("works"))
	fails(2_000)
	works(2_000)
	world.now = 2_000
	await alarms.alarm()
	expect([called, world.failed]).toEqual([["works"], ["fails"]])
	expect(world.alarmAt).toBeGreaterThan(world.now)
})

test("who was cut short by an eviction is called again", async () => {
	const world = new World()
	const first = world.build()
	first.add("one", () => new Promise(() => {}))(2_000)
	world.now = 2_000
	void first.alarm()
	const second = world.build()
	let isCalled = false
	second.add("one", () => {
		isCalled = true
	})
	await second.alarm()
	expect(isCalled).toBe(true)
})

test("an alarm that rings early calls who is first, and keeps what they ask for meanwhile", async () => {
	const world = new World()
	const alarms = world.build()
	const called: string[] = []
	const one = alarms.add("one", () => {
		called.push("one")
		if (called.length === 1) one(5_000)
	})
	const other = alarms.add("other", () => void called.push("other"))
	one(5_000)
	other(6_000)
	world.now = 4_990
	await alarms.alarm()
	expect([called, world.alarmAt]).toEqual([["one"], 5_001])
	world.now = 5_001
	await alarms.alarm()
	expect([called, world.alarmAt]).toEqual([["one", "one"], 6_000])
})
