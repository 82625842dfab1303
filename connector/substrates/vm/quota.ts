// What all VMs together may take of this machine, refused with the numbers.
import { Refusal } from "../../../protocol/errors.ts"

export interface Amounts {
	/** Bytes. */
	memory: number
	cpus: number
	/** Bytes. */
	disk: number
}

/** Left on the disk for everything else. */
const DISK_RESERVE = 5 * 1024 ** 3

/** The quota of a machine that has these, where nobody has settled one: `disk` is what is free. */
export function defaultQuota(machine: Amounts): Amounts {
	return {
		memory: Math.floor(machine.memory * 0.75),
		cpus: machine.cpus * 2,
		disk: Math.max(0, machine.disk - DISK_RESERVE),
	}
}

/** Throws Refusal where `used` and `wanted` are more than there may be. What is wanted for nothing is not looked at. */
export function refuseBeyond(quota: Amounts, used: Amounts, wanted: Partial<Amounts>): void {
	const { memory = 0, cpus = 0, disk = 0 } = wanted
	const over = [
		memory > 0 && used.memory + memory > quota.memory && told("memory", used.memory, memory, quota.memory, gib),
		cpus > 0 && used.cpus + cpus > quota.cpus && told("processors", used.cpus, cpus, quota.cpus, String),
		disk > 0 && used.disk + disk > quota.disk && told("disk", used.disk, disk, quota.disk, gib),
	].filter((line) => line !== false)
	if (over.length > 0) throw new Refusal("vm_quota", over.join(" "))
}

function told(what: string, used: number, wanted: number, quota: number, say: (amount: number) => string): string {
	return `Of ${what} VMs may have ${say(quota)} here; others have ${say(used)}, and this one wants ${say(wanted)}.`
}

function gib(bytes: number): string {
	return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
}
