// What tasks leave on a machine, as time goes by: artifacts for thirty days, their sessions beside that, and then nothing.
import { existsSync } from "node:fs"
import { expect, test } from "vitest"
import type { Attempt } from "../../connector/tasks/attempt.ts"
import { attemptFolder, sessionOf } from "../../connector/tasks/kept.ts"
import { Tidy } from "../../connector/tasks/tidy.ts"
import { FILES_KEPT_MS } from "../../protocol/limits.ts"
import { script, taskMachine } from "../support/attempts.ts"

test("artifacts go after thirty days, and what is known of an attempt once nobody asks for it; what runs is not touched", async () => {
	const { run, ledger, attempts, machine, dataDir } = await taskMachine()
	const sessions = machine.forAttempts
	const over = await run(script("echo out > .homeport/outbox/out"))
	const { artifacts } = await ledger.end()
	const hash = artifacts[0]?.hash ?? ""
	await attempts.get(over)?.run()
	ledger.reports.splice(0)
	const running = await run(script("read line"))
	await ledger.until("running")
	const both = [attempts.get(over), attempts.get(running)].filter((attempt) => attempt !== undefined)
	const forgotten: Attempt[] = []
	const logged: string[] = []
	const tidyAfter = (ms: number) =>
		new Tidy({
			...{ sessions, log: (line) => void logged.push(line), now: () => Date.now() + ms },
			forget: async (attempt) => void forgotten.push(attempt),
		}).run(both)

	await tidyAfter(FILES_KEPT_MS - 60_000)
	expect(existsSync(attempts.get(over)?.artifact(hash) ?? "")).toBe(true)
	await tidyAfter(FILES_KEPT_MS + 60_000)
	expect(attempts.get(over)?.artifact(hash)).toBe(null)
	expect(sessions.info(sessionOf(over))?.state.is).toBe("exited")
	await sessions.remove(sessionOf(over))
	await tidyAfter(2 * FILES_KEPT_MS + 60_000)
	expect(forgotten).toEqual([attempts.get(over)])
	expect(existsSync(attemptFolder(dataDir, running))).toBe(true)
	expect(logged).toEqual([])
})
