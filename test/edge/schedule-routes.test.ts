// Schedules by the API: written, tried, run by the clock and by a person, and as whom.
import { afterEach, beforeEach, expect, test } from "vitest"
import type { Occurrence, ScheduleDraft } from "../../protocol/schedule.ts"
import { type Dialled, dial, type Somebody, somebody } from "./home.ts"
import { TaskMachine } from "./task-machine.ts"

let boss: Somebody
let feed: Dialled

beforeEach(async () => {
	boss = await somebody("owner", "elsewhere")
	feed = await dial("/api/feed", boss.headers)
})
afterEach(() => feed.close())

const DAILY = { is: "cron", expression: "0 9 * * *", timeZone: "Europe/Berlin" } as const
const draft = (changed: object = {}) =>
	({ name: "Nightly", when: DAILY, manifest: { runtime: "shell", prompt: "true" }, ...changed }) as ScheduleDraft

/** The history once its newest is like that. */
async function comes(schedule: string, is: Occurrence["state"]["is"]): Promise<Occurrence[]> {
	for (;;) {
		const { occurrences } = await boss.call("listOccurrences", { params: { schedule }, query: {} })
		if (occurrences[0]?.state.is === is) return occurrences
		await feed.next()
	}
}

test("one is written, found, changed, paused and removed", async () => {
	const developer = await somebody("developer", boss)
	const made = await developer.call("createSchedule", { body: draft() })
	expect(made).toMatchObject({ name: "Nightly", by: { is: "token", name: "developer" }, last: null })
	expect(made.next).toBeGreaterThan(Date.now())
	const params = { schedule: made.id }
	expect(await boss.call("showSchedule", { params })).toEqual(made)
	const paused = await boss.call("pauseSchedule", { params, body: { isPaused: true } })
	expect(paused).toMatchObject({ isPaused: true, next: null })
	const edited = await boss.call("editSchedule", { params, body: draft({ name: "Daily", overlap: "queue" }) })
	expect(edited).toMatchObject({ name: "Daily", overlap: "queue", isPaused: false })
	const { schedules } = await boss.call("listSchedules", { query: {} })
	expect(schedules.map(({ name }) => name)).toEqual(["Daily"])
	const guest = await somebody("guest", boss)
	const byGuest = guest.call("removeSchedule", { params })
	await expect(byGuest).rejects.toMatchObject({ code: "not_allowed" })
	const elsewhere = (await somebody("owner", "elsewhere")).call("showSchedule", { params })
	await expect(elsewhere).rejects.toMatchObject({ code: "not_found" })
	await boss.call("removeSchedule", { params })
	await expect(boss.call("showSchedule", { params })).rejects.toMatchObject({ code: "not_found" })
	const gone = boss.call("listOccurrences", { params, query: {} })
	await expect(gone).rejects.toMatchObject({ code: "not_found" })
})

test("its next times are told while it is written; what nobody can keep or may have is refused", async () => {
	const { times } = await boss.call("previewSchedule", { body: { when: DAILY, most: 5 } })
	expect(times).toHaveLength(5)
	const berlin = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Berlin", timeStyle: "short" })
	expect(new Set(times.map((time) => berlin.format(time)))).toEqual(new Set(["09:00"]))
	const never = { ...DAILY, expression: "0 0 31 2 *" }
	await boss.call("createSchedule", { body: draft() })
	const calls = [
		boss.call("previewSchedule", { body: { when: never, most: 5 } }),
		boss.call("previewSchedule", { body: { when: { ...DAILY, timeZone: "Mars/Olympus" }, most: 5 } }),
		boss.call("createSchedule", { body: draft() }),
		boss.call("createSchedule", { body: draft({ name: "a", manifest: { target: { machine: "nobody's" } } }) }),
		boss.call("createSchedule", { body: draft({ name: "a", manifest: { secrets: { KEY: "NOT_THERE" } } }) }),
	]
	const codes = calls.map((call) => call.then(() => "done").catch(({ code }) => code))
	expect(await Promise.all(codes)).toEqual([
		...["invalid_request", "invalid_request", "name_taken"],
		...["not_found", "not_found"],
	])
})

test("run now, it is one task for each nonce, whose end stands in its history", async () => {
	const { id } = await boss.call("createSchedule", { body: draft() })
	const params = { schedule: id }
	const run = (nonce: string) => boss.call("runSchedule", { params, body: { nonce } })
	const [one, same] = [await run("click"), await run("click")]
	expect(one).toMatchObject({ schedule: id, by: { is: "token", name: "owner" }, state: { is: "submitted" } })
	expect(same).toEqual(one)
	const { tasks } = await boss.call("listTasks", { query: {} })
	expect(tasks).toMatchObject([{ from: { is: "schedule", id, name: "Nightly" }, isFromOutside: false }])
	const machine = await TaskMachine.start(boss)
	const taken = await machine.take()
	await machine.report(taken, "running")
	await machine.report(taken, "failed", { because: "exit", exitCode: 2, reason: "exit 2" })
	expect(await comes(id, "over")).toMatchObject([{ state: { is: "over", task: taken.task, state: "failed" } }])
})

test("its time comes by the clock of its object, and it runs as whoever has said last what it is", async () => {
	const leaver = await somebody("developer", boss)
	const at = Date.now() + 1_500
	const { id } = await leaver.call("createSchedule", { body: draft({ when: { is: "at", at } }) })
	const other = await leaver.call("createSchedule", { body: draft({ name: "Left", when: { is: "at", at } }) })
	await boss.call("editSchedule", { params: { schedule: id }, body: draft({ when: { is: "at", at } }) })
	await boss.call("removeMember", { params: { member: leaver.id } })
	expect(await comes(id, "submitted")).toHaveLength(1)
	expect(await comes(other.id, "refused")).toMatchObject([{ state: { code: "not_allowed" } }])
	expect((await boss.call("listTasks", { query: {} })).tasks).toHaveLength(1)
})
