// The VMs of this machine: what there is, and every deed on one. Used from any process; a VM's keeper does what takes long.
import { rm } from "node:fs/promises"
import { Refusal } from "../../../protocol/errors.ts"
import { Label } from "../../../protocol/substrate.ts"
import type { Vm, VmDeed, VmImage, VmSpec } from "../../../protocol/vm.ts"
import { Failure } from "../../exit.ts"
import type { Contained } from "../contained.ts"
import { type Engine, findEngine } from "./engine.ts"
import { listImages, sweepImages } from "./images.ts"
import { askKeeper, isKept } from "./keeper/ask.ts"
import { endProcesses } from "./keeper/system.ts"
import { makeVm } from "./make.ts"
import { asVm, readMade, readStatus, type Status, vmNames, vmPaths } from "./record.ts"

/** How to come into a VM that answers. */
export interface Reach {
	/** Of its SSH, on 127.0.0.1. */
	port: number
	/** Its key in OpenSSH's public form, ed25519; it never changes. */
	hostKey: string
	/** Where the private key that it knows lies, in OpenSSH's form. */
	privateKey: string
	user: string
}

/** Less than the shortest idle time, which is a minute. */
export const TOUCH_EVERY_MS = 5_000

export class Vms {
	readonly #dataDir: string

	constructor(dataDir: string) {
		this.#dataDir = dataDir
	}

	/** All but those whose record is damaged, which can be destroyed. One that runs has its keeper again by then. */
	async list(): Promise<Vm[]> {
		const vms = await Promise.all(
			(await vmNames(this.#dataDir)).map((name) =>
				this.#read(name).catch((error: unknown) => {
					if (error instanceof Failure) return null
					throw error
				}),
			),
		)
		return vms.filter((vm) => vm !== null)
	}

	async images(): Promise<VmImage[]> {
		const images = await listImages(this.#dataDir)
		return images.map(({ name, bytes, createdAt, from }) => ({ name, bytes, createdAt, from }))
	}

	/** When and how its system last began anew with nobody's asking; null where it never did, or the VM is gone. */
	async broke(name: string): Promise<Status["broke"]> {
		return (await readStatus(vmPaths(this.#dataDir, name))).broke
	}

	/** What VMs run by here, tried where that is not known yet. Refusal("substrate_unavailable") where there can be none. */
	engine(): Promise<Engine> {
		return findEngine(this.#dataDir)
	}

	/** Begins a deed; a quick one is done when this answers. Null when the VM is gone. */
	async do(name: string, deed: VmDeed): Promise<Vm | null> {
		if (!Label.safeParse(name).success) throw new Refusal("invalid_request", "That cannot be a VM's name.")
		if (deed.verb === "create") {
			await this.#create({ ...deed.spec, name })
			return this.#read(name)
		}
		if (deed.verb === "destroy") return this.#destroy(name)
		const answer = await askKeeper(this.#dataDir, name, { ask: "do", deed })
		return answer.is === "vm" ? answer.vm : null
	}

	/** Starts it or resumes it, and waits until its SSH answers; tells `say` what it waits for. */
	async ready(name: string, say: (line: string) => void): Promise<Reach> {
		const answer = await askKeeper(this.#dataDir, name, { ask: "ready" }, say)
		if (answer.is !== "reach") throw new Error("invariant: who asks for a way in is told of one")
		return answer.reach
	}

	/** Something in it has worked: its idle clock begins anew, and it resumes where it was paused for being idle. */
	async touch(name: string): Promise<void> {
		await askKeeper(this.#dataDir, name, { ask: "touch" })
	}

	/** What is done there takes longer than nothing: for as long as it does, the VM is not idle. */
	async working<T>(name: string, deed: () => Promise<T>): Promise<T> {
		// One that is destroyed meanwhile breaks what is done there.
		const touching = setInterval(() => void this.touch(name).catch(() => {}), TOUCH_EVERY_MS).unref()
		try {
			return await deed()
		} finally {
			clearInterval(touching)
		}
	}

	/** As `ready`, where it runs, and no sign of work: to look at it is none. */
	async reach(name: string): Promise<Reach> {
		const answer = await askKeeper(this.#dataDir, name, { ask: "reach" })
		if (answer.is !== "reach") throw new Error("invariant: who asks for a way in is told of one")
		return answer.reach
	}

	/** What the own VM of a session is made from; its name is free for no other session. */
	sessionVm(contained: Contained): VmSpec {
		const { session, image, limits, network, loadout } = contained
		return {
			name: `session-${session.replace("ses_", "")}`,
			...(image !== null && { image }),
			...(loadout !== null && { loadout }),
			...(limits.cpus !== undefined && { cpus: Math.max(1, Math.ceil(limits.cpus)) }),
			...(limits.memory !== undefined && { memory: limits.memory }),
			...(limits.disk !== undefined && { disk: limits.disk }),
			network,
		}
	}

	async #create(spec: VmSpec): Promise<void> {
		const { by, networks, notes } = await this.engine()
		const network = spec.network?.is ?? "full"
		if (!networks.includes(network)) throw new Refusal("substrate_unavailable", notes.join(" "))
		// In software a second processor makes a system slower: each waits for the other.
		await makeVm(this.#dataDir, { ...spec, cpus: spec.cpus ?? (by === "tcg" ? 1 : 2) })
	}

	/** Also of a VM whose record or keeper is no good. */
	async #destroy(name: string): Promise<null> {
		const paths = vmPaths(this.#dataDir, name)
		if (!(await vmNames(this.#dataDir)).includes(name))
			throw new Refusal("not_found", `There is no VM ${name} on this machine.`)
		await askKeeper(this.#dataDir, name, { ask: "do", deed: { verb: "destroy" } }).catch(() => {})
		await endProcesses(paths)
		await rm(paths.folder, { recursive: true, force: true })
		await sweepImages(this.#dataDir)
		return null
	}

	async #read(name: string): Promise<Vm | null> {
		const paths = vmPaths(this.#dataDir, name)
		const made = await readMade(paths)
		if (made === undefined) return null
		const status = await readStatus(paths)
		const isResting = status.doing === null && (status.state.is === "stopped" || status.state.is === "crash-loop")
		if (isResting || (await isKept(this.#dataDir, name))) return asVm(made, status)
		const answer = await askKeeper(this.#dataDir, name, { ask: "vm" }).catch((error: unknown) => {
			if (error instanceof Refusal && error.code === "not_found") return null
			throw error
		})
		return answer?.is === "vm" ? answer.vm : null
	}
}
