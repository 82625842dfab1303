// Schedules inside the Workers runtime: its SQLite keeps what the core asks for, found by index; its clocks are those of zones.
import { runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import { preview } from "../../durable-objects/schedule/next.ts"
import type { ScheduleStore } from "../../durable-objects/schedule/schedule-store.ts"
import { SqlScheduleStore } from "../../durable-objects/schedule/sql-schedule-store.ts"
import { newScheduleId } from "../../protocol/ids.ts"
import { MemoryScheduleStore } from "../schedules/memory.ts"
import { ANNA, World } from "../schedules/world.ts"

const MINUTE = 60_000

function inStorage(does: (sql: SqlStorage) => Promise<void> | void): Promise<void> {
	const object = env.WORKSPACE.get(env.WORKSPACE.idFromName(`schedules-${crypto.randomUUID()}`))
	return runInDurableObject(object, (_, { storage }) => does(storage.sql))
}

/** What both stores do the same with: the course of some schedules, from beginning to end. */
async function course(store: ScheduleStore): Promise<unknown> {
	const w = new World(store)
	const hourly = { is: "cron", expression: "0 * * * *", timeZone: "Europe/Berlin" }
	const first = w.create({ name: "b", when: hourly, overlap: "queue" })
	const second = w.create({ name: "a", when: { is: "every", seconds: 600 }, overlap: "skip" })
	const third = w.create({ name: "c", when: { is: "at", at: w.now + 30 * MINUTE } })
	let died = false
	w.fate = () => {
		const fate = died ? "fine" : "dies-after"
		died = true
		return fate
	}
	await w.pass(190 * MINUTE)
	w.finish(`${first.id}@2026-07-01T09:00:00.000Z`)
	await w.pass(MINUTE)
	w.now += 21 * 24 * 60 * MINUTE
	w.evict()
	await w.ring()
	await w.pass(MINUTE)
	await w.schedules.runNow(third.id, ANNA, "click")
	w.schedules.edit(second.id, { name: "d", isPaused: true })
	const listed = w.schedules.list("", 10).map(({ name }) => name)
	const paged = w.schedules.list("b", 1).map(({ name }) => name)
	const courses = [first, second, third].map(({ id }) => w.course(id))
	const history = w.schedules.history(second.id, null, 3).map(({ time }) => time)
	const key = w.schedules.history(second.id, null, 3)[1]?.key ?? ""
	const more = w.schedules.history(second.id, key, 3).map(({ time }) => time)
	const named = [w.schedules.named("a"), w.schedules.named("d")?.isPaused]
	const due = [store.nextDue(), store.count(), w.ledger.tasks.size]
	w.schedules.remove(second.id)
	const removed = [store.count(), w.schedules.history(second.id, null, 3).length]
	return { listed, paged, courses, history, more, named, due, removed }
}

test("the object's SQLite keeps schedules as the core's other store does", async () => {
	await inStorage(async (sql) => {
		expect(await course(new SqlScheduleStore(sql))).toEqual(await course(new MemoryScheduleStore()))
	})
})

test("what was kept is found by a store that is opened again", async () => {
	await inStorage((sql) => {
		const w = new World(new SqlScheduleStore(sql))
		const { id } = w.create({ when: { is: "every", seconds: 600 } })
		expect(new SqlScheduleStore(sql).get(id)).toEqual(w.store.get(id))
		expect(new SqlScheduleStore(sql).nextDue()).toBe(w.now + 600_000)
	})
})

test("with ten thousand, what is due is found without a look at the others", async () => {
	await inStorage((sql) => {
		let cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = []
		const counting = {
			exec(query: string, ...values: SqlStorageValue[]) {
				const cursor = sql.exec(query, ...values)
				cursors.push(cursor)
				return cursor
			},
		}
		const store = new SqlScheduleStore(counting as SqlStorage)
		const rowsReadBy = (does: () => void) => {
			cursors = []
			does()
			return cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0)
		}
		const w = new World(store)
		const { id } = w.create({ when: { is: "every", seconds: 600 } })
		const kept = store.get(id)
		if (kept?.nextAt === null || kept === undefined) throw new Error("invariant: it was kept")
		const { nextAt } = kept
		for (let index = 1; index < 10_000; index++) {
			const other = newScheduleId()
			store.put({ ...kept, id: other, name: `n${index}`, nextAt: nextAt + index * MINUTE })
			const state = { is: "due" } as const
			store.add({
				key: `${other}@x`,
				schedule: other,
				time: 0,
				by: null,
				state,
				tries: 0,
				due: nextAt + index * MINUTE,
			})
		}
		expect(store.nextDue()).toBe(nextAt)
		expect(rowsReadBy(() => store.nextDue())).toBeLessThan(10)
		expect(rowsReadBy(() => store.due(nextAt + 3 * MINUTE, 100))).toBeLessThan(20)
		expect(rowsReadBy(() => store.dueOccurrences(nextAt + 3 * MINUTE, 100))).toBeLessThan(20)
		expect(rowsReadBy(() => store.get(id))).toBeLessThan(5)
		expect(rowsReadBy(() => store.open(id))).toBeLessThan(5)
		expect(store.due(nextAt + 3 * MINUTE, 100)).toHaveLength(4)
		expect(store.dueOccurrences(nextAt + 3 * MINUTE, 100)).toHaveLength(3)
	})
})

test("days on which clocks are changed are the same here", () => {
	const times = (expression: string, timeZone: string, from: string) =>
		preview({ is: "cron", expression, timeZone }, Date.parse(from), 2).map((time) => new Date(time).toISOString())
	expect(times("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z")).toEqual([
		"2026-03-29T01:00:00.000Z",
		"2026-03-30T00:30:00.000Z",
	])
	expect(times("30 1 * * *", "America/New_York", "2026-10-31T12:00Z")).toEqual([
		"2026-11-01T05:30:00.000Z",
		"2026-11-02T06:30:00.000Z",
	])
	expect(times("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00Z")[0]).toBe("2026-10-03T15:30:00.000Z")
	expect(times("0 12 * * *", "Pacific/Apia", "2011-12-29T12:00Z")).toEqual([
		"2011-12-29T22:00:00.000Z",
		"2011-12-30T22:00:00.000Z",
	])
	expect(times("0 0 29 2 *", "UTC", "2096-03-01T00:00Z")[0]).toBe("2104-02-29T00:00:00.000Z")
})
