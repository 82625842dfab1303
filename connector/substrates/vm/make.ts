// Making a VM: its record, keys and disks, whole or not at all.
import { randomUUID } from "node:crypto"
import { chmod, copyFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Refusal } from "../../../protocol/errors.ts"
import type { VmSpec } from "../../../protocol/vm.ts"
import { makeHome, makeOverlay } from "./disks.ts"
import { makeDraft } from "./draft.ts"
import { findFirmware } from "./firmware.ts"
import { type BuiltImage, mustHaveImage } from "./images.ts"
import { makeKeyPair } from "./keys.ts"
import { type Made, vmPaths, vmsFolder, writeMade } from "./record.ts"
import { refuseCreating } from "./room.ts"

const MIB = 1024 ** 2
const GIB = 1024 ** 3
const DEFAULTS = { memory: 2 * GIB, disk: 10 * GIB, idleMinutes: 30 }
/** The home folder's part of the disk where the system's leaves room for it. */
const HOME_PART = 0.5
const LEAST_HOME = 64 * MIB

export async function makeVm(dataDir: string, spec: VmSpec & { cpus: number }): Promise<void> {
	const image = await mustHaveImage(dataDir, spec.image)
	const made: Made = {
		name: spec.name,
		image: image.name,
		cpus: spec.cpus,
		memory: spec.memory ?? DEFAULTS.memory,
		disk: Math.floor((spec.disk ?? DEFAULTS.disk) / MIB) * MIB,
		network: spec.network ?? { is: "full" },
		loadout: spec.loadout ?? null,
		idleMinutes: spec.idleMinutes ?? DEFAULTS.idleMinutes,
		createdAt: Date.now(),
		base: image.folder,
		instance: randomUUID(),
	}
	await refuseCreating(dataDir, made)
	const sizes = splitDisk(made.disk, image)
	await placeVm(dataDir, made, async (system, home) => {
		await makeOverlay(system, join(image.folder, "disk.qcow2"), sizes.system)
		await makeHome(home, sizes.home)
	})
}

/** Bytes of the system's disk and of the home folder's. Throws Refusal where the image does not fit. */
export function splitDisk(disk: number, image: Pick<BuiltImage, "name" | "disk">): { system: number; home: number } {
	const home = Math.min(Math.floor((disk * HOME_PART) / MIB) * MIB, disk - image.disk)
	if (home >= LEAST_HOME) return { system: disk - home, home }
	const least = Math.ceil((image.disk + LEAST_HOME) / MIB)
	throw new Refusal("invalid_request", `A VM of the image ${image.name} has a disk of at least ${least} MiB.`)
}

/** Puts a VM with new keys in its place once `fill` has made its two disks. Refusal("name_taken") where there is one. */
export async function placeVm(
	dataDir: string,
	made: Made,
	fill: (system: string, home: string) => Promise<void>,
): Promise<void> {
	const draft = await makeDraft(vmsFolder(dataDir))
	try {
		for (const [file, use] of Object.entries({ host_key: made.name, user_key: "homeport" })) {
			const { privateKey, publicKey } = makeKeyPair(use)
			await writeFile(join(draft, file), privateKey, { mode: 0o600 })
			await writeFile(join(draft, `${file}.pub`), publicKey, { mode: 0o600 })
		}
		await fill(join(draft, "system.qcow2"), join(draft, "home.qcow2"))
		const firmware = await findFirmware(made.base)
		if (firmware !== null) {
			await copyFile(firmware, join(draft, "firmware.fd"))
			await chmod(join(draft, "firmware.fd"), 0o600)
		}
		await writeMade(join(draft, "vm.json"), made)
		await rename(draft, vmPaths(dataDir, made.name).folder)
	} catch (error) {
		await rm(draft, { recursive: true, force: true })
		if (TAKEN.has((error as NodeJS.ErrnoException).code ?? "")) throw new Refusal("name_taken")
		throw error
	}
}

const TAKEN = new Set(["ENOTEMPTY", "EEXIST"])
