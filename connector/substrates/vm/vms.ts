// The VMs of this machine: what there is, and every deed on one. Used from any process; a VM's keeper does what takes long.
import { Refusal } from "../../../protocol/errors.ts"
import type { Vm, VmDeed, VmImage, VmSpec } from "../../../protocol/vm.ts"
import type { Contained } from "../contained.ts"

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

export class Vms {
	readonly #dataDir: string

	constructor(dataDir: string) {
		this.#dataDir = dataDir
	}

	list(): Promise<Vm[]> {
		return this.#none()
	}

	images(): Promise<VmImage[]> {
		return this.#none()
	}

	/** Begins a deed; a quick one is done when this answers. Null when the VM is gone. */
	do(_name: string, _deed: VmDeed): Promise<Vm | null> {
		return this.#none()
	}

	/** Starts it or resumes it, and waits until its SSH answers; tells `say` what it waits for. */
	ready(_name: string, _say: (line: string) => void): Promise<Reach> {
		return this.#none()
	}

	/** Something in it has worked: its idle clock begins anew, and it resumes where it was paused for being idle. */
	touch(_name: string): Promise<void> {
		return this.#none()
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

	#none(): never {
		throw new Refusal("substrate_unavailable", `There are no VMs in ${this.#dataDir} yet.`)
	}
}
