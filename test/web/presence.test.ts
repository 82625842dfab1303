// What the console says of a machine's presence, by what it was told and when.
import { describe, expect, it } from "vitest"
import { GONE_AFTER_MS } from "../../protocol/limits.ts"
import type { Presence } from "../../protocol/session.ts"
import { standing } from "../../web/presence.ts"

const linked: Presence = { is: "linked", since: 1_000, provenAt: 9_000, epoch: 3, now: 10_000 }
/** This page's clock runs far ahead of the one that told. */
const AT = 5_000_000

describe("standing", () => {
	it("[LNK4] counts the age of the proof from when it was told, whatever the clocks say", () => {
		expect(standing([{ presence: linked, at: AT }], AT + 2_000)).toEqual({ is: "linked", age: 3_000 })
	})

	it("[LNK4] is never green for longer than a live link may be silent", () => {
		expect(standing([{ presence: linked, at: AT }], AT + GONE_AFTER_MS)).toEqual({
			is: "unproven",
			age: GONE_AFTER_MS + 1_000,
		})
	})

	it("believes the latest word of two", () => {
		const away: Presence = { ...linked, is: "away", since: 11_000, now: 12_000 }
		const told = [
			{ presence: away, at: AT },
			{ presence: linked, at: AT + 10 },
		]
		expect(standing(told, AT + 500)).toEqual({ is: "away", since: AT - 1_000, age: 3_500 })
	})

	it("knows a machine that has never called, and one that nobody has spoken of", () => {
		const never: Presence = { is: "away", since: null, provenAt: null, epoch: 0, now: 10_000 }
		expect(standing([{ presence: never, at: AT }], AT)).toEqual({ is: "never" })
		expect(standing([], AT)).toEqual({ is: "unknown" })
	})
})
