// A connector that is killed at every one of its steps: the same attempt goes on, its program runs once, and each push is one.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import type { TaskReport } from "../../protocol/task-report.ts"
import { assignment, script, taskFolder } from "../support/attempts.ts"
import { gitServer } from "../support/git-server.ts"
import { NODE } from "../support/home.ts"

/** More processes than there are writes: each gets at least one further. */
const MOST = 40

test.each([
	["after", 1],
	["before", 2],
	["after", 3],
] as const)("killed %s write %i of each process, it is done once", { timeout: 240_000 }, async (when, which) => {
	const server = await gitServer()
	const dataDir = taskFolder()
	const [given, told, ran] = [join(dataDir, "given.json"), join(dataDir, "told"), join(dataDir, "ran")]
	const manifest = {
		...script(`echo ran >> ${ran}; echo new > new; echo out > .homeport/outbox/out`),
		workOn: { is: "repository", url: server.url, credential: { secret: "git" } },
		changes: { do: "push", branch: "mended" },
	}
	writeFileSync(given, JSON.stringify(assignment(manifest)))
	let killed = 0
	for (; killed < MOST; killed++) {
		const child = spawn(
			NODE,
			[join(import.meta.dirname, "../support/attempt-process.ts"), dataDir, given, told, when, String(which)],
			{ stdio: ["ignore", "inherit", "inherit"] },
		)
		const [code] = await once(child, "exit")
		if (code === 0) break
	}
	const reports = readFileSync(told, "utf8")
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line) as TaskReport)
	const last = reports.at(-1)
	expect(killed).toBeGreaterThan(2)
	expect(last).toMatchObject({ is: "succeeded", exitCode: 0, result: { branch: "mended" } })
	expect(last?.artifacts.map(({ path }) => path)).toEqual(["out"])
	expect(existsSync(ran) && readFileSync(ran, "utf8")).toBe("ran\n")
	expect(server.git("for-each-ref", "--format=%(refname)")).toBe("refs/heads/main\nrefs/heads/mended")
	expect(server.git("rev-parse", "mended")).toBe(last?.result?.commit)
	expect(server.git("show", "mended:new")).toBe("new")
	// Told again after a crash, but never another thing under the same number.
	const bySequence = new Map<number, string>()
	for (const report of reports) {
		const line = JSON.stringify(report)
		expect(bySequence.get(report.sequence) ?? line).toBe(line)
		bySequence.set(report.sequence, line)
	}
})
