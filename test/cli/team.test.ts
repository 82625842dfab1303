// The command in a team: signed in by a browser, in more than one workspace; members, secrets, keys and the trail.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Client } from "../../protocol/client.ts"
import { homeport } from "../support/command.ts"
import { HOMEPORT, type Home, NODE, processesOver, startHome } from "../support/home.ts"
import { ownerOf } from "../support/person.ts"
import { until } from "../support/until.ts"

let home: Home
let owner: Client
const folder = mkdtempSync(join(tmpdir(), "homeport-test-"))

beforeAll(async () => {
	home = await startHome()
	owner = await ownerOf(home)
})
afterAll(async () => {
	for (const pid of processesOver(folder)) process.kill(pid, "SIGKILL")
	rmSync(folder, { recursive: true, maxRetries: 5 })
	await home.stop()
})

/** Runs a command that waits for a browser; resolves with the code that it shows. */
async function askingForApproval(...args: string[]) {
	const child = spawn(NODE, [HOMEPORT, ...args], {
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, HOMEPORT_DATA_DIR: folder, DISPLAY: "" },
	})
	const ended = once(child, "exit")
	for await (const line of createInterface({ input: child.stderr })) {
		const [, userCode] = /approve the code ([A-Z0-9-]+)/.exec(line) ?? []
		if (userCode !== undefined) return { child, ended, userCode }
	}
	throw new Error("invariant: it shows a code")
}

test("[TRU3] a browser signs the command in to a workspace, and its file is for its owner's eyes", async () => {
	const { workspaces } = await owner("listWorkspaces")
	const { ended, userCode } = await askingForApproval("login", home.url)
	const shown = await owner("showDevice", { body: { userCode } })
	expect(shown.request.is).toBe("login")
	const [workspace] = workspaces
	await owner("decideDevice", { body: { userCode, workspace: workspace?.id ?? "", approve: true } })
	expect((await ended)[0]).toBe(0)
	expect(statSync(join(folder, "credentials.json")).mode & 0o777).toBe(0o600)
	expect((await homeport(folder, ["machines"])).stdout).toContain(home.machine.name)
})

test("a second workspace is signed in to as well, chosen by name, and left by logout", async () => {
	const { id } = await owner("createWorkspace", { body: { name: "Studio" } })
	const { ended, userCode } = await askingForApproval("login", home.url)
	await owner("decideDevice", { body: { userCode, workspace: id, approve: true } })
	expect((await ended)[0]).toBe(0)
	expect((await homeport(folder, ["machines"])).stdout).toContain("No machines.")
	expect((await homeport(folder, ["machines", "--workspace", "Home"])).stdout).toContain(home.machine.name)
	expect((await homeport(folder, ["machines", "--workspace", "Hom"])).code).toBe(3)
	expect((await homeport(folder, ["workspaces", "use", "Home"])).code).toBe(0)
	expect((await homeport(folder, ["machines"])).stdout).toContain(home.machine.name)
	const token = JSON.parse(readFileSync(join(folder, "credentials.json"), "utf8")) as { logins: { token: string }[] }
	expect((await homeport(folder, ["logout", "--workspace", "Studio"])).stdout).toBe("Signed out of Studio.\n")
	const left = token.logins[1]?.token ?? ""
	const answer = await fetch(`${home.url}/api/me`, { headers: { authorization: `Bearer ${left}` } })
	expect(answer.status).toBe(401)
})

test("a refused code ends the command with 1 and signs nobody in", async () => {
	const { ended, userCode } = await askingForApproval("login", home.url)
	await owner("decideDevice", { body: { userCode, approve: false } })
	expect((await ended)[0]).toBe(1)
})

test("[LNK1] a machine enrolls by a person's approval, and a new key leaves it the same machine", async () => {
	const { child, userCode } = await askingForApproval("connect", home.url, "--name", "approved")
	const { request } = await owner("showDevice", { body: { userCode } })
	expect(request).toMatchObject({ is: "machine", name: "approved" })
	const [workspace] = (await owner("listWorkspaces")).workspaces
	await owner("decideDevice", { body: { userCode, workspace: workspace?.id ?? "", approve: true } })
	const approved = async () => (await home.call("listMachines")).machines.find(({ name }) => name === "approved")
	await until("it is linked", async () => (await approved())?.presence.is === "linked")
	const before = await approved()
	const old = readFileSync(join(folder, "machine.json"), "utf8")
	expect((await homeport(folder, ["machines", "rotate-key"])).stdout).toBe("This machine has a new key.\n")
	expect(readFileSync(join(folder, "machine.json"), "utf8")).not.toBe(old)
	child.kill("SIGTERM")
	await until("it is away", async () => (await approved())?.presence.is === "away")
	const again = spawn(NODE, [HOMEPORT, "connect", "--data-dir", folder], { stdio: "ignore" })
	await until("it is linked by its new key", async () => (await approved())?.presence.is === "linked")
	expect((await approved())?.id).toBe(before?.id)
	expect((await approved())?.key).not.toBe(before?.key)
	again.kill("SIGTERM")
})

test("[TRU3] a secret goes in by standard input, comes to its runtime's sessions, and is shown nowhere", async () => {
	const value = "not-a-token-but-a-secret-4711"
	const set = await homeport(home.dataDir, ["secrets", "set", "GREETING", "--runtimes", "shell"], {
		input: `${value}\n`,
	})
	expect(set.stdout).toBe("Saved GREETING. Sessions of shell get it as GREETING.\n")
	expect((await homeport(home.dataDir, ["secrets", "--json"])).stdout).not.toContain(value)
	await homeport(home.dataDir, ["spawn", "--runtime", "shell", "--name", "greeted"])
	await homeport(home.dataDir, ["send", "greeted", "echo it came: $(printf %s $GREETING | wc -c)"])
	const seen = await homeport(home.dataDir, ["wait", "greeted", "--text", "^it came: 29$", "--timeout", "60"], {
		timeoutMs: 90_000,
	})
	expect(seen.code).toBe(0)
	await homeport(home.dataDir, ["send", "greeted", "echo $GREETING; echo said"])
	await homeport(home.dataDir, ["wait", "greeted", "--text", "^said", "--timeout", "20"])
	const screen = await homeport(home.dataDir, ["screen", "greeted"])
	expect(screen.stdout).not.toContain(value)
	expect(screen.stdout).toContain("*".repeat(value.length))
	for (const args of [["PATH"], ["KEY", "--variable", "LD_PRELOAD"], ["KEY", "--runtimes", "bogus"]]) {
		const refused = await homeport(home.dataDir, ["secrets", "set", ...args], { input: "x" })
		expect(`${args} ${refused.stdout}`).toBe(`${args} `)
		expect(refused.code).not.toBe(0)
	}
	const bytes = await homeport(home.dataDir, ["secrets", "set", "BINARY"], { input: Uint8Array.of(0xff, 0xfe) })
	expect(bytes.code).toBe(2)
	expect((await homeport(home.dataDir, ["secrets", "bind", "NOPE", "--runtimes", "shell"])).code).toBe(3)
	expect((await homeport(home.dataDir, ["secrets", "rm", "GREETING"])).code).toBe(0)
	expect((await homeport(home.dataDir, ["secrets", "rm", "GREETING"])).code).toBe(3)
})

test("the trail says who did all this, and is whole", async () => {
	const listed = await homeport(home.dataDir, ["audit", "--text", "saveSecret"])
	expect(listed.stdout).toContain("GREETING")
	const verified = await homeport(home.dataDir, ["audit", "verify"])
	expect(verified.stdout).toMatch(/^The trail is whole: \d+ entries/)
	const exported = (await homeport(home.dataDir, ["audit", "export"])).stdout.trimEnd().split("\n")
	expect(JSON.parse(exported[0] ?? "")).toMatchObject({ sequence: 1, action: "signIn" })
})

test("an owner invites and promotes by the command; what is misspelt is refused", async () => {
	const invited = await homeport(home.dataDir, ["members", "invite", "--role", "guest"])
	expect(invited.stdout).toMatch(/^http:.*\/join#[\w-]{40,}\n$/)
	expect((await homeport(home.dataDir, ["members", "invite", "--role", "king"])).code).toBe(2)
	expect((await homeport(home.dataDir, ["members", "role", "nobody", "guest"])).code).toBe(3)
	const [me] = (await home.call("listMembers")).members
	const last = await homeport(home.dataDir, ["members", "role", me?.id ?? "", "guest"])
	expect(last.code).toBe(1)
	expect(last.stderr).toContain("keeps one owner")
})

test("a narrowed token may do what it names and nothing else", async () => {
	const made = await homeport(home.dataDir, [
		"tokens",
		"create",
		"narrow",
		"--actions",
		"machine:read",
		"--expires",
		"1h",
	])
	const environment = { HOMEPORT_URL: home.url, HOMEPORT_TOKEN: made.stdout.trim() }
	expect((await homeport(folder, ["machines"], { environment })).code).toBe(0)
	const refused = await homeport(folder, ["spawn", "--", "true"], { environment })
	expect(refused.code).toBe(1)
	expect(refused.stderr).toContain("narrowed")
	expect((await homeport(home.dataDir, ["tokens", "create", "x", "--actions", "session:fly"])).code).toBe(2)
})
