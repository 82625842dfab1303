// Sessions that begin again, by command, against a real home.
import { afterAll, beforeAll, expect, test } from "vitest"
import { homeport, type Ran } from "../support/command.ts"
import { type Home, startHome } from "../support/home.ts"

let home: Home
beforeAll(async () => {
	home = await startHome()
})
afterAll(() => home.stop())

const run = (...args: string[]): Promise<Ran> => homeport(home.dataDir, args)

async function well(...args: string[]): Promise<Ran> {
	const ran = await run(...args)
	expect(`${ran.code} ${ran.stderr}`, args.join(" ")).toBe("0 ")
	return ran
}

test("restart begins the same command again in the same folder, its old output above, as the next run", async () => {
	await well("spawn", "--name", "again", "--cwd", "/usr", "--", "sh", "-c", 'echo "run in $PWD"; exec cat')
	await well("wait", "again", "--text", "run in", "--timeout", "20")
	await well("send", "again", "typed")
	await well("wait", "again", "--text", "^typed$", "--timeout", "20")
	const before = (await well("ls", "--json")).json() as { sessions: { id: string; createdAt: number }[] }
	const again = (await well("restart", "again", "--json")).json()
	expect(again).toMatchObject({ id: before.sessions[0]?.id, run: 2, cwd: "/usr", state: { is: "running" } })
	await well("wait", "again", "--text", "started again", "--timeout", "20")
	await well("send", "again", "more")
	await well("wait", "again", "--text", "^more$", "--timeout", "20")
	const shown = (await well("screen", "again")).stdout
	expect(shown).toMatch(
		/^run in \/usr\ntyped\ntyped\n── started again, \d{4}-\d\d-\d\d \d\d:\d\d ──\nrun in \/usr\nmore\nmore\n$/,
	)
	expect((await well("logs", "again")).stdout).toContain("typed\ntyped\n── started again")
})
