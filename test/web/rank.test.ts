// What the command palette finds first.
import { expect, it } from "vitest"
import { rank } from "../../web/rank.ts"

const THINGS = ["Go to fleet", "New session", "attach-api", "api", "Keyboard shortcuts"]
const found = (typed: string) => rank(THINGS, typed, (thing) => thing)

it("shows everything in its order while nothing is typed", () => {
	expect(found(" ")).toEqual(THINGS)
})

it("puts an early start of a word before a late one", () => {
	expect(found("api")).toEqual(["api", "attach-api"])
})

it("wants every word, in any order and case", () => {
	expect(found("SES new")).toEqual(["New session"])
	expect(found("new fleet")).toEqual([])
})
