// The one line that adds another computer: the script that the home serves, and the connector that it installs.
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { accessSync, constants, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, expect, test } from "vitest"
import { hashSources } from "../../tools/init.ts"
import { homeport } from "../support/command.ts"
import { type Home, processesOver, startHome } from "../support/home.ts"
import { until } from "../support/until.ts"

let home: Home
const folder = mkdtempSync(join(tmpdir(), "homeport-test-"))
/** The system's own Node, and a home directory with nothing in it. */
const environment = { PATH: process.env.PATH ?? "", HOME: folder }

beforeAll(async () => {
	home = await startHome()
})
afterAll(async () => {
	for (const pid of processesOver(folder)) process.kill(pid, "SIGKILL")
	rmSync(folder, { recursive: true, maxRetries: 5 })
	await home.stop()
})

test("the script says what it does and installs the connector of exactly this version, without root's help", async () => {
	const { stdout } = await promisify(execFile)("sh", ["-c", `curl -fsSL ${home.url}/install | sh`], {
		env: environment,
	})
	expect(stdout).toContain(`into  ${folder}/.local/share/homeport/`)
	expect(stdout).toContain(`homeport connect ${home.url} --code CODE --service`)
	const command = join(folder, ".local/bin/homeport")
	const installed = await promisify(execFile)(command, ["--version"], { env: environment })
	const { version } = await home.call("me")
	expect(installed.stdout.trim()).toBe(version)
	for (const platform of ["linux-x64", "linux-arm64"]) {
		const first = join(folder, ".local/share/homeport", version, `init-${platform}`)
		accessSync(first, constants.X_OK)
		expect(readFileSync(first).includes(hashSources())).toBe(true)
	}
})

test("[LNK1] what it installed enrolls, links, and runs a session whose every line comes back", async () => {
	const { code } = await home.call("createEnrollment")
	const command = join(folder, ".local/bin/homeport")
	spawn(command, ["connect", home.url, "--code", code, "--name", "other"], { env: environment, stdio: "ignore" })
	const find = async () => (await home.call("listMachines")).machines.find(({ name }) => name === "other")
	await until("it is linked", async () => (await find())?.presence.is === "linked")
	const doctor = await homeport(home.dataDir, ["doctor", "--machine", "other"])
	expect(`${doctor.code}\n${doctor.stdout}`).toMatch(/^0\n/)
	await homeport(home.dataDir, ["spawn", "--machine", "other", "--name", "count", "--", "seq", "4000"])
	expect((await homeport(home.dataDir, ["wait", "count", "--timeout", "20"])).stdout).toBe("exited 0\n")
	const numbers = Array.from({ length: 4_000 }, (_, i) => `${i + 1}\n`)
	expect((await homeport(home.dataDir, ["logs", "count"])).stdout).toBe(numbers.join(""))
})

test("[SES1] a connector of an older version says so, upgrades itself from its home, and keeps its session", async () => {
	const { version } = await home.call("me")
	const command = join(folder, ".local/bin/homeport")
	const installed = join(folder, ".local/share/homeport")
	renameSync(join(installed, version), join(installed, "0.0.9"))
	for (const [path, from, to] of [
		[join(installed, "0.0.9/package.json"), `"${version}"`, '"0.0.9"'],
		[command, `/homeport/${version}/`, "/homeport/0.0.9/"],
	] as const)
		writeFileSync(path, readFileSync(path, "utf8").replace(from, to))

	for (const pid of processesOver(join(folder, ".local/share/homeport", version))) process.kill(pid, "SIGTERM")
	const link = () => spawn(command, ["connect"], { env: environment, stdio: "ignore" })
	const find = async () => (await home.call("listMachines")).machines.find(({ name }) => name === "other")
	await until("the link of before is gone", async () => (await find())?.presence.is === "away")
	const old = link()
	await until("the old version is linked", async () => (await find())?.platform?.connector === "0.0.9")
	await homeport(home.dataDir, ["spawn", "--machine", "other", "--name", "lasting", "--", "cat"])
	await homeport(home.dataDir, ["send", "lasting", "from before"])

	const upgraded = await promisify(execFile)(command, ["upgrade"], { env: environment })
	expect(upgraded.stdout).toContain(`Upgraded from 0.0.9 to ${version}.`)
	expect((await promisify(execFile)(command, ["--version"], { env: environment })).stdout.trim()).toBe(version)
	expect((await promisify(execFile)(command, ["upgrade"], { env: environment })).stdout).toContain("already")
	old.kill("SIGTERM")
	await once(old, "exit")
	link()
	await until("the new version is linked", async () => {
		const machine = await find()
		return machine?.presence.is === "linked" && machine.platform?.connector === version
	})
	await homeport(home.dataDir, ["send", "lasting", "and after"])
	const seen = await homeport(home.dataDir, ["wait", "lasting", "--text", "^and after", "--timeout", "20"])
	expect(seen.code).toBe(0)
	expect((await homeport(home.dataDir, ["screen", "lasting"])).stdout).toContain("from before")
})
