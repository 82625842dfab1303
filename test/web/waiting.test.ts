// What the inbox shows while requests come, are answered elsewhere, and go.
import { describe, expect, it } from "vitest"
import type { Answerer, InboxItem, RequestState } from "../../protocol/attention.ts"
import type { MachineId, RequestId, SessionId } from "../../protocol/ids.ts"
import type { Waiting } from "../../web/state.ts"
import { fresh, isGrave, joined, known, merged, needsSomebody, nextToLeave, ofSession } from "../../web/waiting.ts"

const MACHINE = `mch_${"1".repeat(20)}` as MachineId
const GRACE: Answerer = { is: "person", id: "usr_2", name: "Grace", via: "telegram" }
const answered = (isConfirmed: boolean): RequestState => ({
	is: "answered",
	by: GRACE,
	answer: "Yes",
	isConfirmed,
	at: 5,
})

function item(number: number, state: RequestState = { is: "open" }, more: Partial<InboxItem> = {}): InboxItem {
	return {
		...{ id: `req_${String(number).padStart(20, "0")}` as RequestId, session: session(number), run: 1 },
		...{
			kind: "approval",
			text: "Proceed?",
			subject: null,
			options: [],
			takesText: false,
			source: "screen",
			rule: null,
		},
		...{
			confidence: 1,
			excerpt: [],
			at: 1,
			machine: MACHINE,
			machineName: "box",
			sessionName: "fix",
			runtime: "shell",
		},
		...{ cwd: "/", risk: "low", raisedAt: 1, deadline: null, state },
		...more,
	}
}

function session(number: number): SessionId {
	return `ses_${String(number).padStart(20, "0")}` as SessionId
}

const numbers = (rows: readonly Waiting[]) => rows.map(({ item: { id } }) => Number(id.slice(4)))
const listed = (...all: InboxItem[]) => merged([], all)

describe("the inbox's list", () => {
	it("keeps what was answered elsewhere in its place, says so, and lets it go after a while", () => {
		const before = listed(item(1), item(2), item(3))
		const after = known(merged(before, [item(1), item(3)]), item(2, answered(true)), 1_000)
		expect(numbers(after)).toEqual([1, 2, 3])
		expect(after[1]).toMatchObject({ item: { state: { is: "answered", by: GRACE } }, overAt: 1_000 })
		expect(numbers(fresh(after, 10_999))).toEqual([1, 2, 3])
		expect(nextToLeave(after)).toBe(11_000)
		expect(numbers(fresh(after, 11_000))).toEqual([1, 3])
	})

	it("keeps the first in its place, too, and several in a row", () => {
		const before = listed(item(1), item(2), item(3), item(4))
		expect(numbers(merged(before, [item(4)]))).toEqual([1, 2, 3, 4])
		expect(numbers(merged(before, [item(9), item(4)]))).toEqual([1, 2, 3, 9, 4])
	})

	it("takes the order of the list for what is in it", () => {
		expect(numbers(merged(listed(item(1), item(2)), [item(7), item(2), item(1)]))).toEqual([7, 2, 1])
	})

	it("does not open again what is over, whatever a list says that was asked for before", () => {
		const over = known(listed(item(1)), item(1, { is: "gone", because: "moved", at: 5 }), 1_000)
		expect(merged(over, [item(1)])).toEqual(over)
	})

	it("waits for the screen to move on before it lets an answer go, but not for ever", () => {
		const typed = known(listed(item(1)), item(1, answered(false)), 1_000)
		expect(numbers(fresh(typed, 60_999))).toEqual([1])
		expect(numbers(fresh(typed, 61_000))).toEqual([])
		const confirmed = known(typed, item(1, answered(true)), 30_000)
		expect(nextToLeave(confirmed)).toBe(40_000)
		expect(nextToLeave(known(confirmed, item(1, answered(true)), 35_000))).toBe(40_000)
	})

	it("holds nothing back while all is open", () => {
		expect(nextToLeave(listed(item(1), item(2)))).toBeNull()
		expect(nextToLeave([])).toBeNull()
	})
})

it("a history has each request once, however its pages overlap", () => {
	const pages = joined([item(4), item(3)], [item(3), item(2)])
	expect(pages.map(({ id }) => Number(id.slice(4)))).toEqual([4, 3, 2])
})

describe("what needs somebody", () => {
	it("is what is open, unless an agent is just done", () => {
		expect(needsSomebody(item(1))).toBe(true)
		expect(needsSomebody(item(1, { is: "open" }, { kind: "idle" }))).toBe(false)
		expect(needsSomebody(item(1, { is: "answering", by: GRACE, answer: "Yes", at: 5 }))).toBe(false)
		expect(needsSomebody(item(1, answered(false)))).toBe(false)
	})

	it("is told at its session until it is over", () => {
		const rows = listed(item(1), item(2, answered(false)))
		expect(ofSession(rows, MACHINE, session(2))?.id).toBe(rows[1]?.item.id)
		expect(ofSession(known(rows, item(2, answered(true)), 1), MACHINE, session(2))).toBeUndefined()
		expect(ofSession(rows, `mch_${"2".repeat(20)}` as MachineId, session(1))).toBeUndefined()
	})

	it("is not given by one key where leave lasts, or does harm", () => {
		expect(isGrave({ risk: "low" }, "yes")).toBe(false)
		expect(isGrave({ risk: "low" }, "always")).toBe(true)
		expect(isGrave({ risk: "high" }, "yes")).toBe(true)
		expect(isGrave({ risk: "high" }, "no")).toBe(false)
	})
})
