// Times as people read them.
import { expect, test } from "vitest"
import { age, took } from "../../web/times.ts"

test.each([
	[0, "0.0s"],
	[203, "0.2s"],
	[59_940, "59.9s"],
	[61_000, "1m"],
])("what took %i ms took %s", (ms, told) => {
	expect(took(ms)).toBe(told)
})

test("how long ago something was is told in whole units", () => {
	expect([400, 61_000, 7_200_000].map(age)).toEqual(["0s", "1m", "2h"])
})
