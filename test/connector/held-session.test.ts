// A session as the link process holds it, with a real holder.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { type Audience, HeldSession } from "../../connector/held-session.ts"
import { ASKS } from "../../protocol/ask.ts"
import { newSessionId, newViewerId } from "../../protocol/ids.ts"
import { execution } from "../holder/support/holder.ts"
import { processesOver } from "../support/home.ts"

const audience: Audience = {
	changed: () => {},
	message: () => {},
	unwatchable: () => {},
	frame: () => {},
	log: () => {},
}

test("[SES1] a running session that was left to another process is asked of its own holder, never of a second one", async () => {
	const { folder, session, held } = await start("read line; exit 5")
	held.letGo()
	await expect.poll(() => held.isConnected).toBe(false)
	const asked = { session, from: 0, limit: 1 }
	await Promise.all([held.ask("log", asked), held.ask("log", asked)])
	expect(processesOver(folder)).toHaveLength(1)
	await held.ask("write", { session, viewer: newViewerId(), text: "x", enter: true, paste: false })
	await expect.poll(() => held.info.state, { timeout: 10_000 }).toMatchObject({ is: "exited", code: 5 })
})

test("a session that is looked at and says nothing is not told again and again", async () => {
	let told = 0
	const { session, held } = await start("read line", { ...audience, changed: () => void told++ })
	told = 0
	held.observe(true)
	for (let time = 0; time < 20; time++) await held.ask("screen", { session })
	// Once for whoever looks now, and what its start still had to say.
	expect(told).toBeLessThan(4)
})

async function start(script: string, to = audience) {
	const folder = mkdtempSync(join(tmpdir(), "homeport-held-"))
	const session = newSessionId()
	const launch = { execution: execution(session, script), contained: null, making: null }
	const held = await HeldSession.start(launch, ASKS.start.asked.parse({ id: session }), folder, to)
	onTestFinished(async () => {
		await held.ask("signal", { session, signal: "SIGKILL" }).catch(() => {
			// It has ended, as it should.
		})
		rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
	})
	return { folder, session, held }
}
