// A VM as it lies on disk: what it is made of, how it is, and the paths of its files.
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"
import { Label } from "../../../protocol/substrate.ts"
import { Vm } from "../../../protocol/vm.ts"
import { readPrivate, writePrivate } from "../../private-file.ts"
import { socketPath } from "../../socket-path.ts"

/** What it is made of: set when it is created, and changed by a rebuild only. */
const Made = Vm.pick({
	...{ name: true, image: true, cpus: true, memory: true, disk: true },
	...{ network: true, loadout: true, idleMinutes: true, createdAt: true },
}).extend({
	/** The folder of the image that its disk lies over. */
	base: z.string(),
	/** What cloud-init knows it by: it provisions a system anew when this is another. */
	instance: z.string(),
})
export type Made = z.infer<typeof Made>

/** How it is. Its keeper alone writes it, whenever it changes. */
export const Status = z.object({
	state: Vm.shape.state.default({ is: "stopped" }),
	by: Vm.shape.by.default("tcg"),
	/** Whether it was the last deed's will that it runs: then it is started again where it crashes. */
	shallRun: z.boolean().default(false),
	/** The boot of this computer that the state is from: another boot has ended everything. */
	boot: z.string().default(""),
	/** Where its SSH is on 127.0.0.1; null while it is stopped. */
	ssh: z.int().nullable().default(null),
	forwards: Vm.shape.forwards.default([]),
	snapshots: z
		.array(z.object({ name: Label, at: z.int(), /** With the memory of a running system. */ isLive: z.boolean() }))
		.default([]),
	/** When it crashed lately. */
	crashes: z.array(z.int()).default([]),
	/** The last time that its system began anew with nobody's asking: what it did, as the end of a sentence about the VM. */
	broke: z.object({ at: z.int(), how: z.string() }).nullable().default(null),
	doing: Vm.shape.doing.default(null),
	fault: z.string().nullable().default(null),
})
export type Status = z.infer<typeof Status>

export function asVm(made: Made, status: Status): Vm {
	const { name, image, cpus, memory, disk, network, loadout, idleMinutes, createdAt } = made
	const { state, by, snapshots, forwards, doing, fault } = status
	return {
		...{ name, state, image, by, cpus, memory, disk, network, loadout, idleMinutes, forwards, doing, fault, createdAt },
		snapshots: snapshots.map(({ name, at }) => ({ name, at })),
	}
}

export function vmsFolder(dataDir: string): string {
	return join(dataDir, "vms")
}

/** Where what of a VM lies. */
export function vmPaths(dataDir: string, name: Label) {
	// The name becomes a path here, whoever it comes from.
	const folder = join(vmsFolder(dataDir), Label.parse(name))
	const socket = (socket: string) => socketPath(folder, `${socket}.sock`)
	return {
		folder,
		made: join(folder, "vm.json"),
		status: join(folder, "status.json"),
		system: join(folder, "system.qcow2"),
		home: join(folder, "home.qcow2"),
		seed: join(folder, "seed.img"),
		hostKey: join(folder, "host_key"),
		userKey: join(folder, "user_key"),
		process: join(folder, "qemu.pid"),
		serial: join(folder, "serial.log"),
		log: join(folder, "qemu.log"),
		firmware: join(folder, "firmware.fd"),
		keeperSocket: socket("keeper"),
		qmpSocket: socket("qmp"),
		serialSocket: socket("serial"),
		gateSocket: socket("gate"),
		networkSocket: socket("network"),
	}
}
export type VmPaths = ReturnType<typeof vmPaths>

/** Undefined where there is no such VM. */
export function readMade(paths: VmPaths): Promise<Made | undefined> {
	return readPrivate(paths.made, Made)
}

export async function writeMade(path: string, made: Made): Promise<void> {
	await writePrivate(path, made)
}

export async function readStatus(paths: VmPaths): Promise<Status> {
	return (await readPrivate(paths.status, Status)) ?? Status.parse({})
}

export async function writeStatus(paths: VmPaths, status: Status): Promise<void> {
	await writePrivate(paths.status, status)
}

/** The names of all VMs; what is only being made has no label for a name. */
export async function vmNames(dataDir: string): Promise<string[]> {
	const names = await readdir(vmsFolder(dataDir)).catch(() => [])
	return names.filter((name) => Label.safeParse(name).success).sort()
}
