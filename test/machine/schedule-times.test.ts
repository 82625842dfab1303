// The times of schedules: tables of days on which clocks are changed and months end, and other libraries' opinion of them.
import { describe, expect, test } from "vitest"
import { dueAt, LATE_MS, owed, type Timed } from "../../durable-objects/schedule/due.ts"
import { anchored, faultIn, preview, timesOf } from "../../durable-objects/schedule/next.ts"
import { newScheduleId } from "../../protocol/ids.ts"
import { When } from "../../protocol/schedule.ts"
import { Dice, runSeed } from "../support/dice.ts"
import { changeAfter, expected } from "./schedule-oracle.ts"

const at = (text: string) => Date.parse(text)
const cron = (expression: string, timeZone = "UTC") => When.parse({ is: "cron", expression, timeZone })
const next = (when: When, from: string, most: number) =>
	preview(when, at(from), most).map((time) => new Date(time).toISOString().replace(":00.000Z", "Z"))

/** Zone, expression, from, and what comes next: by the published rules of the zones, not by a library. */
const CLOCKS: [why: string, zone: string, expression: string, from: string, times: string[]][] = [
	[
		"02:30 is left out: 03:00, the first moment after",
		...["Europe/Berlin", "30 2 * * *", "2026-03-28T00:00Z"],
		["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"],
	],
	[
		"02:30 comes twice: the first time",
		...["Europe/Berlin", "30 2 * * *", "2026-10-24T12:00Z"],
		["2026-10-25T00:30Z", "2026-10-26T01:30Z"],
	],
	["between the two, it was", ...["Europe/Berlin", "30 2 * * *", "2026-10-25T00:30Z"], ["2026-10-26T01:30Z"]],
	[
		"every hour goes on over the gap",
		...["Europe/Berlin", "30 * * * *", "2026-03-28T23:45Z"],
		["2026-03-29T00:30Z", "2026-03-29T01:30Z", "2026-03-29T02:30Z"],
	],
	[
		"every hour goes on through the doubled one",
		...["Europe/Berlin", "30 * * * *", "2026-10-24T23:45Z"],
		["2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z"],
	],
	[
		"times of day in a list: those that are left out come together, once",
		...["Europe/Berlin", "0,30 2,4 * * *", "2026-03-29T00:00Z"],
		["2026-03-29T01:00Z", "2026-03-29T02:00Z", "2026-03-29T02:30Z", "2026-03-30T00:00Z"],
	],
	[
		"in America it is another day",
		...["America/New_York", "30 2 * * *", "2026-03-07T12:00Z"],
		["2026-03-08T07:00Z", "2026-03-09T06:30Z"],
	],
	[
		"and comes back on another",
		...["America/New_York", "30 1 * * *", "2026-10-31T12:00Z"],
		["2026-11-01T05:30Z", "2026-11-02T06:30Z"],
	],
	[
		"half an hour is left out",
		...["Australia/Lord_Howe", "15 2 * * *", "2026-10-02T12:00Z"],
		["2026-10-02T15:45Z", "2026-10-03T15:30Z", "2026-10-04T15:15Z"],
	],
	[
		"half an hour comes twice",
		...["Australia/Lord_Howe", "45 1 * * *", "2026-04-03T00:00Z"],
		["2026-04-03T14:45Z", "2026-04-04T14:45Z", "2026-04-05T15:15Z"],
	],
	[
		"every quarter through the doubled half hour",
		...["Australia/Lord_Howe", "*/15 * * * *", "2026-04-04T14:30Z"],
		["2026-04-04T14:45Z", "2026-04-04T15:00Z", "2026-04-04T15:15Z", "2026-04-04T15:30Z"],
	],
	[
		"no summer time in China",
		...["Asia/Shanghai", "30 2 * * *", "2026-03-28T00:00Z"],
		["2026-03-28T18:30Z", "2026-03-29T18:30Z"],
	],
	[
		"but there was, until 1991",
		...["Asia/Shanghai", "30 2 * * *", "1991-04-12T00:00Z"],
		["1991-04-12T18:30Z", "1991-04-13T18:00Z", "1991-04-14T17:30Z"],
	],
	[
		"midnight was left out in Brazil",
		...["America/Sao_Paulo", "0 0 * * *", "2018-11-03T12:00Z"],
		["2018-11-04T03:00Z", "2018-11-05T02:00Z"],
	],
	[
		"the hour before midnight came twice",
		...["America/Sao_Paulo", "30 23 * * *", "2018-02-17T12:00Z"],
		["2018-02-18T01:30Z", "2018-02-19T02:30Z"],
	],
	[
		"since 2019 not any more",
		...["America/Sao_Paulo", "0 0 * * *", "2026-11-01T12:00Z"],
		["2026-11-02T03:00Z", "2026-11-03T03:00Z"],
	],
	[
		"Samoa had no 30 December 2011",
		...["Pacific/Apia", "0 12 * * *", "2011-12-28T12:00Z"],
		["2011-12-28T22:00Z", "2011-12-29T22:00Z", "2011-12-30T22:00Z", "2011-12-31T22:00Z"],
	],
	["and so nothing on it", ...["Pacific/Apia", "0 12 30 12 *", "2011-12-01T00:00Z"], ["2012-12-29T22:00Z"]],
	[
		"three quarters of an hour from the others",
		"Asia/Kathmandu",
		"0 9 * * *",
		"2026-01-01T00:00Z",
		["2026-01-01T03:15Z"],
	],
] as [string, string, string, string, string[]][]

const CALENDARS: [why: string, expression: string, from: string, times: string[]][] = [
	["29 February", "0 0 29 2 *", "2026-01-01T00:00Z", ["2028-02-29T00:00Z", "2032-02-29T00:00Z"]],
	["not in 2100", "0 0 29 2 *", "2096-03-01T00:00Z", ["2104-02-29T00:00Z"]],
	["but in 2000", "0 0 29 2 *", "1999-01-01T00:00Z", ["2000-02-29T00:00Z"]],
	["the 31st of months that have one", "0 0 31 * *", "2026-03-31T00:00Z", ["2026-05-31T00:00Z", "2026-07-31T00:00Z"]],
	["the last day", "0 0 L * *", "2028-01-31T00:00Z", ["2028-02-29T00:00Z", "2028-03-31T00:00Z", "2028-04-30T00:00Z"]],
	["the last Friday", "0 0 * * FRI#L", "2026-01-01T00:00Z", ["2026-01-30T00:00Z", "2026-02-27T00:00Z"]],
	["the second Monday", "0 0 * * mon#2", "2026-01-01T00:00Z", ["2026-01-12T00:00Z", "2026-02-09T00:00Z"]],
	["the weekday next to the 15th", "0 0 15W * *", "2026-02-01T00:00Z", ["2026-02-16T00:00Z", "2026-03-16T00:00Z"]],
	["one of two days is enough", "0 0 13 * 5", "2026-01-08T00:00Z", ["2026-01-09T00:00Z", "2026-01-13T00:00Z"]],
	["both days", "0 0 13 * +5", "2026-01-01T00:00Z", ["2026-02-13T00:00Z", "2026-03-13T00:00Z", "2026-11-13T00:00Z"]],
	["both ends of a week are Sunday", "0 0 * * 0,7", "2026-01-01T00:00Z", ["2026-01-04T00:00Z", "2026-01-11T00:00Z"]],
	["names in steps", "0 0 1 JAN-JUN/2 *", "2026-01-02T00:00Z", ["2026-03-01T00:00Z", "2026-05-01T00:00Z"]],
	["steps in a range", "10-50/20 8 * * *", "2026-01-01T08:30Z", ["2026-01-01T08:50Z", "2026-01-02T08:10Z"]],
	["over the new year", "59 23 31 12 *", "2026-12-31T23:59Z", ["2027-12-31T23:59Z"]],
	["a nickname", "@weekly", "2026-01-01T00:00Z", ["2026-01-04T00:00Z"]],
]

describe("by the clock of a zone", () => {
	test.each(CLOCKS)("%s (%s, %s)", (_, zone, expression, from, times) => {
		expect(next(cron(expression, zone), from, times.length)).toEqual(times)
	})

	test.each(CALENDARS)("%s: %s", (_, expression, from, times) => {
		expect(next(cron(expression), from, times.length)).toEqual(times)
	})
})

describe("against other libraries", () => {
	const dice = new Dice(runSeed())
	const zones = Intl.supportedValuesOf("timeZone")

	test(`every zone, around a day on which its clocks are changed (seed ${dice.seed})`, () => {
		expect(zones.length).toBeGreaterThan(400)
		for (const zone of zones) {
			const expression = timeOfDay(dice)
			const change = changeAfter(zone, Date.UTC(dice.between(1985, 2035), dice.below(12)))
			const from = (change ?? Date.UTC(2026, 2, 28)) - dice.between(1, 30 * 60) * 60_000
			const ours = preview(cron(expression, zone), from, 8)
			expect(ours, `${expression} ${zone} from ${new Date(from).toISOString()}`).toEqual(
				expected(expression, zone, from, 8),
			)
		}
	})

	test("months, weeks, names, lists, steps and last days", () => {
		for (let round = 0; round < 300; round++) {
			const expression = anyExpression(dice)
			const zone = dice.pick(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
			const from = Date.UTC(
				dice.between(1995, 2060),
				dice.below(12),
				dice.between(1, 28),
				dice.below(24),
				dice.below(60),
			)
			const ours = preview(cron(expression, zone), from, 6)
			expect(ours, `${expression} ${zone} from ${new Date(from).toISOString()}`).toEqual(
				expected(expression, zone, from, 6),
			)
		}
	})

	test("looking back finds what looking forward found", () => {
		for (let round = 0; round < 200; round++) {
			const zone = dice.pick(zones)
			const times = timesOf(cron(dice.chance(0.5) ? timeOfDay(dice) : anyExpression(dice), zone))
			const change = changeAfter(zone, Date.UTC(dice.between(1985, 2035), dice.below(12))) ?? Date.UTC(2026, 2)
			const from = change - dice.between(0, 3 * 24 * 60) * 60_000
			const first = times.after(from)
			const second = first === null ? null : times.after(first)
			if (first === null || second === null) throw new Error("invariant: it goes on")
			expect(second).toBeGreaterThan(first)
			expect(times.upTo(first)).toBe(first)
			expect(times.upTo(second - 1)).toBe(first)
			expect(times.upTo(dice.between(first, second - 1))).toBe(first)
			expect(times.after(dice.between(first, second - 1))).toBe(second)
			expect(times.after(first - 1)).toBe(first)
			expect(times.upTo(first - 1) ?? 0).toBeLessThanOrEqual(from)
			expect(times.count(first, second)).toBe(2)
		}
	})
})

describe("once, and by time that passes", () => {
	test("one time comes once", () => {
		const when = When.parse({ is: "at", at: at("2026-07-01T09:00Z") })
		expect(next(when, "2026-07-01T08:59Z", 5)).toEqual(["2026-07-01T09:00Z"])
		expect(next(when, "2026-07-01T09:00Z", 5)).toEqual([])
		expect(faultIn(when, at("2026-07-01T09:00Z"))).toBe("That time is over.")
	})

	test("an interval counts from when it was made, whatever clocks on walls do", () => {
		const when = anchored(When.parse({ is: "every", seconds: 5_400 }), at("2026-03-29T00:00Z"))
		expect(next(when, "2026-03-29T00:00Z", 3)).toEqual(["2026-03-29T01:30Z", "2026-03-29T03:00Z", "2026-03-29T04:30Z"])
		expect(next(when, "2026-03-29T03:00Z", 1)).toEqual(["2026-03-29T04:30Z"])
	})

	test("an interval from a time in the past keeps to it", () => {
		const when = When.parse({ is: "every", seconds: 86_400, from: at("2020-01-01T06:00Z") })
		expect(next(when, "2026-03-29T07:00Z", 1)).toEqual(["2026-03-30T06:00Z"])
		const times = timesOf(when)
		expect(times.upTo(at("2020-01-01T05:59Z"))).toBeNull()
		expect(times.count(at("2020-01-01T06:00Z"), at("2020-01-31T06:00Z"))).toBe(31)
	})
})

test.each([
	["* * * * * *", "UTC"],
	["2030-01-23T00:00:00", "UTC"],
	["* * * *", "UTC"],
	["0 0 * * *; DROP", "UTC"],
	["0 9 * * *", "+01:00"],
	["0 9 * * *", "../etc/passwd"],
	["0 ".repeat(200), "UTC"],
])("%s in %s is refused at the door", (expression, timeZone) => {
	expect(When.safeParse({ is: "cron", expression, timeZone }).success).toBe(false)
})

test.each([
	["60 * * * *", "UTC", "Invalid value for minute: 60"],
	["*/0 * * * *", "UTC", "illegal stepping"],
	["0 22-2 * * *", "UTC", "larger"],
	["0 0 31 2 *", "UTC", "never comes"],
	["0 0 30 feb *", "UTC", "never comes"],
	["@reboot", "UTC", "not supported"],
	["0 9 * * *", "Europe/Atlantis", "no time zone Europe/Atlantis"],
])("%s in %s says what is wrong with it", (expression, timeZone, fault) => {
	expect(faultIn(cron(expression, timeZone), at("2026-01-01T00:00Z"))).toContain(fault)
})

test("whatever is written in five fields has times, or words of what is wrong with it", () => {
	const dice = new Dice(runSeed())
	const parts = [
		"*",
		"?",
		"/",
		"-",
		",",
		"#",
		"+",
		"L",
		"W",
		"0",
		"1",
		"5",
		"7",
		"12",
		"29",
		"31",
		"59",
		"99",
		"MON",
		"feb",
	]
	const field = () => Array.from({ length: dice.between(1, 5) }, () => dice.pick(parts)).join("")
	const usual = [
		["0", "1,2", "*/5", "*"],
		["2", "1-3", "*/6", "*"],
		["*", "29", "31", "L", "15W", "LW", "1W"],
		["*", "2", "FEB", "4,6", "*/5"],
		["*", "+MON", "5#5", "7", "FRI#L", "1-5"],
	]
	let good = 0
	for (let round = 0; round < 3_000; round++) {
		const fields = usual.map((some) => (dice.chance(0.9) ? dice.pick(some) : field()))
		const when = cron(fields.join(" "), dice.pick(["UTC", "Europe/Berlin", "Australia/Lord_Howe"]))
		const from = Date.UTC(2026, dice.below(12), dice.between(1, 28))
		const fault = faultIn(when, from)
		if (fault !== null) {
			expect(fault.length).toBeGreaterThan(5)
			continue
		}
		good++
		const times = timesOf(when)
		const first = times.after(from)
		if (first === null) throw new Error("invariant: it has times")
		expect(first, fields.join(" ")).toBeGreaterThan(from)
		expect(times.upTo(first), fields.join(" ")).toBe(first)
		expect(times.after(first - 1), fields.join(" ")).toBe(first)
	}
	expect(good).toBeGreaterThan(300)
})

describe("what is owed", () => {
	const hourly: Timed = { id: newScheduleId(), when: cron("0 * * * *"), missed: "run-once", jitterSeconds: 0 }
	const nine = at("2026-07-01T09:00Z")
	const HOUR = 3_600_000

	test("nothing before its time, and one at it", () => {
		expect(owed(hourly, nine, nine - 1)).toBeNull()
		expect(owed(hourly, nine, nine)).toEqual({ run: nine, missed: null, through: nine })
	})

	test("after weeks: the last one, or none, and the others are told of", () => {
		const now = nine + 21 * 24 * HOUR + 30 * 60_000
		const last = nine + 21 * 24 * HOUR
		expect(owed(hourly, nine, now)).toEqual({
			run: last,
			missed: { from: nine, through: last - HOUR, count: 504 },
			through: last,
		})
		expect(owed({ ...hourly, missed: "skip" }, nine, now)).toEqual({
			run: null,
			missed: { from: nine, through: last, count: 505 },
			through: last,
		})
	})

	test("an alarm that is a little late has missed nothing", () => {
		const skipping = { ...hourly, missed: "skip" } as const
		expect(owed(skipping, nine, nine + LATE_MS)?.run).toBe(nine)
		expect(owed(skipping, nine, nine + LATE_MS + 1)).toEqual({
			run: null,
			missed: { from: nine, through: nine, count: 1 },
			through: nine,
		})
	})

	test("what is too much to count is not counted", () => {
		const minutely = { ...hourly, when: cron("* * * * *") }
		const now = nine + 30 * 24 * HOUR
		expect(owed(minutely, nine, now)?.missed).toEqual({ from: nine, through: now - 60_000, count: null })
	})

	test("jitter is spread evenly, is always the same, and never reaches the next time", () => {
		const parts: number[] = []
		for (let index = 0; index < 2_000; index++) {
			const schedule = { ...hourly, id: newScheduleId(), jitterSeconds: 600 }
			const late = dueAt(schedule, nine) - nine
			expect(dueAt(schedule, nine) - nine).toBe(late)
			expect(owed(schedule, nine, nine + late - 1)).toBeNull()
			expect(owed(schedule, nine, nine + late)?.run).toBe(nine)
			const far = { ...schedule, jitterSeconds: 86_400 }
			expect(dueAt(far, nine)).toBeLessThan(nine + HOUR)
			parts.push(late / 600_000)
		}
		expect(Math.min(...parts)).toBeGreaterThanOrEqual(0)
		expect(Math.max(...parts)).toBeLessThan(1)
		for (let tenth = 0; tenth < 10; tenth++) {
			const count = parts.filter((part) => Math.floor(part * 10) === tenth).length
			expect(count).toBeGreaterThan(130)
			expect(count).toBeLessThan(270)
		}
	})
})

/** A time or times of a day, by themselves or evenly. */
function timeOfDay(dice: Dice): string {
	const minutes = ["0", "30", "15,45", "*/15", "*", "10-20", "59"]
	const hours = ["0", "1", "2", "2", "3", "23", "1,2,3", "0-3", "*", "*/2", "12"]
	return `${dice.pick(minutes)} ${dice.pick(hours)} * * *`
}

function anyExpression(dice: Dice): string {
	const minute = dice.pick(["0", "5", "*/20", "1,31", "10-40/15"])
	const hour = dice.pick(["0", "2", "6,18", "*/6", "9-17", "23"])
	const [day, weekday] = dice.pick([
		["*", "*"],
		["1", "*"],
		["29", "*"],
		["31", "*"],
		["L", "*"],
		["1-7", "*"],
		["10,20,30", "*"],
		["*", "MON-FRI"],
		["*", "sun"],
		["*", "0,6"],
		["*", "7"],
		["*", "1#1"],
		["*", "5#5"],
		["*", "5L"],
		["13", "5"],
		["1,15", "MON"],
	])
	// Some months have no such day: neither of the libraries looks for it for ever.
	const isRare = day === "31" || weekday === "5#5"
	const month = isRare ? "1-12/2" : dice.pick(["*", "*", "2", "FEB,JUN", "1-12/3", "jan-mar", "12"])
	return `${minute} ${hour} ${day} ${month} ${weekday}`
}
