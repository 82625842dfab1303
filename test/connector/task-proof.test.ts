// By what a machine knows that its home knows of it: what the ledger says, and from then on whatever is heard on that link.
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { attemptsFolder } from "../../connector/tasks/kept.ts"
import { Tasks } from "../../connector/tasks/tasks.ts"
import { newTaskId } from "../../protocol/ids.ts"

let dataDir: string
beforeEach(() => {
	dataDir = mkdtempSync(join(tmpdir(), "homeport-proof-"))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

/** What a next process would know of it. */
async function knownAfter(what: (tasks: Tasks) => void): Promise<boolean> {
	const tried = { all: () => [], settled: () => Promise.resolve() }
	const tasks = await Tasks.open({
		...{ dataDir, boot: "one", log: () => {} },
		...{ sessions: {} as never, home: {} as never, tried: tried as never },
	})
	what(tasks)
	await tasks.close()
	return existsSync(join(attemptsFolder(dataDir), "heard.json"))
}

test("a link that the ledger has not spoken on proves nothing, whatever is heard on it", async () => {
	const heard = (tasks: Tasks) => {
		tasks.linked(() => {})
		tasks.heard()
	}
	expect(await knownAfter(heard)).toBe(false)
	const spoken = (tasks: Tasks) => {
		tasks.linked(() => {})
		tasks.verdict({ type: "verdict", task: newTaskId(), fence: 1, sequence: 1, verdict: "forget" })
		tasks.unlinked()
		tasks.linked(() => {})
		tasks.heard()
	}
	expect(await knownAfter(spoken)).toBe(true)
})
