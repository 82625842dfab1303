// The matrix as a test, and that it would find what it is there to find.
import { afterAll, beforeAll, expect, test } from "vitest"
import { EVERY_WAY, Home } from "./home.ts"
import { walk } from "./matrix.ts"

let home: Home
beforeAll(async () => {
	home = await Home.start({ settings: EVERY_WAY })
})
afterAll(() => home.stop())

test("[TRU1] every route and socket does by every caller what the table says, and tells nobody what they may not see", async () => {
	const { routes, cells, uncovered, wrong } = await walk(home)
	expect(uncovered).toEqual([])
	expect(wrong).toEqual([])
	expect(cells).toBeGreaterThan(routes * 30)
}, 180_000)
