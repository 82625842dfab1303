// Whether this machine has room for one more VM, by its quota and by what the others have.
import { statfs } from "node:fs/promises"
import { availableParallelism, totalmem } from "node:os"
import { readSettings } from "../../settings.ts"
import { readDisk } from "./disks.ts"
import { type Amounts, defaultQuota, refuseBeyond } from "./quota.ts"
import { type Made, readMade, readStatus, vmNames, vmPaths } from "./record.ts"

/** For a VM that is to be created: the disk that it may come to have, and that it could run at all. */
export async function refuseCreating(dataDir: string, wanted: Amounts): Promise<void> {
	const { quota, disk } = await readRoom(dataDir)
	refuseBeyond(quota, { memory: 0, cpus: 0, disk }, wanted)
}

/** For a VM that is to run: memory and processors beside those that run. */
export async function refuseRunning(dataDir: string, { name, memory, cpus }: Made): Promise<void> {
	const { quota, running } = await readRoom(dataDir, name)
	refuseBeyond(quota, { ...running, disk: 0 }, { memory, cpus })
}

/** `except`: a VM that is not counted. */
async function readRoom(dataDir: string, except?: string) {
	const running = { memory: 0, cpus: 0 }
	let disk = 0
	let written = 0
	for (const name of await vmNames(dataDir)) {
		const paths = vmPaths(dataDir, name)
		// What is damaged, or being destroyed at this moment, takes nothing that anybody could count.
		const made = await readMade(paths).catch(() => undefined)
		if (made === undefined || name === except) continue
		disk += made.disk
		for (const path of [paths.system, paths.home])
			written += (await readDisk(path).catch(() => undefined))?.["actual-size"] ?? 0
		const status = await readStatus(paths).catch(() => undefined)
		if (status === undefined || status.state.is === "stopped" || status.state.is === "crash-loop") continue
		running.memory += made.memory
		running.cpus += made.cpus
	}
	const { bavail, bsize } = await statfs(dataDir)
	const machine = { memory: totalmem(), cpus: availableParallelism(), disk: bavail * bsize + written }
	const quota = defaultQuota(machine)
	const settled = (await readSettings(dataDir)).vms
	for (const amount of ["memory", "cpus", "disk"] as const) quota[amount] = settled[amount] ?? quota[amount]
	return { quota, disk, running }
}
