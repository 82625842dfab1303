// A computer that is restarted, with its whole home: what was marked comes back, with the secrets that it had.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import type { SessionId } from "../../protocol/ids.ts"
import { homeport } from "../support/command.ts"
import { processesOver, startHome } from "../support/home.ts"

test("[SES3] a session that had a secret comes back with it after a restart, and it lies nowhere in between", async () => {
	const first = await startHome()
	const { dataDir } = first
	const run = async (...args: string[]) => {
		const ran = await homeport(dataDir, args, { input: "first/value/of/it" })
		expect(`${ran.code} ${ran.stderr}`, args.join(" ")).toBe("0 ")
		return ran.stdout
	}
	await run("secrets", "set", "KEY", "--runtimes", "custom")
	const script = 'test "$KEY" = first/value/of/it && echo "has it"; cat'
	const words = ["--comes-back", "--name", "marked", "--json", "--", "sh", "-c", script]
	const { id } = JSON.parse(await run("spawn", ...words)) as { id: SessionId }
	await run("wait", "marked", "--text", "has it", "--timeout", "20")
	const port = Number(new URL(first.url).port)
	await first.halt()
	for (const pid of processesOver(dataDir)) process.kill(pid, "SIGTERM")
	await expect.poll(() => processesOver(dataDir)).toEqual([])
	// The one thing that a test cannot do is to restart the computer: what was begun was begun in another start of it.
	const path = join(dataDir, "sessions", id, "session.json")
	writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), boot: "another" }))

	const second = await startHome({ dataDir, port })
	onTestFinished(() => second.stop())
	await run("wait", "marked", "--text", "started again", "--timeout", "60")
	await expect
		.poll(() => run("screen", "marked"), { timeout: 30_000 })
		.toMatch(/^has it\n── started again, .* ──\nhas it\n$/)
	const { sessions } = await second.call("listSessions")
	expect(sessions).toMatchObject([{ id, run: 2, comesBack: true, state: { is: "running" } }])
	const { entries } = await second.call("listAudit", { query: { text: "returnSession" } })
	expect(entries[0]).toMatchObject({ actor: { is: "machine" }, target: { session: id }, outcome: "done" })
}, 180_000)
