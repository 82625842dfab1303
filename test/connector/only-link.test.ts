// One link process at a time over a data folder.
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { onlyLink } from "../../connector/only-link.ts"

let folder: string
let stop: AbortController
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "homeport-only-"))
	stop = new AbortController()
})
afterEach(() => {
	stop.abort()
	rmSync(folder, { recursive: true, force: true })
})

/** A link process that comes for the place, and what it has said. */
function comes(name: string, order: string[]) {
	const said: string[] = []
	const place = onlyLink(folder, () => void said.push("waits"), stop.signal).then((held) => {
		order.push(name)
		return held
	})
	return { said, place }
}

test("[LNK2] a second link process of one machine waits, says so, and takes over when the first ends", async () => {
	const order: string[] = []
	const first = await comes("first", order).place
	const second = comes("second", order)
	await expect.poll(() => second.said).toHaveLength(1)
	expect(order).toEqual(["first"])
	first.leave()
	;(await second.place).leave()
	expect(order).toEqual(["first", "second"])
})

test("[SES1] the place of a link process that was killed is free at once", async () => {
	const source = `import { onlyLink } from ${JSON.stringify(join(import.meta.dirname, "../../connector/only-link.ts"))}
		await onlyLink(${JSON.stringify(folder)}, () => {}, new AbortController().signal)
		console.log("held")
		setInterval(() => {}, 1000)`
	writeFileSync(join(folder, "other.ts"), source)
	const other = execFile(process.execPath, [join(folder, "other.ts")])
	await new Promise((resolve) => other.stdout?.once("data", resolve))
	const mine = comes("mine", [])
	await expect.poll(() => mine.said).toHaveLength(1)
	other.kill("SIGKILL")
	;(await mine.place).leave()
})

test("[LNK2] of many that come at one moment exactly one gets the place, and then the next", async () => {
	const order: string[] = []
	const all = Array.from({ length: 8 }, (_, index) => comes(String(index), order))
	for (let round = 1; round <= 8; round++) {
		const held = await Promise.race(all.map(async ({ place }, index) => ({ index, leave: (await place).leave })))
		expect(order).toHaveLength(round)
		all.splice(held.index, 1)
		held.leave()
	}
})

test("a process that is told to stop while it waits, stops", async () => {
	const held = await comes("first", []).place
	const second = comes("second", [])
	await expect.poll(() => second.said).toHaveLength(1)
	stop.abort()
	await second.place
	held.leave()
})
