// `homeport up` as real processes: what it prints, refuses, keeps, and survives.
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { homeport } from "../support/command.ts"
import { HOMEPORT, type Home, NODE, processesOver, startHome } from "../support/home.ts"
import { until } from "../support/until.ts"

let home: Home
beforeAll(async () => {
	home = await startHome()
})
afterAll(() => home.stop())

const isLinked = async ({ call }: Home) => (await call("listMachines")).machines[0]?.presence.is === "linked"

test("the first start enrolls this computer and signs the command in", async () => {
	expect(await home.call("me")).toMatchObject({ role: "owner" })
	const { machines } = await home.call("listMachines")
	expect(machines).toMatchObject([{ id: home.machine.id, name: home.machine.name, presence: { is: "linked" } }])
	const { code, stdout } = await homeport(home.dataDir, ["ls"])
	const line = `npx homeport spawn --data-dir ${home.dataDir}`
	expect({ code, stdout }).toEqual({ code: 0, stdout: `No sessions. \`${line}\` starts one.\n` })
})

test("[TRU3] keys, secrets, token, and all else in the data folder are for their owner only", () => {
	expect(statSync(home.dataDir).mode & 0o777).toBe(0o700)
	const made = readdirSync(home.dataDir, { recursive: true, encoding: "utf8" })
	for (const path of ["machine.json", "link.sock", "home/lock.sqlite", "home/state/d1"]) expect(made).toContain(path)
	for (const path of made) {
		const found = statSync(join(home.dataDir, path), { throwIfNoEntry: false })
		if (found !== undefined) expect((found.mode & 0o077).toString(8), path).toBe("0")
	}
})

test("a home here binds what wrangler.toml binds", () => {
	const toml = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8")
	const config = JSON.parse(readFileSync(join(home.dataDir, "home/wrangler.json"), "utf8")) as {
		compatibility_date: string
		durable_objects: { bindings: { name: string; class_name: string }[] }
		d1_databases: { binding: string }[]
		assets: { binding: string; not_found_handling: string; run_worker_first: string[] }
		migrations: unknown[]
	}
	const all = (field: string) =>
		[...toml.matchAll(new RegExp(`^${field} = (.*)$`, "gm"))].map(([, value]) => JSON.parse(value ?? ""))
	const objects = config.durable_objects.bindings
	expect(objects.map(({ class_name }) => class_name)).toEqual(all("class_name"))
	expect(objects.every(({ name }) => all("name").includes(name))).toBe(true)
	const { assets, d1_databases } = config
	expect([...d1_databases.map(({ binding }) => binding), assets.binding]).toEqual(all("binding"))
	expect([assets.not_found_handling, assets.run_worker_first]).toEqual([
		...all("not_found_handling"),
		...all("run_worker_first"),
	])
	expect(config.migrations.map((step) => (step as { new_sqlite_classes: string[] }).new_sqlite_classes)).toEqual(
		all("new_sqlite_classes"),
	)
	expect(config.compatibility_date).toBe(all("compatibility_date")[0])
})

test("[SES3] no token and no secret stands in a command line or a log", () => {
	const kept = JSON.parse(readFileSync(join(home.dataDir, "home/secrets.json"), "utf8")) as {
		secretKeys: Record<string, string>
		pushKey: string
	}
	const { secretKeys, pushKey, ...secrets } = kept
	const { d: push } = JSON.parse(pushKey) as { d: string }
	const key = JSON.parse(readFileSync(join(home.dataDir, "machine.json"), "utf8")) as { key: { d: string } }
	const hidden = [home.token, key.key.d, push, ...Object.values<string>(secrets), ...Object.values(secretKeys)]
	expect(hidden).toHaveLength(6)
	const commandLines = execFileSync("ps", ["-eo", "args="], { encoding: "utf8" })
	const logs = readdirSync(join(home.dataDir, "logs")).map((name) =>
		readFileSync(join(home.dataDir, "logs", name), "utf8"),
	)
	for (const text of [commandLines, ...logs]) for (const word of hidden) expect(text.includes(word)).toBe(false)
})

test("a sign-in link is good once, and the running home gives a fresh one", async () => {
	const spend = (link: string) =>
		fetch(`${home.url}/api/sign-in`, {
			method: "POST",
			headers: { "content-type": "application/json", origin: home.url },
			body: JSON.stringify({ token: new URL(link).hash.slice(1) }),
		})
	expect((await spend(home.signInUrl)).status).toBe(200)
	expect((await spend(home.signInUrl)).status).toBe(401)
	const fresh = (await homeport(home.dataDir, ["up", "--sign-in-link"])).stdout.trim()
	expect(fresh.startsWith(`${home.url.replace("127.0.0.1", "localhost")}/sign-in#`)).toBe(true)
	const cookie = (await spend(fresh)).headers.getSetCookie().map((line) => line.split(";", 1)[0])
	// Of the home's own first run nobody is signed in any more.
	const signIns = await fetch(`${home.url}/api/account/sign-ins`, { headers: { cookie: cookie.join("; ") } })
	expect(await signIns.json()).toMatchObject({ signIns: [{ isThis: true }, { isThis: false }] })
})

test("a second start over the same folder is refused with the folder and the process", async () => {
	const second = await homeport(home.dataDir, ["up", "--no-open", "--port", "0"])
	expect(second.code).toBe(1)
	expect(second.stderr).toContain(home.dataDir)
	expect(second.stderr).toContain(`Process ${home.pids.up}`)
	expect(await isLinked(home)).toBe(true)
})

test("[LNK2] a second link over the same folder says for whom it waits, and leaves by Ctrl-C", async () => {
	const second = spawn(NODE, [HOMEPORT, "connect", "--data-dir", home.dataDir])
	let said = ""
	second.stderr.on("data", (data: Buffer) => {
		said += data.toString()
	})
	await until("it says so", async () => said.endsWith("\n"))
	expect(said).toBe(`\`homeport up\` (process ${home.pids.up}) links this machine; this one waits until that ends.\n`)
	second.kill("SIGINT")
	expect((await once(second, "exit"))[0]).toBe(0)
	expect(await isLinked(home)).toBe(true)
})

test("a line for another computer is printed with a warning where only this one reaches the home", async () => {
	const { stdout } = await homeport(home.dataDir, ["machines", "add"])
	expect(stdout).toContain(`curl -fsSL ${home.url}/install | sh -s -- `)
	expect(stdout).toContain(`This works on this computer only: no other one reaches ${home.url}.`)
	expect(stdout).toContain("docs/operations.md")
	expect((await homeport(home.dataDir, ["machines", "add", "--json"])).json()).toMatchObject({ isLocal: true })
})

test("a taken port is refused with its number and the way out", async () => {
	const other = createServer().listen(0, "127.0.0.1")
	await once(other, "listening")
	const address = other.address()
	const port = typeof address === "object" && address !== null ? address.port : 0
	const folder = mkdtempSync(join(tmpdir(), "homeport-test-"))
	const { code, stderr } = await homeport(folder, ["up", "--no-open", "--port", String(port)])
	expect(code).toBe(1)
	expect(stderr).toBe(`Port ${port} on 127.0.0.1 is taken by another program. Choose another one with --port.\n`)
	other.close()
	rmSync(folder, { recursive: true })
})

test("a folder that cannot be written is refused by name", async () => {
	const folder = mkdtempSync(join(tmpdir(), "homeport-test-"))
	const file = join(folder, "file")
	writeFileSync(file, "")
	const { code, stderr } = await homeport(join(file, "data"), ["up", "--no-open", "--port", "0"])
	expect(code).toBe(1)
	expect(stderr).toMatch(
		/^The data folder .*file\/data cannot be written \(ENOTDIR\)\. Choose another one with --data-dir\.\n$/,
	)
	rmSync(folder, { recursive: true })
})

test("[SES1] [LNK3] a killed link process is started again at once", async () => {
	const { presence } = (await home.call("listMachines")).machines[0] ?? {}
	process.kill(home.pids.connector, "SIGKILL")
	await until("the link has a new number", async () => {
		const now = (await home.call("listMachines")).machines[0]?.presence
		return now?.is === "linked" && now.epoch > (presence?.epoch ?? 0)
	})
	expect(home.said()).toContain("The link process died (SIGKILL)")
})

test("[LNK3] a killed control plane is started again, and everything is back", async () => {
	process.kill(home.pids.controlPlane, "SIGKILL")
	await until("the machine is linked again", async () => {
		// Between death and return nobody answers, which is the point.
		return isLinked(home).catch(() => false)
	})
	expect(home.said()).toContain("The control plane died (SIGKILL)")
	expect(await home.call("me")).toMatchObject({ role: "owner" })
})

test("[LNK1] a stopped home ends with 0, leaves nothing running, and finds everything back", async () => {
	const first = await startHome()
	expect(await first.halt()).toBe(0)
	expect(processesOver(first.dataDir)).toEqual([])
	const second = await startHome({ dataDir: first.dataDir })
	expect(second.machine).toEqual(first.machine)
	expect(second.token).toBe(first.token)
	expect((await second.call("listTokens")).tokens.length).toBe(1)
	await second.stop()
	await first.stop()
})

test("[LNK2] after kill -9 of `homeport up` itself the next start clears away what it left", async () => {
	const first = await startHome()
	const port = Number(new URL(first.url).port)
	process.kill(first.pids.up, "SIGKILL")
	const second = await startHome({ dataDir: first.dataDir, port })
	expect(second.machine).toEqual(first.machine)
	await until("the old processes are gone", async () => {
		const left = processesOver(first.dataDir)
		return !left.includes(first.pids.controlPlane) && !left.includes(first.pids.connector)
	})
	await second.stop()
	await first.stop()
})

test("Ctrl-C ends it with 0 and one line about the sessions", async () => {
	const folder = mkdtempSync(join(tmpdir(), "homeport-test-"))
	const up = spawn(NODE, [HOMEPORT, "up", "--no-open", "--port", "0", "--data-dir", folder])
	let said = ""
	let warned = ""
	up.stdout.on("data", (data: Buffer) => {
		said += data.toString()
	})
	up.stderr.on("data", (data: Buffer) => {
		warned += data.toString()
	})
	await until("it is ready", async () => said.includes("Ctrl-C"))
	expect(said).toMatch(/Homeport runs at http:\/\/127\.0\.0\.1:\d+\n/)
	expect(said).toMatch(/Sign in {3}http:\/\/localhost:\d+\/sign-in#\S+\n/)
	expect(said).toContain(folder)
	// npm passes Ctrl-C on once more: the same press must not count twice.
	up.kill("SIGINT")
	up.kill("SIGINT")
	const [code] = (await once(up, "exit")) as [number | null]
	expect(code).toBe(0)
	expect(warned).toBe("\nStopping. Sessions go on, and are here again after the next start.\n")
	rmSync(folder, { recursive: true })
})
