import { execFile } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Reach, Vms } from "../../connector/substrates/vm/vms.ts"
import type { Vm, VmDeed } from "../../protocol/vm.ts"
import { until } from "../support/until.ts"
import { withVmImage } from "../support/vm-image.ts"

const run = promisify(execFile)
const MIB = 1024 ** 2
/** In software, on two cores that do other things too. */
const BOOT_MS = 300_000

let dataDir: string
let vms: Vms

beforeAll(async () => {
	dataDir = mkdtempSync(join(tmpdir(), "homeport-vms-"))
	await withVmImage(dataDir)
	vms = new Vms(dataDir)
}, 900_000)

afterAll(async () => {
	for (const { name } of await vms.list()) await vms.do(name, { verb: "destroy" })
	rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

async function find(name: string): Promise<Vm> {
	const vm = (await vms.list()).find((vm) => vm.name === name)
	if (vm === undefined) throw new Error(`There is no VM ${name}.`)
	return vm
}

/** Begins a deed and waits until it is done, as the command does. */
async function done(name: string, deed: VmDeed): Promise<Vm> {
	await vms.do(name, deed)
	await until(`${deed.verb} is done`, async () => (await find(name)).doing === null, BOOT_MS)
	const vm = await find(name)
	if (vm.fault !== null) throw new Error(vm.fault)
	return vm
}

/** By OpenSSH, which knows the host's key beforehand and takes no other. */
async function inside({ port, hostKey, privateKey, user }: Reach, line: string): Promise<string> {
	const known = join(dataDir, `known-${port}`)
	writeFileSync(known, `[127.0.0.1]:${port} ${hostKey}\n`)
	const settings = [`UserKnownHostsFile=${known}`, "StrictHostKeyChecking=yes", "BatchMode=yes", "IdentitiesOnly=yes"]
	const words = ["-i", privateKey, "-p", String(port), ...settings.flatMap((setting) => ["-o", setting])]
	return (await run("ssh", [...words, `${user}@127.0.0.1`, line])).stdout
}

/** All that whoever listens there says. */
function readPort(port: number): Promise<string> {
	return new Promise((resolve) => {
		let said = ""
		connect(port, "127.0.0.1")
			.on("data", (data) => {
				said += data
			})
			.on("error", () => {})
			.setTimeout(2_000, () => resolve(said))
			.once("close", () => resolve(said))
	})
}

/** Null while none runs: the file goes with its process. */
function pidOf(name: string): number | null {
	try {
		return Number(readFileSync(join(dataDir, "vms", name, "qemu.pid"), "utf8"))
	} catch {
		return null
	}
}

/** The keeper's process: the one that has its VM among its arguments. */
async function keeperOf(name: string): Promise<number> {
	const { stdout } = await run("ps", ["-eo", "pid,args"])
	const row = stdout.split("\n").find((row) => row.includes("keeper") && row.includes(`${dataDir} ${name}`))
	return Number.parseInt(row ?? "", 10)
}

function isAlive(pid: number | null): boolean {
	if (pid === null) return false
	try {
		return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "latin1"))
	} catch {
		return false
	}
}

const SMALL = { cpus: 1, memory: 384 * MIB, disk: 3 * 1024 * MIB, network: { is: "none" } } as const

test("a VM lives through every deed, each read back from what it did to", { timeout: 900_000 }, async () => {
	const made = await vms.do("one", { verb: "create", spec: { ...SMALL, idleMinutes: 0 } })
	expect(made).toMatchObject({ name: "one", image: "debian", state: { is: "stopped" }, network: { is: "none" } })
	await expect(vms.do("one", { verb: "create", spec: SMALL })).rejects.toMatchObject({ code: "name_taken" })
	await expect(vms.do("one", { verb: "pause" })).rejects.toMatchObject({ code: "vm_state" })
	await expect(vms.do("two", { verb: "start" })).rejects.toMatchObject({ code: "not_found" })

	// A second deed is refused with the name of the first.
	const starting = await vms.do("one", { verb: "start" })
	expect(starting).toMatchObject({ doing: "start", state: { is: "starting" } })
	await expect(vms.do("one", { verb: "stop" })).rejects.toThrow("The VM's start is under way.")
	const reach = await vms.ready("one", () => {})
	expect(await find("one")).toMatchObject({ state: { is: "running" }, doing: null, fault: null })
	expect((await inside(reach, "id -un; sudo id -u")).trim()).toBe("agent\n0")

	// Nothing of the network is there, but for loopback.
	const away = inside(reach, "timeout 5 curl -s -o /dev/null http://10.0.2.2:22 http://192.0.2.1; echo $?")
	expect((await away).trim()).not.toBe("0")

	expect(await vms.do("one", { verb: "pause" })).toMatchObject({ state: { is: "paused", because: "asked" } })
	expect(await vms.do("one", { verb: "resume" })).toMatchObject({ state: { is: "running" } })

	// A running system is kept with its memory, and goes on from there.
	await inside(reach, "echo kept > kept; echo shared > /dev/shm/memory; sync")
	const kept = await done("one", { verb: "snapshot", snapshot: "1" })
	expect(kept.snapshots).toMatchObject([{ name: "1" }])
	await expect(vms.do("one", { verb: "snapshot", snapshot: "1" })).rejects.toMatchObject({ code: "name_taken" })
	await inside(reach, "rm kept /dev/shm/memory; sync")
	await done("one", { verb: "restore", snapshot: "1" })
	expect(await inside(reach, "cat kept /dev/shm/memory")).toBe("kept\nshared\n")
	await expect(vms.do("one", { verb: "restore", snapshot: "none" })).rejects.toMatchObject({ code: "not_found" })

	const { forwards } = await done("one", { verb: "forward", port: 8080 })
	const at = forwards.find(({ port }) => port === 8080)?.at
	await inside(reach, "setsid busybox nc -l -p 8080 -e echo through < /dev/null > /dev/null 2>&1 &")
	await until("the port leads inside", async () => (await readPort(at ?? 0)) === "through\n")

	// A keeper that is killed takes nothing with it; the next one goes on.
	const [qemu, keeper] = [pidOf("one"), await keeperOf("one")]
	process.kill(keeper, "SIGKILL")
	expect(await find("one")).toMatchObject({ state: { is: "running" } })
	expect(pidOf("one")).toBe(qemu)
	expect(await keeperOf("one")).not.toBe(keeper)
	expect((await vms.ready("one", () => {})).port).toBe(reach.port)
	expect(await inside(reach, "cat kept")).toBe("kept\n")

	const stopped = await done("one", { verb: "stop" })
	expect(stopped).toMatchObject({ state: { is: "stopped" } })
	expect(isAlive(qemu)).toBe(false)

	// Stopped, its disks are kept, copied, and made anew.
	expect((await done("one", { verb: "snapshot", snapshot: "still" })).snapshots).toHaveLength(2)
	await done("one", { verb: "clone", to: "two" })
	const keyOf = (name: string) => readFileSync(join(dataDir, "vms", name, "host_key.pub"), "utf8")
	expect(keyOf("two")).not.toBe(keyOf("one"))
	expect(await find("two")).toMatchObject({ snapshots: [], state: { is: "stopped" } })
	await expect(vms.do("one", { verb: "clone", to: "two" })).rejects.toMatchObject({ code: "name_taken" })
	await done("one", { verb: "restore", snapshot: "still" })
	expect((await done("one", { verb: "rebuild" })).snapshots).toEqual([])
	await vms.do("one", { verb: "destroy" })
	expect(readdirSync(join(dataDir, "vms"))).toEqual(["two"])
	await until("its keeper ends", async () => !isAlive(await keeperOf("one")))

	// The copy has the home folder, and another key that is the only one to be taken.
	const copy = await vms.ready("two", () => {})
	expect(await inside(copy, "cat kept; hostname")).toBe("kept\ntwo\n")
	await expect(inside({ ...copy, hostKey: reach.hostKey }, "true")).rejects.toThrow("Host key verification failed")
})

test("what crashes five times in ten minutes is left as it is until it is started again", {
	timeout: 900_000,
}, async () => {
	await vms.do("crashing", { verb: "create", spec: SMALL })
	await vms.do("crashing", { verb: "start" })
	for (let crash = 1; crash <= 5; crash++) {
		await until("it runs", async () => isAlive(pidOf("crashing")), 60_000)
		const pid = pidOf("crashing")
		if (pid === null) throw new Error("invariant: it runs")
		process.kill(pid, "SIGKILL")
		await until(
			"it is seen",
			async () => pidOf("crashing") !== pid || (await find("crashing")).state.is === "crash-loop",
			60_000,
		)
	}
	const isLeft = async () => {
		const { state, doing } = await find("crashing")
		return state.is === "crash-loop" && doing === null
	}
	await until("it is left", isLeft, 60_000)
	expect(await find("crashing")).toMatchObject({
		state: { reason: expect.stringMatching(/5 times .* QEMU died( as it started)?\.$/) },
	})
	await expect(vms.ready("crashing", () => {})).rejects.toMatchObject({ code: "vm_state" })
	await vms.do("crashing", { verb: "start" })
	await until("it starts", async () => (await find("crashing")).state.is === "starting", 60_000)
	await vms.do("crashing", { verb: "kill" })
	expect(await find("crashing")).toMatchObject({ state: { is: "stopped" } })
	await vms.do("crashing", { verb: "destroy" })
})

test("more than the machine has is refused, and nothing is left", async () => {
	const spec = { ...SMALL, memory: 1024 ** 5 }
	await expect(vms.do("huge", { verb: "create", spec })).rejects.toMatchObject({ code: "vm_quota" })
	await expect(vms.do("wide", { verb: "create", spec: { ...SMALL, image: "none" } })).rejects.toThrow("no VM image")
	expect(readdirSync(join(dataDir, "vms")).filter((name) => !["one", "two", "crashing"].includes(name))).toEqual([])
})
