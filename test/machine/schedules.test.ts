// Schedules, step by step: what is submitted when, what waits or is skipped, and what is told of it.
import { describe, expect, test } from "vitest"
import { MemoryScheduleStore } from "../schedules/memory.ts"
import { ANNA, value, World } from "../schedules/world.ts"

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const daily = { when: { is: "cron", expression: "0 9 * * *", timeZone: "UTC" } }
const hourly = { when: { is: "cron", expression: "0 * * * *", timeZone: "UTC" } }
const world = () => new World(new MemoryScheduleStore())

test("a schedule is submitted at its time, under its id and that time, and has the outcome in its history", async () => {
	const w = world()
	const { id, next } = w.create({ when: { is: "cron", expression: "30 2 * * *", timeZone: "Europe/Berlin" } })
	expect(new Date(next ?? 0).toISOString()).toBe("2026-07-02T00:30:00.000Z")
	await w.passTo("2026-07-02T00:29:59Z")
	expect(w.ledger.calls).toBe(0)
	await w.pass(1_000)
	const key = `${id}@2026-07-02T00:30:00.000Z`
	expect([...w.ledger.tasks.keys()]).toEqual([key])
	expect(w.course(id)).toEqual(["07-02T00:30 submitted"])
	w.finish(key, "failed")
	expect(w.schedules.get(id)?.last?.state).toEqual({
		is: "over",
		task: w.ledger.tasks.get(key)?.id,
		state: "failed",
		reason: "It failed.",
		at: w.now,
	})
	expect(new Date(w.schedules.get(id)?.next ?? 0).toISOString()).toBe("2026-07-03T00:30:00.000Z")
})

test("one time comes once, and then nothing is due for ever", async () => {
	const w = world()
	const { id } = w.create({ when: { is: "at", at: w.now + 5 * MINUTE } })
	await w.pass(6 * MINUTE)
	w.finish(`${id}@2026-07-01T08:05:00.000Z`)
	await w.pass(DAY)
	expect(w.course(id)).toEqual(["07-01T08:05 succeeded"])
	expect(w.schedules.get(id)).toMatchObject({ next: null, nextAt: null })
	expect(w.store.nextDue()).toBeNull()
})

describe("while the last task is not over", () => {
	test("skip: it is said that this time was skipped", async () => {
		const w = world()
		const { id } = w.create({ ...hourly, overlap: "skip" })
		await w.passTo("2026-07-01T10:30:00Z")
		expect(w.course(id)).toEqual(["07-01T09:00 submitted", "07-01T10:00 overlap 1"])
		w.finish(`${id}@2026-07-01T09:00:00.000Z`)
		await w.passTo("2026-07-01T11:00:00Z")
		expect(w.course(id)).toEqual(["07-01T09:00 succeeded", "07-01T10:00 overlap 1", "07-01T11:00 submitted"])
	})

	test("skip: the ledger is asked, in case its word was lost", async () => {
		const w = world()
		const { id } = w.create({ ...hourly, overlap: "skip" })
		await w.passTo("2026-07-01T09:30:00Z")
		for (const task of w.ledger.tasks.values()) w.ledger.end(task, "succeeded", w.now)
		await w.passTo("2026-07-01T10:00:00Z")
		expect(w.course(id)).toEqual(["07-01T09:00 succeeded", "07-01T10:00 submitted"])
	})

	test("an end that nobody told of is asked after, less and less often", async () => {
		const w = world()
		const { id } = w.create({ when: { is: "at", at: w.now + MINUTE } })
		await w.pass(12 * 60 * MINUTE)
		expect(w.rings).toBeLessThan(10)
		for (const task of w.ledger.tasks.values()) w.ledger.end(task, "succeeded", w.now)
		await w.pass(DAY)
		expect(w.course(id)).toEqual(["07-01T08:01 succeeded"])
		expect(w.store.nextDue()).toBeNull()
	})

	test("queue: each has its turn, in order, when the one before is over", async () => {
		const w = world()
		const { id } = w.create({ ...hourly, overlap: "queue" })
		await w.passTo("2026-07-01T11:30:00Z")
		expect(w.course(id)).toEqual(["07-01T09:00 submitted", "07-01T10:00 waiting", "07-01T11:00 waiting"])
		w.finish(`${id}@2026-07-01T09:00:00.000Z`)
		await w.pass(1_000)
		expect(w.course(id)).toEqual(["07-01T09:00 succeeded", "07-01T10:00 submitted", "07-01T11:00 waiting"])
		w.finish(`${id}@2026-07-01T10:00:00.000Z`)
		await w.pass(1_000)
		expect(w.course(id)[2]).toBe("07-01T11:00 submitted")
	})

	test("queue: what is refused for good does not hold up the next", async () => {
		const w = world()
		const { id } = w.create({ ...hourly, overlap: "queue" })
		w.fate = () => "fails-before"
		await w.passTo("2026-07-01T10:30:00Z")
		expect(w.course(id)).toEqual(["07-01T09:00 submitting", "07-01T10:00 waiting"])
		w.fate = () => "fine"
		w.ledger.refuses = "invalid_request"
		await w.pass(10 * MINUTE)
		expect(w.course(id)).toEqual(["07-01T09:00 refused", "07-01T10:00 refused"])
	})

	test("queue: it does not grow for ever", async () => {
		const w = world()
		const { id } = w.create({ ...hourly, overlap: "queue" })
		await w.pass(105 * 60 * MINUTE)
		const course = w.course(id)
		expect(course.filter((one) => one.endsWith(" waiting"))).toHaveLength(100)
		expect(course.filter((one) => one.endsWith(" queue-full 1"))).toHaveLength(4)
	})

	test("replace: the last one is cancelled, and when it is over this one runs", async () => {
		const w = world()
		const { id } = w.create({ ...hourly, overlap: "replace" })
		await w.passTo("2026-07-01T10:00:00Z")
		expect(w.course(id)).toEqual(["07-01T09:00 cancelled", "07-01T10:00 submitted"])
	})

	test("replace: it waits for what does not end at once, and a newer one takes the place of what waits", async () => {
		const w = world()
		w.endsOnCancel = false
		const { id } = w.create({ ...hourly, overlap: "replace" })
		await w.passTo("2026-07-01T11:05:00Z")
		expect(w.course(id)).toEqual(["07-01T09:00 submitted", "07-01T10:00 replaced 1", "07-01T11:00 waiting"])
		w.finish(`${id}@2026-07-01T09:00:00.000Z`, "cancelled")
		await w.pass(1_000)
		expect(w.course(id)[2]).toBe("07-01T11:00 submitted")
	})
})

describe("after weeks asleep", () => {
	test.each([
		["run-once", ["07-01T09:00 missed 21", "07-22T09:00 submitted"]],
		["skip", ["07-01T09:00 missed 22"]],
	])("%s", async (missed, course) => {
		const w = world()
		const { id } = w.create({ ...daily, missed })
		w.now = Date.parse("2026-07-22T17:00:00Z")
		w.evict()
		await w.ring()
		await w.pass(MINUTE)
		expect(w.course(id)).toEqual(course)
		await w.passTo("2026-07-23T09:00:00Z")
		expect(w.ledger.tasks.has(`${id}@2026-07-23T09:00:00.000Z`)).toBe(missed === "skip")
	})

	test("one time that was missed is run once, or said to be missed", async () => {
		const w = world()
		const [once, never] = ["run-once", "skip"].map((missed) =>
			w.create({ name: missed, missed, when: { is: "at", at: w.now + MINUTE } }),
		)
		w.now += 9 * DAY
		await w.ring()
		expect(w.course(once?.id ?? "")).toEqual(["07-01T08:01 submitted"])
		expect(w.course(never?.id ?? "")).toEqual(["07-01T08:01 missed 1"])
	})
})

describe("clocks", () => {
	test("put back, no time comes twice, and what is to come still does", async () => {
		const w = world()
		const { id } = w.create(hourly)
		await w.passTo("2026-07-01T09:00:00Z")
		w.finish(`${id}@2026-07-01T09:00:00.000Z`)
		w.now = Date.parse("2026-07-01T08:30:00Z")
		await w.ring()
		await w.passTo("2026-07-01T09:30:00Z")
		w.schedules.edit(id, { when: { is: "cron", expression: "0 9-17 * * *", timeZone: "UTC" } })
		await w.passTo("2026-07-01T10:00:00Z")
		expect(w.course(id)).toEqual(["07-01T09:00 succeeded", "07-01T10:00 submitted"])
	})

	test("wrong by years and right again, a schedule goes on once it is written again", async () => {
		const w = world()
		const { id } = w.create(daily)
		w.now = Date.parse("2029-01-01T00:00:00Z")
		await w.ring()
		w.finish([...w.ledger.tasks.keys()][0] ?? "")
		w.now = Date.parse("2026-07-02T08:00:00Z")
		value(w.schedules.edit(id, { isPaused: true }))
		const { next } = value(w.schedules.edit(id, { isPaused: false }))
		expect(new Date(next ?? 0).toISOString()).toBe("2026-07-02T09:00:00.000Z")
	})
})

describe("paused", () => {
	test("nothing is due, and its times are told of when it goes on", async () => {
		const w = world()
		const { id } = w.create(daily)
		expect(value(w.schedules.edit(id, { isPaused: true }))).toMatchObject({ next: null, nextAt: null, isPaused: true })
		expect(w.store.nextDue()).toBeNull()
		await w.passTo("2026-07-04T10:00:00Z")
		const { next } = value(w.schedules.edit(id, { isPaused: false }))
		expect(new Date(next ?? 0).toISOString()).toBe("2026-07-05T09:00:00.000Z")
		expect(w.course(id)).toEqual(["07-01T09:00 paused 4"])
		expect(w.ledger.calls).toBe(0)
	})

	test("what waits is let go; what runs goes on", async () => {
		const w = world()
		const { id } = w.create({ ...hourly, overlap: "queue" })
		await w.passTo("2026-07-01T10:30:00Z")
		w.schedules.edit(id, { isPaused: true })
		w.finish(`${id}@2026-07-01T09:00:00.000Z`)
		await w.pass(DAY)
		expect(w.course(id)).toEqual(["07-01T09:00 succeeded", "07-01T10:00 paused 1"])
	})

	test("it can be run now", async () => {
		const w = world()
		const { id } = w.create({ ...daily, isPaused: true })
		const occurrence = value(await w.schedules.runNow(id, ANNA, "click-1"))
		expect(occurrence).toMatchObject({ key: `${id}@now-click-1`, by: ANNA, state: { is: "submitted" } })
		expect(value(await w.schedules.runNow(id, ANNA, "click-1")).state).toEqual(occurrence.state)
		await w.schedules.runNow(id, ANNA, "click-2")
		expect([...w.ledger.tasks.keys()]).toEqual([`${id}@now-click-1`, `${id}@now-click-2`])
	})
})

describe("a ledger", () => {
	test("that is away is asked again, under the same key, until it has it", async () => {
		const w = world()
		const { id } = w.create(daily)
		w.fate = () => "fails-after"
		await w.passTo("2026-07-01T09:20:00Z")
		expect(w.course(id)).toEqual(["07-01T09:00 submitting"])
		expect(w.ledger.calls).toBeGreaterThan(3)
		expect(w.ledger.calls).toBeLessThan(15)
		w.fate = () => "fine"
		await w.pass(6 * MINUTE)
		expect(w.course(id)).toEqual(["07-01T09:00 submitted"])
		expect(w.ledger.tasks.size).toBe(1)
	})

	test("whose object dies after it has heard makes no second task", async () => {
		const w = world()
		const { id } = w.create(daily)
		let calls = 0
		w.fate = () => (calls++ === 0 ? "dies-after" : "fine")
		await w.passTo("2026-07-01T09:01:00Z")
		expect(w.course(id)).toEqual(["07-01T09:00 submitted"])
		expect([w.ledger.calls, w.ledger.tasks.size]).toEqual([2, 1])
	})

	test("that is full is asked later; one that refuses is not, and says why", async () => {
		const w = world()
		const { id } = w.create(daily)
		w.ledger.refuses = "too_many"
		await w.passTo("2026-07-01T09:01:00Z")
		expect(w.course(id)).toEqual(["07-01T09:00 submitting"])
		w.ledger.refuses = "invalid_request"
		await w.pass(10 * MINUTE)
		expect(w.schedules.get(id)?.last?.state).toMatchObject({
			is: "refused",
			code: "invalid_request",
			detail: "Not now.",
		})
	})

	test("that tells of an end before it has answered is believed", async () => {
		const w = world()
		const { id } = w.create(daily)
		w.fate = () => "fails-after"
		await w.passTo("2026-07-01T09:00:01Z")
		w.finish(`${id}@2026-07-01T09:00:00.000Z`)
		w.fate = () => "fine"
		await w.pass(DAY / 2)
		expect(w.course(id)).toEqual(["07-01T09:00 succeeded"])
	})
})

describe("what people write", () => {
	test.each([
		[{ when: { is: "cron", expression: "0 0 31 2 *", timeZone: "UTC" } }, "never comes"],
		[{ when: { is: "cron", expression: "0 9 * * *", timeZone: "Mars/Olympus" } }, "no time zone Mars/Olympus"],
		[{ when: { is: "at", at: 1 } }, "is over"],
	])("%j is refused with the reason", (draft, reason) => {
		expect(() => world().create(draft)).toThrow(reason)
	})

	test("a name is taken once; a schedule may keep its own", () => {
		const w = world()
		const { id } = w.create({ ...daily, name: "one" })
		expect(() => w.create({ ...daily, name: "one" })).toThrow("name_taken")
		expect(value(w.schedules.edit(id, { name: "one", jitterSeconds: 60 })).jitterSeconds).toBe(60)
		expect(w.schedules.named("one")?.id).toBe(id)
	})

	test("a manifest that no row holds is refused", () => {
		const inputs = Array.from({ length: 5 }, (_, index) => ({
			path: `in/${index}`,
			from: { is: "content", base64: "A".repeat(340_000) },
		}))
		expect(() => world().create({ ...daily, manifest: { inputs } })).toThrow("too_large")
	})

	test("a preview says the next five times, or what is wrong", () => {
		const w = world()
		expect(value(w.schedules.preview({ is: "every", seconds: 3_600 }, 5))).toEqual(
			[1, 2, 3, 4, 5].map((hours) => w.now + hours * 60 * MINUTE),
		)
		expect(w.schedules.preview({ is: "cron", expression: "61 * * * *", timeZone: "UTC" }, 5)).toMatchObject({
			ok: false,
			code: "invalid_request",
		})
	})

	test("removed, nothing more comes of it, also not what waits", async () => {
		const w = world()
		const { id } = w.create({ ...hourly, overlap: "queue" })
		await w.passTo("2026-07-01T10:30:00Z")
		value(w.schedules.remove(id))
		expect(w.store.nextDue()).toBeNull()
		w.finish(`${id}@2026-07-01T09:00:00.000Z`)
		await w.pass(DAY)
		expect(w.ledger.tasks.size).toBe(1)
		expect(w.store.nextDue()).toBeNull()
	})

	test("new times count from now on; what was owed by the old ones is submitted", async () => {
		const w = world()
		const { id } = w.create(hourly)
		w.now = Date.parse("2026-07-01T09:00:30Z")
		const { next } = value(w.schedules.edit(id, { when: { is: "every", seconds: 600 } }))
		expect(next).toBe(w.now + 600_000)
		await w.pass(MINUTE)
		expect(w.course(id)).toEqual(["07-01T09:00 submitted"])
	})

	test("the history keeps the newest hundred that are over, and pages", async () => {
		const w = world()
		const { id } = w.create({ ...hourly, overlap: "skip" })
		await w.pass(6 * DAY)
		const all = w.schedules.history(id, null, 1_000)
		expect(all.length).toBeGreaterThanOrEqual(101)
		expect(all.length).toBeLessThanOrEqual(102)
		const [first, second] = [w.schedules.history(id, null, 30), w.schedules.history(id, all[29]?.key ?? "", 30)]
		expect([...first, ...second]).toEqual(all.slice(0, 60))
	})
})

test("ten thousand schedules cost no wake-up until one is due, and then some for those that are", async () => {
	const w = world()
	for (let index = 0; index < 10_000; index++)
		w.create({ name: `n${index}`, when: { is: "at", at: w.now + DAY + Math.floor(index / 250) * 60 * MINUTE } })
	expect(w.alarmAt).toBe(w.now + DAY)
	await w.pass(DAY - 1)
	expect([w.rings, w.ledger.calls]).toEqual([0, 0])
	await w.pass(1_000)
	expect(w.ledger.tasks.size).toBe(250)
	expect(w.rings).toBeLessThanOrEqual(6)
	for (const key of w.ledger.tasks.keys()) w.finish(key)
	const rings = w.rings
	await w.pass(59 * MINUTE)
	expect(w.rings - rings).toBeLessThanOrEqual(1)
	expect(() => w.create({ name: "one more", ...daily })).toThrow("too_many")
})
