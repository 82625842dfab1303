// The VM of a session: the one that it names, or its own, which is made when it is first needed.
import { Refusal } from "../../../protocol/errors.ts"
import type { Contained } from "../contained.ts"
import { Vms } from "./vms.ts"

export class Place {
	readonly vms: Vms
	readonly vm: string
	/** It ends with the session. */
	readonly isOwn: boolean
	readonly #contained: Contained

	constructor(contained: Contained) {
		this.vms = new Vms(contained.dataDir)
		this.isOwn = contained.vm === null
		this.vm = contained.vm ?? this.vms.sessionVm(contained).name
		this.#contained = contained
	}

	async find() {
		return (await this.vms.list()).find(({ name }) => name === this.vm)
	}

	/** Throws Refusal("not_found") where it is gone: it is not made anew for a question. */
	async mustExist(): Promise<void> {
		if ((await this.find()) === undefined) throw new Refusal("not_found", `The VM ${this.vm} is gone.`)
	}

	/** Makes an own one that is not there yet; answers whether it did. */
	async make(say: (line: string) => void): Promise<boolean> {
		if (!this.isOwn || (await this.find()) !== undefined) return false
		say(`Making the VM ${this.vm}.`)
		const { name, ...spec } = this.vms.sessionVm(this.#contained)
		// The session is held to its limit inside: what goes beyond it is ended there, and the system goes on.
		const memory = spec.memory === undefined ? {} : { memory: spec.memory + SYSTEM_MEMORY }
		await this.vms.do(name, { verb: "create", spec: { ...spec, ...memory } })
		return true
	}

	async destroy(): Promise<void> {
		if ((await this.find()) !== undefined) await this.vms.do(this.vm, { verb: "destroy" })
	}
}

/** What our system takes beside its programs, with some to spare. */
const SYSTEM_MEMORY = 256 * 1024 * 1024
