// A second machine: enrolled by a code, away when it stops, refused when it was removed.
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { homeport } from "../support/command.ts"
import { HOMEPORT, type Home, NODE, processesOver, startHome } from "../support/home.ts"
import { until } from "../support/until.ts"

let home: Home
const folder = mkdtempSync(join(tmpdir(), "homeport-test-"))
let connector: ChildProcess | undefined

beforeAll(async () => {
	home = await startHome()
})
afterAll(async () => {
	connector?.kill("SIGKILL")
	for (const pid of processesOver(folder)) process.kill(pid, "SIGKILL")
	rmSync(folder, { recursive: true, maxRetries: 5 })
	await home.stop()
})

async function presence(machine = "second"): Promise<string | undefined> {
	return (await home.call("listMachines")).machines.find(({ name }) => name === machine)?.presence.is
}

function connect(...args: string[]): ChildProcess {
	return spawn(NODE, [HOMEPORT, "connect", ...args, "--data-dir", folder], { stdio: ["ignore", "pipe", "pipe"] })
}

test("[LNK1] a code enrolls a machine, once, and the machine links", async () => {
	const add = await homeport(home.dataDir, ["machines", "add", "--json"])
	const { code, url } = add.json() as { code: string; url: string }
	connector = connect(url, "--code", code, "--name", "second")
	await until("the second machine is linked", async () => (await presence()) === "linked")
	expect(statSync(join(folder, "machine.json")).mode & 0o777).toBe(0o600)
	const again = await homeport(join(folder, "other"), ["connect", url, "--code", code])
	expect(again.code).toBe(1)
	expect(again.stderr).toContain("enrollment code")
})

test("sessions start there by name, and a name on two machines needs the machine", async () => {
	const spawned = await homeport(home.dataDir, ["spawn", "--machine", "second", "--name", "twin", "--", "cat"])
	expect(`${spawned.code} ${spawned.stderr}`).toBe("0 ")
	const twin = await homeport(home.dataDir, ["spawn", "--name", "twin", "--", "cat"])
	expect(twin.stdout).toContain(` attach ${home.machine.name}/twin `)
	const ambiguous = await homeport(home.dataDir, ["screen", "twin"])
	expect(ambiguous.code).toBe(2)
	expect(ambiguous.stderr).toContain("second/twin")
	expect(ambiguous.stderr).toContain(`${home.machine.name}/twin`)
	expect((await homeport(home.dataDir, ["send", "second/twin", "over there"])).code).toBe(0)
	const seen = await homeport(home.dataDir, ["wait", "second/twin", "--text", "over there", "--timeout", "20"])
	expect(seen.stdout).toBe("over there\n")
})

test("[LNK1] [SES1] Ctrl-C ends the link with 0; started again without a code it is the same machine with its session", async () => {
	const before = (await home.call("listMachines")).machines.find(({ name }) => name === "second")
	if (connector === undefined) throw new Error("the test before has started it")
	connector.kill("SIGINT")
	expect((await once(connector, "exit"))[0]).toBe(0)
	await until("the machine is away", async () => (await presence()) === "away")
	const asked = await homeport(home.dataDir, ["send", "second/twin", "x"])
	expect(asked.code).toBe(4)
	connector = connect()
	await until("it is back", async () => (await presence()) === "linked")
	const after = (await home.call("listMachines")).machines.find(({ name }) => name === "second")
	expect(after?.id).toBe(before?.id)
	expect((await homeport(home.dataDir, ["screen", "second/twin"])).stdout).toContain("over there")
})

test("a machine is renamed and removed; removal revokes its key at once and ends its connector", async () => {
	expect((await homeport(home.dataDir, ["machines", "rename", "second", "third"])).code).toBe(0)
	expect((await homeport(home.dataDir, ["machines"])).stdout).toMatch(/^third +linked /m)
	if (connector === undefined) throw new Error("a test before has started it")
	const over = once(connector, "exit")
	expect((await homeport(folder, ["ls", "--local", "--json"])).stderr).toContain('"code":"busy"')
	const removed = await homeport(home.dataDir, ["machines", "remove", "third"])
	expect(removed.code).toBe(0)
	expect(removed.stdout).toContain("The session that runs there goes on, out of reach from here. On third itself:")
	expect((await over)[0]).toBe(1)
	expect((await homeport(home.dataDir, ["machines", "remove", "third"])).code).toBe(3)
	const again = await homeport(folder, ["connect"])
	expect(again.code).toBe(1)
	expect(again.stderr).toContain("removed")
})

test("[SES1] the sessions of a removed machine go on there, and are listed and ended there without a home", async () => {
	expect((await homeport(folder, ["ls", "--local"])).stdout).toMatch(/^twin +running +custom /m)
	expect((await homeport(folder, ["kill", "none", "--local"])).code).toBe(3)
	expect((await homeport(folder, ["kill", "twin", "--local", "--signal", "KILL"])).code).toBe(0)
	await until("it has ended", async () =>
		(await homeport(folder, ["ls", "--local"])).stdout.includes("ended by SIGKILL"),
	)
	expect((await homeport(folder, ["kill", "twin", "--local"])).stderr).toContain("has ended")
	expect((await homeport(join(folder, "none"), ["ls", "--local"])).stdout).toBe("No sessions here.\n")
})

test("connecting to no home, or from one to another, says what is missing", async () => {
	const none = await homeport(join(folder, "none"), ["connect"])
	expect(none.code).toBe(2)
	expect(none.stderr).toContain("not enrolled")
	const elsewhere = await homeport(folder, ["connect", "https://elsewhere.example"])
	expect(elsewhere.code).toBe(2)
	expect(elsewhere.stderr).toContain("https://elsewhere.example")
})

test.skipIf(process.platform === "darwin" || existsSync("/run/systemd/system"))(
	"where nothing runs services, --service says so, and prints lines that link the machine; it is enrolled all the same",
	async () => {
		const { code } = await home.call("createEnrollment")
		const folder = mkdtempSync(join(tmpdir(), "homeport test-"))
		const ran = await homeport(folder, ["connect", home.url, "--code", code, "--name", "third", "--service"])
		expect(ran.code).toBe(1)
		expect(ran.stderr).toContain("Enrolled as third.")
		expect(ran.stderr).toContain("neither systemd nor launchd")
		expect((await homeport(folder, ["connect", "--remove-service"])).code).toBe(1)
		const [, line = ""] = /^ {2}(nohup .*)$/m.exec(ran.stderr) ?? []
		execFileSync("sh", ["-c", line], { cwd: tmpdir() })
		await until("it is linked by the line that was printed", async () => (await presence("third")) === "linked")
		for (const pid of processesOver(folder)) process.kill(pid, "SIGKILL")
		rmSync(folder, { recursive: true })
	},
)
